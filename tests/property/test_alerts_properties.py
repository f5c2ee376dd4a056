"""Laws of alert episodes: duplicates, replays, interleavings and restarts do not change them."""

import logging
from collections.abc import Iterator

import msgspec
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.instants import format_ms
from schemas.outputs import Alert, Signal
from stream_app.domain.alert_identity import alert_identity
from stream_app.domain.alert_table import TRANSITIONS, State
from stream_app.domain.policy import AlertRule
from tests.support.alerts import (
    RULE,
    T0,
    FakeRecord,
    Partition,
    command,
    fold,
    heartbeat,
    offset,
    policy,
    rule,
    signal,
    subject,
)


@pytest.fixture(autouse=True, scope="module")
def _without_log_lines() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


RULES = st.sampled_from(
    [
        rule(),
        rule(hold=40),
        rule(keep_firing_for=30),
        rule(hold=15, keep_firing_for=25, remind_every=50),
    ]
)
FLIPS = st.lists(st.integers(1, 60), min_size=1, max_size=8)
"""Gaps between the moments at which a condition begins and ceases to hold, by turns."""


def history(gaps: list[int], conversation: str) -> list[FakeRecord]:
    """A conversation's signals: true, false, true, … with growing `since`."""
    found, at = [], 0
    for seq, gap in enumerate(gaps):
        at += gap
        found.append(signal(seq % 2 == 0, at, seq, conversation=conversation))
    return found


def essence(alert: Alert) -> tuple[object, ...]:
    """What makes an episode, without when exactly something was told again."""
    return (alert.alert, alert.episode, alert.state, alert.since, alert.opened_at)


def outcome(partition: Partition) -> set[tuple[object, ...]]:
    """Every state that any episode entered; reminders repeat one and so add nothing."""
    return {essence(alert) for alert in partition.alerts}


def run(records: list[FakeRecord], partition: Partition) -> Partition:
    for record in records:
        partition.feed(record)
    return partition.feed(heartbeat(10_000, 10_000))


@st.composite
def interleaved(draw: st.DrawFn, streams: list[list[FakeRecord]]) -> list[FakeRecord]:
    """The streams' records in some order that keeps each stream's own."""
    queues = [list(stream) for stream in streams if stream]
    found = []
    while queues:
        queue = queues[draw(st.integers(0, len(queues) - 1))]
        found.append(queue.pop(0))
        queues = [each for each in queues if each]
    return found


@given(RULES, FLIPS, FLIPS, st.data())
def test_the_order_between_conversations_does_not_matter(
    the_rule: AlertRule, one: list[int], two: list[int], data: st.DataObject
) -> None:
    streams = [history(one, "A"), history(two, "B")]
    rules = policy(the_rule)
    plain = run([*streams[0], *streams[1]], Partition(rules))
    mixed = run(data.draw(interleaved(streams)), Partition(rules))
    assert outcome(mixed) == outcome(plain)


@given(RULES, FLIPS, st.data())
def test_heartbeats_between_the_signals_do_not_matter(
    the_rule: AlertRule, gaps: list[int], data: st.DataObject
) -> None:
    rules = policy(the_rule)
    signals = history(gaps, "A")
    plain = run(signals, Partition(rules))
    assert outcome(run(list(with_time(signals, data)), Partition(rules))) == outcome(plain)


def with_time(signals: list[FakeRecord], data: st.DataObject) -> Iterator[FakeRecord]:
    """Time passes between signals, never beyond the next one: a source's tick is in order."""
    at = 0
    for seq, record in enumerate(signals):
        next_at = since(record)
        for step in sorted(data.draw(st.lists(st.integers(at, next_at), max_size=3))):
            yield heartbeat(step, step * 10 + seq)
        at = next_at
        yield record


def since(record: FakeRecord) -> int:
    return offset(msgspec.json.decode(record.value or b"", type=Signal).since or "")


@given(RULES, FLIPS, st.data())
def test_duplicates_and_replays_change_nothing(
    the_rule: AlertRule, gaps: list[int], data: st.DataObject
) -> None:
    rules = policy(the_rule)
    signals = history(gaps, "A")
    plain = run(signals, Partition(rules))
    noisy = []
    for index, record in enumerate(signals):
        noisy += [record, *signals[data.draw(st.integers(0, index)) : index + 1]]
    again = Partition(rules)
    assert [essence(a) for a in run(noisy, again).alerts] == [essence(a) for a in plain.alerts]
    told = len(again.written)
    again.feed(*signals)
    assert len(again.written) == told


@settings(deadline=None)
@given(RULES, FLIPS, FLIPS, st.data())
def test_a_restart_from_the_rows_at_any_point_changes_nothing(
    the_rule: AlertRule, one: list[int], two: list[int], data: st.DataObject
) -> None:
    rules = policy(the_rule)
    records = data.draw(interleaved([history(one, "A"), history(two, "B")]))
    records = [*records, heartbeat(10_000, 10_000)]
    plain = Partition(rules)
    for record in records:
        plain.feed(record)
    crashed = Partition(rules)
    for record in records:
        crashed.apply(record)
        if data.draw(st.booleans()):
            crashed.start()
        crashed.flush()
    assert [essence(a) for a in crashed.alerts] == [essence(a) for a in plain.alerts]
    assert crashed.changelog == plain.changelog


