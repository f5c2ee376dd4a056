"""Each part of an alert's life through the real job, whose owner dies after every single record.

`dies` says when: never; before it has written what the record brought about, so that the next owner reads
the record again; or right after writing.
"""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from schemas.instants import format_ms
from stream_app.domain.policy import AlertRule, Escalation
from tests.support.alerts import (
    DAY,
    HOUR,
    MINUTE,
    T0,
    FakeRecord,
    Partition,
    command,
    heartbeat,
    offset,
    policy,
    rule,
    signal,
)
from tests.support.webhooks import SHUT, telling, webhook

MIDNIGHT = T0 - T0 % DAY + DAY
Told = tuple[int, str, int, str | None]
"""Episode, state, since (offset from T0), reason."""

DEATHS = ("never", "before_writing", "after_writing")
pytestmark = pytest.mark.parametrize("dies", DEATHS)


def lived(dies: str, records: Iterable[FakeRecord], *rules: AlertRule) -> Partition:
    """A partition to which all this has happened."""
    partition = Partition(policy(*rules))
    for record in records:
        happens(partition, record, dies)
    return partition


def happens(partition: Partition, record: FakeRecord, dies: str) -> None:
    partition.apply(record)
    if dies == "before_writing":
        partition.start()
    partition.flush()
    if dies == "after_writing":
        partition.start()
        partition.flush()


def story(partition: Partition) -> list[Told]:
    return [(a.episode, a.state, offset(a.since), a.reason) for a in partition.alerts]


def fired(*, at: int = 0) -> FakeRecord:
    return signal(True, at, 1)


def the_alert() -> str:
    return Partition().feed(fired()).alerts[0].alert


def beats(*ticks: int) -> list[FakeRecord]:
    """How far the source has come, one moment after another."""
    return [heartbeat(tick, 100 + number) for number, tick in enumerate(ticks)]


def test_it_is_pending_for_as_long_as_the_rule_says_and_fires_then(dies: str) -> None:
    steps = [fired(), *beats(MINUTE, MINUTE + 1, 2 * MINUTE)]
    partition = lived(dies, steps, rule(hold=MINUTE))
    assert story(partition) == [
        (1, "pending", 0, "raised_for"),
        (1, "firing", MINUTE, "held"),
    ]


def test_what_ends_while_it_is_pending_has_never_fired_and_gives_its_number_back(dies: str) -> None:
    steps = [fired(), signal(False, 30_000, 2), signal(True, HOUR, 3), *beats(HOUR + MINUTE + 1)]
    partition = lived(dies, steps, rule(hold=MINUTE))
    assert story(partition) == [
        (1, "pending", 0, "raised_for"),
        (1, "resolved", 30_000, "not_held"),
        (1, "pending", HOUR, "corrected"),  # the same alert, told under its number
        (1, "firing", HOUR + MINUTE, "held"),
    ]


def test_an_acknowledgement_ends_after_four_hours_unless_the_rule_says_otherwise(dies: str) -> None:
    acknowledged = command("acknowledge", the_alert(), HOUR, reason="on it")
    steps = [fired(), acknowledged, *beats(5 * HOUR, 5 * HOUR + 1)]
    partition = lived(dies, steps)
    assert story(partition) == [
        (1, "firing", 0, "raised"),
        (1, "acknowledged", HOUR, "on it"),
        (1, "firing", 5 * HOUR, "expired"),
    ]
    assert partition.alerts[1].actor == "agent-7"
    short = lived(dies, steps, rule(ack_expires=30 * MINUTE))
    assert story(short)[-1] == (1, "firing", HOUR + 30 * MINUTE, "expired")


def test_a_snooze_lasts_until_its_moment(dies: str) -> None:
    until = format_ms(T0 + 3 * HOUR)
    steps = [fired(), command("snooze", the_alert(), HOUR, until=until)]
    steps += beats(3 * HOUR, 3 * HOUR + 1)
    assert story(lived(dies, steps)) == [
        (1, "firing", 0, "raised"),
        (1, "snoozed", HOUR, "snoozed"),
        (1, "firing", 3 * HOUR, "expired"),
    ]


def test_what_ends_resolves_out_of_every_state_and_takes_no_command_any_more(dies: str) -> None:
    late = command("acknowledge", the_alert(), 3 * HOUR)
    for steps in ([], [command("acknowledge", the_alert(), HOUR)]):
        partition = lived(dies, [fired(), *steps, signal(False, 2 * HOUR, 2), late])
        assert story(partition)[-1] == (1, "resolved", 2 * HOUR, "cleared")


def test_reminders_come_each_in_its_time_and_not_while_somebody_is_at_it(dies: str) -> None:
    acknowledged = command("acknowledge", the_alert(), 3 * HOUR)
    steps = [fired(), *beats(HOUR, HOUR + 1, 2 * HOUR + 1), acknowledged]
    steps += [heartbeat(6 * HOUR, 200), heartbeat(7 * HOUR + 1, 201), heartbeat(8 * HOUR + 1, 202)]
    partition = lived(dies, steps, rule(remind_every=HOUR))
    told = [(state, reason) for _, state, _, reason in story(partition)]
    assert told == [
        ("firing", "raised"),
        ("firing", "reminder"),
        ("firing", "reminder"),
        ("acknowledged", "acknowledged"),
        ("firing", "expired"),
        ("firing", "reminder"),
    ]


