"""Backtests on small histories: the report, late input, what is left out, and the command."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from schemas import events as wire
from schemas.events import Data, Event
from schemas.instants import format_ms, parse_ms
from stream_app.backtest import Backtest, Span, write_report
from stream_app.cli.backtest import app
from stream_app.errors import UserError
from stream_app.policyfile import parse_policy
from tests.support.talk import MINUTE, clock

POLICY = """
apiVersion: pegel/v1
tenants: {history: {clock: event}}
sla: [{name: all, targets: {first_reply: {within: 1h, warn: [50%]}}}]
alerts:
  - {name: late, when: {clock: first_reply, is: breached}, severity: critical}
  - {name: old, when: {unresolved_for: 4h}}
"""


def event(at: str, kind: str, conversation: str = "T-1", **data: Any) -> Event:
    tenant = data.pop("tenant", "history")
    time = format_ms(clock(at))
    return Event(
        id=f"{conversation}:{kind}:{time}",
        source="desk/a",
        type=kind,
        subject=conversation,
        time=time,
        tenant=tenant,
        data=Data(**data),
    )


def created(at: str, conversation: str = "T-1", **data: Any) -> Event:
    given = {"channel": "email", "team": "a", "priority": "low", "created_by": "customer"} | data
    return event(at, wire.TICKET_CREATED, conversation, **given)


def reply(at: str, conversation: str = "T-1") -> Event:
    return event(at, wire.MESSAGE_CREATED, conversation, direction="out", author="agent")


def solved(at: str, conversation: str = "T-1") -> Event:
    return event(at, wire.TICKET_STATUS_CHANGED, conversation, to="solved")


HISTORY = [
    created("09:00"),
    created("09:10", "T-2", channel="phone"),
    reply("09:40"),
    reply("11:00", "T-2"),
    solved("12:00"),
    created("12:30", "T-3"),
    solved("14:00", "T-2"),
]


def backtest(
    events: Iterable[Event], until: str | None = None, policy: str = POLICY
) -> tuple[Backtest, Span, list[dict[str, Any]]]:
    said: list[dict[str, Any]] = []
    end = None if until is None else clock(until)
    run = Backtest(parse_policy(policy), lambda value: said.append(json.loads(value)), end)
    return run, run.run(events, lambda: None), said


def report(folder: Path, events: Iterable[Event], until: str | None = None) -> dict[str, Any]:
    path = folder / "out.json"

    def go(on_event: Any) -> tuple[Backtest, Span]:
        run = Backtest(parse_policy(POLICY), on_event, None if until is None else clock(until))
        return run, run.run(events, lambda: None)

    write_report(path, go)
    assert [file.name for file in folder.iterdir()] == ["out.json"]
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_the_report_has_the_span_the_figures_and_every_alert(tmp_path: Path) -> None:
    found = report(tmp_path, HISTORY)
    assert list(found) == ["policy", "from", "until", "summary", "sla_events", "alerts"]
    assert found["policy"] == parse_policy(POLICY).hash
    assert (found["from"], found["until"]) == ("2026-01-05T09:00:00Z", "2026-01-05T14:00:00Z")
    assert found["alerts"] == [
        {
            "rule": "late",
            "conversation": "T-2",
            "fired_at": "2026-01-05T10:10:00Z",
            "resolved_at": "2026-01-05T11:00:00Z",
            "severity": "critical",
        },
        {
            "rule": "old",
            "conversation": "T-2",
            "fired_at": "2026-01-05T13:10:00Z",
            "resolved_at": "2026-01-05T14:00:00Z",
            "severity": "warning",
        },
        {
            "rule": "late",
            "conversation": "T-3",
            "fired_at": "2026-01-05T13:30:00Z",
            "resolved_at": None,
            "severity": "critical",
        },
    ]


def test_alerts_stand_in_the_order_in_which_they_fired(tmp_path: Path) -> None:
    fired = [alert["fired_at"] for alert in report(tmp_path, HISTORY)["alerts"]]
    assert fired == sorted(fired)


def test_sla_events_are_those_of_a_worker_in_the_order_of_what_happened(tmp_path: Path) -> None:
    said = report(tmp_path, HISTORY)["sla_events"]
    assert [(one["conversation"], one["type"], one["time"][11:16]) for one in said] == [
        ("T-1", "sla.at_risk", "09:30"),
        ("T-1", "sla.fulfilled", "09:40"),
        ("T-2", "sla.at_risk", "09:40"),
        ("T-2", "sla.breached", "10:10"),
        ("T-2", "sla.fulfilled", "11:00"),
        ("T-3", "sla.at_risk", "13:00"),
        ("T-3", "sla.breached", "13:30"),
    ]


def test_the_summary_has_a_line_for_each_group(tmp_path: Path) -> None:
    mail, phone = report(tmp_path, HISTORY)["summary"]
    assert (mail["channel"], mail["team"], mail["priority"]) == ("email", "a", "low")
    assert (mail["conversations"], mail["alerts"]) == (2, 1)
    assert mail["breaches"] == {"first_reply": 1}
    assert mail["seconds"]["first_reply"]["count"] == 1
    assert mail["seconds"]["first_reply"]["p50"] == pytest.approx(2400, rel=0.01)
    assert (phone["channel"], phone["conversations"], phone["alerts"]) == ("phone", 1, 2)


def test_time_ends_at_until_that_instant_included(tmp_path: Path) -> None:
    found = report(tmp_path, HISTORY, until="10:10")
    assert found["until"] == "2026-01-05T10:10:00Z"
    assert [(alert["conversation"], alert["resolved_at"]) for alert in found["alerts"]] == [
        ("T-2", None)
    ]
    assert report(tmp_path, HISTORY, until="10:09:59")["alerts"] == []


def test_what_lies_after_until_is_counted_and_left_out() -> None:
    run, _, _ = backtest(HISTORY, until="11:00")
    assert (run.events, run.left_out) == (4, 3)


def test_late_input_takes_back_what_had_been_said() -> None:
    late = [created("09:00"), created("10:05", "T-2"), reply("09:55"), solved("10:30")]
    run, _, said = backtest(late)
    assert [(one["conversation"], one["type"]) for one in said][:4] == [
        ("T-1", "sla.at_risk"),
        ("T-1", "sla.breached"),
        ("T-1", "sla.corrected"),
        ("T-1", "sla.fulfilled"),
    ]
    assert said[2]["corrects"] == said[1]["id"]
    assert run.counters == {"refolded": 1}
    assert list(run.episodes(clock("+9 09:00"))) == []


def test_input_that_is_too_late_is_counted() -> None:
    run, _, _ = backtest([created("09:00"), created("10:30", "T-2"), reply("09:30")])
    assert run.counters == {"too_late": 1, "late_events": 1}


def test_duplicates_change_nothing_and_are_counted() -> None:
    once, _, _ = backtest(HISTORY)
    twice, _, _ = backtest([one for event in HISTORY for one in (event, event)])
    assert twice.summary == once.summary
    assert twice.counters == {"duplicate": len(HISTORY)}


def test_events_of_a_tenant_that_the_policy_does_not_know_are_counted() -> None:
    run, span, _ = backtest([created("09:00", tenant="other")])
    assert run.counters == {"unknown_tenant": 1}
    assert (run.events, span) == (0, Span(0, 0))


def test_solved_conversations_leave_the_memory_after_the_retention() -> None:
    policy = POLICY + "state: {retention: 1h}\n"
    many = []
    for number in range(300):
        begin = clock("09:00") + number * 10 * MINUTE
        for at, make in ((begin, created), (begin + MINUTE, solved)):
            one = make("09:00", f"T-{number}")
            one.time, one.id = format_ms(at), f"{one.id}:{at}"
            many.append(one)
    run, _, _ = backtest(many, policy=policy)
    assert run.summary.total().counts["solved"] == 300
    assert run.conversations <= 8


def test_a_report_into_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give a file in a folder"):
        write_report(tmp_path / "none" / "out.json", lambda _: backtest(HISTORY)[:2])


def files(folder: Path) -> tuple[str, str]:
    policy, events = folder / "policy.yaml", folder / "events.jsonl"
    policy.write_text(POLICY)
    events.write_bytes(b"\n".join(map(wire.encode_event, HISTORY)) + b"\nno event\n")
    return str(policy), str(events)


def test_the_command_prints_a_table_and_writes_the_report(tmp_path: Path) -> None:
    policy, events = files(tmp_path)
    out = tmp_path / "out.json"
    given = ["--policy", policy, "--events", events, "--report", str(out)]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    rows = {line[0]: (line[-4:-2], line[-1]) for line in lines}  # times are within 1 %
    assert rows["email"] == (["2", "1"], "1")
    assert rows["phone"] == (["1", "1"], "2")
    assert rows["all"] == (["3", "2"], "3")
    assert ["skipped", "rows:", "1"] in lines
    assert len(json.loads(out.read_text())["sla_events"]) == 7


def test_the_command_prints_json_for_programs(tmp_path: Path) -> None:
    policy, events = files(tmp_path)
    given = ["--policy", policy, "--events", events, "--until", "2026-01-05T11:00:00Z", "--json"]
    result = CliRunner().invoke(app, given)
    found = json.loads(result.stdout)
    assert (found["events"], found["left_out"], found["skipped"]) == (4, 3, 1)
    assert found["sla_events"] == {"sla.at_risk": 2, "sla.breached": 1, "sla.fulfilled": 2}
    assert parse_ms(found["until"]) == clock("11:00")


def test_without_a_policy_there_is_nothing_to_test(tmp_path: Path) -> None:
    _, events = files(tmp_path)
    result = CliRunner().invoke(app, ["--events", events])
    assert isinstance(result.exception, UserError)
    assert "--policy FILE" in str(result.exception)
