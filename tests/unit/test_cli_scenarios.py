"""`pegel policy test`: exit codes, diffs, JSON."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from stream_app.cli.policy import app
from tests.support.scenarios import EVENTS, POLICY, written

HOLDS = "  - {at: 2026-01-07T12:00:00+01:00, clock: T-1/first_reply, is: running}\n"
FAILS = (
    "  - {at: 2026-01-07T12:30:00+01:00, clock: T-1/first_reply, due: 2026-01-07T13:00:00+01:00}\n"
)


def pegel(*files: Path, json_wanted: bool = False) -> Result:
    options = ["--json"] if json_wanted else []
    return CliRunner().invoke(app, ["test", *map(str, files), *options])


def file(folder: Path, name: str, expect: str) -> Path:
    return written(folder, f"name: {name}\n{POLICY}{EVENTS}\nexpect:\n{expect}", f"{name}.yaml")


def test_everything_as_expected_is_zero(tmp_path: Path) -> None:
    path = file(tmp_path, "good", HOLDS)
    result = pegel(path)
    assert result.exit_code == 0
    assert result.stdout == f"ok      {path}: good\n1 of 1 expectations hold in 1 file\n"


def test_a_difference_is_one_and_a_line(tmp_path: Path) -> None:
    good, bad = file(tmp_path, "good", HOLDS), file(tmp_path, "bad", HOLDS + FAILS)
    result = pegel(good, bad)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"ok      {good}: good",
        f"FAILED  {bad}: bad",
        "  line 15: clock T-1/first_reply at 12:30: expected due 13:00, got 14:00: "
        'the calendar "office" is closed 12:00–13:00',
        "2 of 3 expectations hold in 2 files",
    ]


def test_a_file_that_cannot_be_used_is_two_and_the_others_run(tmp_path: Path) -> None:
    good, broken = file(tmp_path, "good", HOLDS), file(tmp_path, "broken", "  - {at: now}\n")
    result = pegel(good, broken, tmp_path / "none.yaml")
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    assert lines[0] == f"ok      {good}: good"
    assert lines[1].startswith(f'{broken}:14: expect[#1].at: the key "at" is not known here')
    assert "none.yaml: No such file or directory" in lines[2]
    assert lines[3] == "1 of 1 expectations hold in 3 files; 2 cannot be used"


def test_json_has_every_expectation_and_every_difference(tmp_path: Path) -> None:
    bad, broken = file(tmp_path, "bad", HOLDS + FAILS), file(tmp_path, "broken", "  - {at: now}\n")
    result = pegel(bad, broken, json_wanted=True)
    assert result.exit_code == 2
    found = json.loads(result.stdout)
    assert found["passed"] is False
    first, second = found["files"]
    assert (first["valid"], first["passed"], first["name"]) == (True, False, "bad")
    assert [expectation["holds"] for expectation in first["expectations"]] == [True, False]
    (difference,) = first["expectations"][1]["differences"]
    assert (difference["field"], difference["expected"], difference["got"]) == (
        "due",
        "13:00",
        "14:00",
    )
    assert (second["valid"], second["expectations"]) == (False, [])
    assert second["mistakes"][0].startswith(f"{broken}:14: expect[#1].at")
