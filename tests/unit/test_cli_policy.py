"""`pegel policy check`, `show` and `schema`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stream_app.cli.policy import app
from stream_app.errors import UserError
from stream_app.policyfile import default_policy, load_policy, parse_policy
from tests.support.policies import HEAD, target

WARNED = HEAD + "alerts: [{name: a, when: {clock: first_reply, is: breached}}]\n"


def pegel(*args: str) -> Result:
    return CliRunner().invoke(app, args)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def test_a_valid_file_ends_with_its_version(path: Path) -> None:
    path.write_text(HEAD)
    result = pegel("check", str(path))
    assert result.exit_code == 0
    assert result.stdout == f"{path} is valid: version {default_policy().hash}\n"


def test_warnings_are_printed_and_do_not_fail(path: Path) -> None:
    path.write_text(WARNED)
    result = pegel("check", str(path))
    warning, summary = result.stdout.splitlines()
    assert result.exit_code == 0
    assert warning.startswith(f"{path}:2: warning: alerts[a].when.clock: no SLA entry")
    assert summary == f"{path} is valid, with 1 warning: version {load_policy(path).hash}"


def test_errors_are_printed_one_per_line_and_fail(path: Path) -> None:
    path.write_text(target("48") + "slas: []\n")
    result = pegel("check", str(path))
    first, second, summary = result.stdout.splitlines()
    assert result.exit_code == 1
    assert first.startswith(f'{path}:5: sla[chat].targets.first_reply: "48" has no unit; write a')
    assert second.startswith(f'{path}:6: slas: the key "slas" is not known here; did you mean sla?')
    assert summary == f"{path} cannot be used: 2 errors"


def test_findings_come_as_json_for_programs(path: Path) -> None:
    path.write_text(target("48") + WARNED.removeprefix(HEAD))
    result = pegel("check", str(path), "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (answer["valid"], answer["version"], answer["file"]) == (False, None, str(path))
    assert [problem["line"] for problem in answer["problems"]] == [5]
    assert answer["problems"][0]["path"] == "sla[chat].targets.first_reply"


def test_a_valid_file_has_its_version_in_the_json(path: Path) -> None:
    path.write_text(WARNED)
    answer = json.loads(pegel("check", str(path), "--json").stdout)
    assert answer["version"] == load_policy(path).hash
    assert [problem["severity"] for problem in answer["problems"]] == ["warning"]


def test_a_file_that_is_not_there_is_an_error_also_as_json(path: Path) -> None:
    result = pegel("check", str(path))
    assert isinstance(result.exception, UserError)
    as_json = pegel("check", str(path), "--json")
    assert as_json.exit_code == 1
    assert "No such file" in json.loads(as_json.stdout)["problems"][0]["message"]


def test_show_prints_a_file_with_all_defaults_that_is_the_same_policy(path: Path) -> None:
    path.write_text(target("5m"))
    result = pegel("show", str(path))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"# version {load_policy(path).hash}\napiVersion: pegel/v1\n")
    assert parse_policy(result.stdout).hash == load_policy(path).hash


def test_show_without_a_file_prints_one_to_start_from() -> None:
    assert parse_policy(pegel("show").stdout).hash == default_policy().hash


def test_show_refuses_a_file_with_errors(path: Path) -> None:
    path.write_text(target("48"))
    assert isinstance(pegel("show", str(path)).exception, UserError)


def test_the_schema_is_json() -> None:
    result = pegel("schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "Pegel policy"


@pytest.mark.parametrize("command", ["check", "show", "schema"])
def test_help_teaches_by_example(command: str) -> None:
    assert f"pegel policy {command}" in pegel(command, "--help").stdout


def test_check_looks_at_the_templates_of_receivers(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("fine\n{{ nonsense }}\n")
    path = tmp_path / "policy.yaml"
    path.write_text(
        f"{HEAD}receivers:\n  team: {{email: {{to: [t@example.org]}}, templates: {tmp_path}}}\n"
    )
    result = pegel("check", str(path))
    assert result.exit_code == 1
    place = f"{tmp_path / 'long.txt'}:2: receivers.team: 'nonsense' is undefined"
    assert place in result.stdout
    path.write_text(path.read_text().replace(str(tmp_path), "/nowhere"))
    missing = pegel("check", str(path)).stdout
    assert f"{path}:3: receivers.team: /nowhere: no such folder" in missing