MODES = st.sampled_from(["live", "catchup", "event"])
MOMENT = st.integers(0, 300)


@st.composite
def anything(draw: st.DrawFn) -> list[FakeRecord]:
    """Any mixture of signals (corrections among them), heartbeats and commands."""
    found = []
    for seq in range(draw(st.integers(1, 14))):
        kind, at = draw(st.sampled_from(["signal", "signal", "beat", "ask"])), draw(MOMENT)
        name = draw(st.sampled_from("AB"))
        if kind == "signal":
            tick, mode = at + draw(st.integers(0, 50)), draw(MODES)
            active = draw(st.booleans())
            found.append(signal(active, at, seq, conversation=name, tick=tick, mode=mode))
        elif kind == "beat":
            found.append(heartbeat(at, seq, mode=draw(MODES)))
        else:
            alert = alert_identity(RULE, "acme", subject(name), draw(st.integers(1, 2)))
            action = draw(st.sampled_from(["acknowledge", "snooze", "release"]))
            until = format_ms(T0 + 400) if action == "snooze" else None
            found.append(command(action, alert, at, until=until, conversation=name))
    return [*found, heartbeat(10_000, 10_000)]


@given(RULES, anything(), st.data())
def test_a_crash_anywhere_in_anything_changes_nothing(
    the_rule: AlertRule, records: list[FakeRecord], data: st.DataObject
) -> None:
    plain, crashed = Partition(policy(the_rule)), Partition(policy(the_rule))
    for record in records:
        plain.feed(record)
        crashed.apply(record)
        if data.draw(st.booleans()):
            crashed.start()  # what was applied and not flushed is lost, and read again
        crashed.flush()
    assert crashed.alerts == plain.alerts
    assert crashed.changelog == plain.changelog


@given(RULES, anything())
def test_batches_of_any_size_write_the_same(the_rule: AlertRule, records: list[FakeRecord]) -> None:
    one_by_one, at_once = Partition(policy(the_rule)), Partition(policy(the_rule))
    for record in records:
        one_by_one.feed(record)
    at_once.feed(*records)
    assert at_once.alerts == one_by_one.alerts
    assert at_once.changelog == one_by_one.changelog


@given(RULES, anything())
def test_an_alert_never_jumps_over_the_table(
    the_rule: AlertRule, records: list[FakeRecord]
) -> None:
    states: dict[str, str] = {}
    for alert in Partition(policy(the_rule)).feed(*records).alerts:
        before = State(states.get(alert.alert, "none"))
        assert alert.state == before or State(alert.state) in TRANSITIONS[before].values()
        states[alert.alert] = alert.state


@given(FLIPS)
def test_without_options_there_is_an_episode_for_each_time_that_the_condition_held(
    gaps: list[int],
) -> None:
    partition = run(history(gaps, "A"), Partition(policy(rule())))
    fired = [alert for alert in partition.alerts if alert.state == "firing"]
    assert [alert.episode for alert in fired] == list(range(1, (len(gaps) + 1) // 2 + 1))
    open_now = [alert for alert in fold(partition.alerts).values() if alert.state == "firing"]
    assert len(open_now) == len(gaps) % 2


@given(FLIPS, st.integers(1, 20))
def test_a_correction_of_all_history_leaves_no_episode_and_no_second_alert(
    gaps: list[int], again: int
) -> None:
    partition = Partition(policy(rule()))
    partition.feed(*history([*gaps[:1]], "A"))
    partition.feed(signal(False, 0, 50, conversation="A", tick=500))
    partition.feed(signal(True, 500 + again, 51, conversation="A"))
    assert len(fold(partition.alerts)) == 1
    assert partition.alerts[-1].state == "firing"


PARTS = st.text(max_size=4)


@given(PARTS, PARTS, PARTS, PARTS, st.integers(1, 9), st.integers(1, 9))
def test_identities_differ_whenever_any_part_differs(
    rule_a: str, rule_b: str, id_a: str, id_b: str, ep_a: int, ep_b: int
) -> None:
    one = alert_identity(rule_a, "t", subject(id_a), ep_a)
    two = alert_identity(rule_b, "t", subject(id_b), ep_b)
    assert (one == two) == ((rule_a, id_a, ep_a) == (rule_b, id_b, ep_b))


@given(st.dictionaries(st.sampled_from(["channel", "team", "priority", "url"]), PARTS))
def test_what_may_change_about_a_conversation_is_no_part_of_its_identity(
    attributes: dict[str, str],
) -> None:
    plain = alert_identity("r", "t", subject(), 1)
    assert alert_identity("r", "t", {**subject(), **attributes}, 1) == plain
