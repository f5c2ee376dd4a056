"""The compiled build says what the sources say, to the byte, and is refused when it is not theirs."""

import shutil
import subprocess
from pathlib import Path

import pytest

from stream_app.cli.main import run
from tests.oracle.real_log import real_log
from tests.support.compiled import BUILD, make_build, run_compiled
from tests.support.sources import ROOT

EXAMPLES = ROOT / "examples"
DEMO = ("--policy", EXAMPLES / "demo-policy.yaml")
INCIDENTS = ("--policy", EXAMPLES / "volvo-policy.yaml", "--map", EXAMPLES / "volvo.yaml")
HOT = ("stream_app.domain.fold", "stream_app.scenario.desk", "agents.conversations.job")

# Compiling takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module", autouse=True)
def _build() -> None:
    make_build()


def same_reports(folder: Path, *arguments: str | Path) -> int:
    """Both ways of running a backtest write the same report; returns its size."""
    plain, compiled = folder / "plain.json", folder / "compiled.json"
    assert run([*map(str, ("backtest", *arguments, "--report", plain))]) == 0
    said = run_compiled("backtest", *arguments, "--report", compiled)
    assert said.returncode == 0, said.stderr
    assert compiled.read_bytes() == plain.read_bytes()
    return plain.stat().st_size


def python(code: str) -> str:
    """What a program prints on the compiled build."""
    return subprocess.run(
        [ROOT / ".venv" / "bin" / "python", "-P", "-c", code],
        env={"PYTHONPATH": str(BUILD)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_hot_modules_are_those_that_were_compiled() -> None:
    files = python(
        f"import {', '.join(HOT)}; print(*(m.__file__ for m in ({', '.join(HOT)})))"
    ).split()
    assert [Path(file).suffix for file in files] == [".so"] * len(HOT)
    assert all(Path(file).is_relative_to(BUILD) for file in files)


def test_a_policy_survives_its_topic() -> None:
    code = f"""
from pathlib import Path
from stream_app.policies.codec import decode_version, encode_version
from stream_app.policyfile import load_policy
policy = load_policy(Path({str(EXAMPLES / "demo-policy.yaml")!r}))
print(decode_version(encode_version(policy)) == policy)
"""
    assert python(code) == "True\n"


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_generated_history_gives_the_same_report(tmp_path: Path, processes: str) -> None:
    history = tmp_path / "history.jsonl"
    span = (
        "--rate",
        "0.2",
        "--history",
        "2d",
        "--duration",
        "0s",
        "--start",
        "2026-01-12T00:00:00Z",
    )
    assert (
        run(["simulate", *span, "--seed", "3", "--tenant", "demo", "--to-file", str(history)]) == 0
    )
    with history.open("ab") as file:
        file.write(b"no event\n")
    given = (*DEMO, "--events", history, "--processes", processes)
    assert same_reports(tmp_path, *given) > 100_000


def test_a_small_mapped_file_gives_the_same_report(tmp_path: Path) -> None:
    assert same_reports(tmp_path, *INCIDENTS, "--events", EXAMPLES / "incidents.csv") > 1_000


def test_the_real_incident_log_gives_the_same_report(tmp_path: Path) -> None:
    assert same_reports(tmp_path, *INCIDENTS, "--events", real_log()) > 1_000_000


def test_a_build_of_other_sources_is_refused_in_one_line(tmp_path: Path) -> None:
    for part in ("scripts", "schemas", "stream_app", "agents", "requirements"):
        shutil.copytree(ROOT / part, tmp_path / part)
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "compiled").symlink_to(BUILD)
    with (tmp_path / "schemas" / "keys.py").open("a") as file:
        file.write("# a change\n")
    said = subprocess.run(
        [tmp_path / "scripts" / "compiled.sh", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 3
    assert said.stderr == "there is no compiled build of these sources: run `make compile`\n"
