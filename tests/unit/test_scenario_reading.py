"""Scenario files: what may be written, and what a person hears who made a mistake."""

from pathlib import Path

import pytest

from schemas.instants import parse_ms
from stream_app.errors import UserError
from stream_app.policyfile import PolicyError
from stream_app.scenario import load_scenario
from stream_app.scenario.model import Arrival, Command
from stream_app.scenario.words import instant, length
from tests.support.scenarios import EVENTS, POLICY, differences, scenario, written

EXPECT = "  - {at: 2026-01-07T12:00:00+01:00, clock: T-1/first_reply, is: running}"


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_scenario(written(folder, text))
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def event(fields: str) -> str:
    return f"{POLICY}events:\n  - {{{fields}}}\nexpect:\n{EXPECT}\n"


def expecting(fields: str) -> str:
    return f"{POLICY}{EVENTS}\nexpect:\n  - {{{fields}}}\n"


def test_entries_come_in_order_of_arrival_and_equal_ones_in_that_of_the_file(
    tmp_path: Path,
) -> None:
    found = scenario(
        tmp_path,
        EXPECT,
        """
events:
  - {time: 2026-01-07T10:00:00Z, type: support.ticket.spam.v1, conversation: third}
  - {time: 2026-01-07T09:00:00Z, arrives: 2026-01-07T10:00:00Z, type: support.ticket.spam.v1, conversation: fourth}
  - {time: 2026-01-07T09:30:00Z, type: support.ticket.spam.v1, conversation: second}
  - {time: 2026-01-07T08:00:00Z, type: support.ticket.spam.v1, conversation: first}
""",
    )
    arrivals = [entry for entry in found.entries if isinstance(entry, Arrival)]
    assert [entry.event.subject for entry in arrivals] == ["first", "second", "third", "fourth"]
    assert found.start == parse_ms("2026-01-07T08:00:00Z")


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    found = scenario(
        tmp_path,
        EXPECT,
        """
events:
  - {time: 2026-01-07T10:00:00Z, type: support.message.created.v1, conversation: A, direction: out, author: agent}
  - {time: 2026-01-07T10:00:00Z, type: support.message.created.v1, conversation: A, direction: out, author: agent, kind: note}
""",
    )
    first, note = (entry.event for entry in found.entries if isinstance(entry, Arrival))
    assert (first.source, first.tenant, first.data.kind) == ("scenario/test", "default", "text")
    assert (first.data.visibility, note.data.visibility) == ("public", "private")
    assert first.id != note.id
    assert first.data.message != note.data.message
    assert (found.name, first.data.by) == ("scenario", "agent")


def test_the_policy_may_be_a_path_beside_the_file(tmp_path: Path) -> None:
    written(tmp_path, "apiVersion: pegel/v1\ntenants: [acme]\n", "policy.yaml")
    (tmp_path / "scenarios").mkdir()
    text = f"policy: ../policy.yaml\nexpect:\n{EXPECT}\n"
    found = load_scenario(written(tmp_path / "scenarios", text))
    assert list(found.policy.tenants) == ["acme"]
    assert found.start == parse_ms("2026-01-07T11:00:00Z")


def test_a_person_may_act_on_an_alert(tmp_path: Path) -> None:
    events = """
events:
  - {time: 2026-01-07T10:00:00Z, command: acknowledge, alert: old, conversation: T-1}
"""
    (command,) = scenario(tmp_path, EXPECT, events).entries
    assert isinstance(command, Command)
    assert (command.action, command.rule, command.actor) == ("acknowledge", "old", "somebody")


