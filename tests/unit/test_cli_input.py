"""`pegel replay` and `pegel simulate` as a person meets them, without a broker."""

import gzip
import json
from pathlib import Path

import pytest

from schemas.events import decode_event
from stream_app.cli.main import run
from stream_app.replay import read_events, stop

EXAMPLES = Path(__file__).parents[2] / "examples"
INCIDENTS = [str(EXAMPLES / "incidents.csv"), "--map", str(EXAMPLES / "volvo.yaml")]
NOBODY = ["--broker", "127.0.0.1:1"]
START = ["--start", "2026-01-12T00:00:00Z"]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.strip()


@pytest.mark.parametrize("command", ["replay", "simulate"])
def test_help_teaches_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Examples" in text
    assert text.count(f"pegel {command} ") >= 5


def test_a_missing_broker_is_one_line_that_says_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    policy = ["--policy", str(EXAMPLES / "volvo-policy.yaml")]
    assert run(["replay", *INCIDENTS, *policy, *NOBODY]) == 1
    text = said(capsys)
    assert "no Kafka broker answers at 127.0.0.1:1" in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--speed", "fast"], "--speed fast: no speed"),
        (["--until", "noon"], "--until: Invalid isoformat string"),
        (["--map", "nowhere.yaml"], "nowhere.yaml: No such file"),
        (["--skip", "-1"], "--skip"),
    ],
)
def test_a_wrong_option_of_replay_is_explained(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", "events.jsonl", *options]) != 0
    assert words in said(capsys)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--rate", "many"], "--rate: many: a number of events a second"),
        (["--rate", "0"], "--rate: 0: a number of events a second"),
        (["--history", "3"], "--history"),
        (["--outage", "fax@1m+2m"], "CHANNEL@START+SPAN"),
        (["--outage", "sms@1m"], "CHANNEL@START+SPAN"),
        (["--start", "2026-01-12T00:00:00Z"], "--start: only with --to-file"),
        (["--to-file", "x.jsonl"], "a file needs an end"),
        (["--rate", "max", "--duration", "1h"], "--rate max: sends --count events"),
    ],
)
def test_a_wrong_option_of_simulate_is_explained(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["simulate", *options]) != 0
    assert words in said(capsys)


def test_history_for_a_tenant_on_live_time_is_refused_before_a_broker_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["simulate", "--history", "1d", *NOBODY]) == 1
    assert "counts as live, and these events are history" in said(capsys)


def test_simulated_traffic_in_a_file_can_be_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "day.jsonl"
    options = ["--history", "1d", "--duration", "0s", "--rate", "0.05", *START]
    assert run(["simulate", *options, "--to-file", str(path), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    events = list(read_events(path, on_unreadable=stop))
    assert len(events) == figures["sent"] > 1000


def test_the_same_command_writes_the_same_packed_file(tmp_path: Path) -> None:
    contents = []
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        path = tmp_path / name
        assert run(["simulate", "--count", "500", *START, "--to-file", str(path)]) == 0
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    assert len(gzip.decompress(contents[0]).splitlines()) == 500


def test_the_tenant_of_simulated_traffic_is_the_first_of_the_policy(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    policy = ["--policy", str(EXAMPLES / "volvo-policy.yaml")]
    assert run(["simulate", "--count", "5", *policy, *START, "--to-file", str(path)]) == 0
    assert {decode_event(line).tenant for line in path.read_bytes().splitlines()} == {"incidents"}


@pytest.mark.parametrize("start", ["2h", "2026-01-12T08:00:00Z"])
def test_an_outage_is_given_by_a_span_or_by_a_time(tmp_path: Path, start: str) -> None:
    path = tmp_path / "x.jsonl"
    options = ["--start", "2026-01-12T06:00:00Z", "--duration", "5h", "--rate", "0.6"]
    outage = ["--outage", f"email@{start}+1h"]
    assert run(["simulate", *options, *outage, "--to-file", str(path)]) == 0
    hours = [
        decode_event(line).time[11:13]
        for line in path.read_bytes().splitlines()
        if b"ticket.created" in line and b'"channel":"email"' in line
    ]
    assert hours.count("07") > 5
    assert hours.count("08") == 0
    assert hours.count("09") > 5