def test_reminders_that_were_missed_in_an_outage_come_once(dies: str) -> None:
    partition = lived(dies, [fired(), *beats(5 * HOUR + 1)], rule(remind_every=HOUR))
    assert [alert.reason for alert in partition.alerts] == ["raised", "reminder"]


def test_each_escalation_step_is_taken_once_and_reaches_its_own_receivers(dies: str) -> None:
    steps = (
        Escalation(HOUR, "critical", ("support",)),
        Escalation(2 * HOUR, "critical", ("boss",)),
    )
    ticks = beats(HOUR, HOUR + 1, HOUR + 2, 2 * HOUR + 1, 9 * HOUR)
    partition = lived(dies, [fired(), *ticks], rule(escalate=steps))
    found = [(a.reason, a.severity, offset(a.opened_at)) for a in partition.alerts]
    assert found == [("raised", "warning", 0), ("step 1", "critical", 0), ("step 2", "critical", 0)]
    [row] = partition.job.episodes()
    assert row.steps == (T0 + HOUR, T0 + 2 * HOUR)
    assert partition.alerts[-1].notified == ["oncall", "support", "boss"]


def test_one_that_flaps_stays_one_episode_until_it_has_been_quiet_for_long_enough(
    dies: str,
) -> None:
    steps = [fired(), signal(False, 10, 2), signal(True, MINUTE, 3), signal(False, 2 * MINUTE, 4)]
    steps += beats(12 * MINUTE, 12 * MINUTE + 1)
    partition = lived(dies, steps, rule(keep_firing_for=10 * MINUTE))
    assert story(partition) == [
        (1, "firing", 0, "raised"),
        (1, "resolved", 12 * MINUTE, "cleared"),
    ]


def test_what_comes_back_is_the_next_episode_with_another_identity(dies: str) -> None:
    steps = [fired(), signal(False, HOUR, 2), signal(True, 2 * HOUR, 3), signal(False, DAY, 4)]
    partition = lived(dies, [*steps, signal(True, DAY + HOUR, 5)])
    assert [(episode, state) for episode, state, _, _ in story(partition)] == [
        (1, "firing"),
        (1, "resolved"),
        (2, "firing"),
        (2, "resolved"),
        (3, "firing"),
    ]
    assert len({alert.alert for alert in partition.alerts}) == 3


def test_after_an_outage_nobody_is_paged_for_what_is_over(dies: str) -> None:
    """An hour in which one alert came and went, one came and stayed, and one was there before."""
    partition = lived(dies, [signal(True, 0, 1, conversation="before"), heartbeat(1, 1)])
    known = len(partition.written)
    for record in (
        signal(True, 10 * MINUTE, 2, conversation="over", mode="catchup"),
        signal(True, 20 * MINUTE, 3, conversation="stays", mode="catchup"),
        heartbeat(30 * MINUTE, 4, mode="catchup"),
        signal(False, 40 * MINUTE, 5, conversation="over", mode="catchup"),
        signal(False, 50 * MINUTE, 6, conversation="before", mode="catchup"),
    ):
        happens(partition, record, dies)
        assert notified(partition, known) <= {"before"}
    happens(partition, heartbeat(HOUR, 7), dies)
    assert notified(partition, known) == {"before", "stays"}
    assert paged(partition) == {"stays"}


def test_below_critical_it_waits_for_opening_hours_and_is_dropped_when_it_is_over(
    dies: str,
) -> None:
    rules = (rule(to=("support", "oncall")), rule("grave", to=("support",), severity="critical"))
    shut = replace(policy().receivers["oncall"], calendar=SHUT)
    receivers = telling(webhook("https://x.test", calendar=SHUT), rules=rules)
    partition = Partition(replace(receivers, receivers={**receivers.receivers, "oncall": shut}))
    for record in (
        signal(True, 0, 1, conversation="waits"),
        signal(True, 0, 2, conversation="over"),
        signal(True, 0, 3, conversation="grave", rule="grave"),
        signal(False, HOUR, 4, conversation="over"),
    ):
        happens(partition, record, dies)
    assert (may_go(partition, T0 + HOUR), may_go(partition, MIDNIGHT)) == (
        {"grave"},
        {"grave", "waits"},
    )
    assert (shows(partition, T0 + HOUR), shows(partition, MIDNIGHT)) == (set(), {"waits"})


def may_go(partition: Partition, now: int) -> set[str]:
    """What a receiver of messages may be told of at a moment."""
    due = [notice for _, notice in partition.job.messages.due("support")]
    return {notice.view.subject["id"] for notice in due if notice.may_go(now)}


def shows(partition: Partition, now: int) -> set[str]:
    """What Alertmanager is told to be firing at a moment."""
    views = partition.job.notifiable()
    return {v.subject["id"] for v in views if v.is_out(now) and not v.resolved}


def notified(partition: Partition, known: int) -> set[str]:
    """Whom a record since then says that somebody was told of."""
    return {a.subject["id"] for a in partition.alerts[known:] if a.notified}


def paged(partition: Partition) -> set[str]:
    """What Alertmanager is told to be firing now."""
    return {view.subject["id"] for view in partition.job.notifiable() if not view.resolved}