MISTAKES = [
    (
        event("time: 2026-01-07T10:00:00, type: support.ticket.spam.v1, conversation: A"),
        'events[#1].time: "2026-01-07T10:00:00" has no offset; add Z, or the offset of the place '
        "that is meant, such as +01:00",
    ),
    (
        event("time: yesterday, type: support.ticket.spam.v1, conversation: A"),
        'events[#1].time: "yesterday" is no instant; write an instant with its offset, such as '
        "2026-01-09T15:00:00+01:00",
    ),
    (
        event("time: 2026-01-07T10:00:00Z, type: support.ticket.span.v1, conversation: A"),
        'events[#1].type: "support.ticket.span.v1" is not known here; did you mean '
        "support.ticket.spam.v1? types: ",
    ),
    (
        event("time: 2026-01-07T10:00:00Z, type: support.ticket.spam.v1"),
        'events[#1]: an event without "conversation"; any text',
    ),
    (
        event(
            "time: 2026-01-07T10:00:00Z, type: support.message.created.v1, conversation: A, "
            "author: agent"
        ),
        "events[#1]: support.message.created.v1 without direction; direction: directions: in or out",
    ),
    (
        event(
            "time: 2026-01-07T10:00:00Z, type: support.ticket.status_changed.v1, "
            "conversation: A, to: pending"
        ),
        'events[#1].to: "pending" is not known here; did you mean pending_customer? allowed: ',
    ),
    (
        event(
            "time: 2026-01-07T10:00:00Z, type: support.ticket.spam.v1, conversation: A, "
            "tenant: acme"
        ),
        'events[#1].tenant: no tenant is named "acme"; tenants: default',
    ),
    (
        event(
            "time: 2026-01-07T10:00:00Z, type: support.ticket.spam.v1, conversation: A, chanel: x"
        ),
        'events[#1].chanel: the key "chanel" is not known here; did you mean channel? ',
    ),
    (
        event("time: 2026-01-07T10:00:00Z, command: snooze, alert: old, conversation: A"),
        "events[#1]: a snooze without until; until: the end of the snooze",
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, clock: first_reply, is: running"),
        'expect[#1].clock: "first_reply" names no clock; write CONVERSATION/CLOCK: T-1/first_reply',
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, clock: T-1/first_replay, is: running"),
        'expect[#1].clock: "first_replay" is no clock; did you mean first_reply? clocks: ',
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, clock: T-1/first_reply, is: late"),
        'expect[#1].is: "late" is not known here; ',
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, clock: T-1/first_reply"),
        "expect[#1]: a clock that expects nothing; add is, due, elapsed, late_by, instance or "
        "policy",
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, clock: T-1/first_reply, elapsed: 3 weeks"),
        'expect[#1].elapsed: "3 weeks" is no duration; write a duration such as 40m, 1h30m or 2d, '
        "or a number of seconds",
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, level: open, is: 1.5"),
        'expect[#1].is: "1.5" for a count; a whole number from 0 on',
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, window: messages_in, over: 1h, p90: 3m"),
        "expect[#1].p90: messages_in has no p90; it has count",
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, window: first_reply_met_ratio, count: 1"),
        'expect[#1]: an expectation about a window without "over"; ',
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, alert: young, is: firing"),
        'expect[#1].alert: no alert rule is named "young"; alert rules: old',
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, alert: many, is: firing").replace(
            "alerts: [", "alerts: [{name: many, when: {volume: spike}}, "
        ),
        "expect[#1].alert: many is a rule about volume, and what is usual takes weeks of messages to "
        "learn; expect silence of it: no_alert, is: none or times: 0",
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, alert: old_data, times: 1").replace(
            "alerts: [", "alerts: [{name: old_data, when: {data: stale, for: 1m}}, "
        ),
        "expect[#1].alert: old_data is a rule about stale data, and figures are never incomplete in "
        "a scenario; ",
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, alert: many, is: none, severity: info").replace(
            "alerts: [", "alerts: [{name: many, when: {volume: spike}}, "
        ),
        "expect[#1].alert: many is a rule about volume, ",
    ),
    (
        expecting("no_alert: any, between: [2026-01-07T10:00:00Z, 2026-01-07T09:00:00Z]"),
        "expect[#1].between: no interval; two instants, the earlier one first",
    ),
    (
        expecting("at: 2026-01-07T10:00:00Z, is: 1"),
        'expect[#1].at: the key "at" is not known here; ',
    ),
    (
        f"{POLICY}start: 2026-01-07T12:00:00Z{EVENTS}\nexpect:\n{EXPECT}\n",
        "events[#1]: an instant before start; leave out start, or move it",
    ),
    (f"{POLICY}{EVENTS}", 'a scenario without "expect"; expect: a list'),
    (f"{POLICY}{EVENTS}\nexpected: []\nexpect: []\n", 'expected: the key "expected" is not known'),
    (
        "policy: {apiVersion: pegel/v1, allowed_lateness: 10}\nexpect: []\n",
        'policy.allowed_lateness: "10" has no unit; ',
    ),
    ("policy: gone.yaml\nexpect: []\n", "gone.yaml: No such file or directory; "),
    ("policy: [a]\nexpect: []\n", "policy: found a list; the path of a policy file, or a policy"),
    ("just a text\n", "a block with name, policy, events and expect"),
    ("expect: [1\nname: x\n", "a [list] that is not closed"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_is_told_with_file_line_and_field(text: str, said: str, tmp_path: Path) -> None:
    told = mistakes(tmp_path, text)
    assert any(said in line for line in told), told
    assert all(line.startswith("scenario.yaml:") and line.split(":")[1].isdigit() for line in told)


@pytest.mark.parametrize("when", ["volume: spike", "data: stale, for: 1m"])
@pytest.mark.parametrize(
    "silence",
    [
        "no_alert: mute, between: [2026-01-07T09:00:00Z, 2026-01-07T12:00:00Z]",
        "at: 2026-01-07T12:00:00Z, alert: mute, is: none",
        "at: 2026-01-07T12:00:00Z, alert: mute, times: 0",
        "at: 2026-01-07T12:00:00Z, alert: mute, is: none, times: 0, channel: email",
    ],
)
def test_of_a_rule_that_nothing_here_fires_silence_may_be_expected_and_holds(
    when: str, silence: str, tmp_path: Path
) -> None:
    policy = POLICY.replace("alerts: [", f"alerts: [{{name: mute, when: {{{when}}}}}, ")
    assert differences(tmp_path, f"  - {{{silence}}}", policy=policy) == []


def test_mistakes_in_a_policy_file_are_told_where_they_are(tmp_path: Path) -> None:
    written(tmp_path, "apiVersion: pegel/v1\n\nsla: 3\n", "policy.yaml")
    with pytest.raises(PolicyError) as caught:
        load_scenario(written(tmp_path, "policy: policy.yaml\nexpect: []\n"))
    assert str(caught.value.problems[0]).startswith(f"{tmp_path}/policy.yaml:3: sla: ")


def test_a_file_that_is_not_there_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give the path of a scenario file"):
        load_scenario(tmp_path / "none.yaml")


def test_a_file_in_another_encoding_is_told_as_that(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"name: \xe9\n")
    with pytest.raises(UserError, match="save the file as UTF-8"):
        load_scenario(file)


@pytest.mark.parametrize(
    ("text", "ms"),
    [("40m", 2_400_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("90", 90_000), ("0", 0)],
)
def test_lengths_are_durations_or_seconds(text: str, ms: int) -> None:
    assert length(text) == ms


def test_an_instant_keeps_the_offset_in_which_it_was_written() -> None:
    assert instant("2026-01-09T15:00:00+01:00") == (parse_ms("2026-01-09T14:00:00Z"), 3600)
