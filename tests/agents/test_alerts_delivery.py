"""Whom the alerts agent tells: catching up, floods, receivers, escalation."""

from stream_app.domain.alert_delivery import BACKLOG_LIMIT, FLOOD_LIMIT, Share
from stream_app.domain.policy import Escalation
from tests.support.alerts import (
    HOUR,
    RULE,
    T0,
    Partition,
    advance,
    heartbeat,
    many,
    policy,
    rule,
    signal,
    subject,
)

# --------------------------------------------------------------- catching up, and floods


def shown(partition: Partition) -> list[str]:
    return sorted(view.subject["id"] for view in partition.job.notifiable())


def test_what_fires_is_shown_to_sinks_once_it_is_committed() -> None:
    partition = Partition().apply(signal(True, 5, 1))
    assert shown(partition) == []
    assert shown(partition.flush()) == ["T-1"]


def test_what_was_only_collected_is_not_shown() -> None:
    partition = Partition().apply(signal(True, 5, 1))
    partition.job.collect()
    partition.apply(signal(True, 5, 1, conversation="T-2"))
    assert shown(partition) == []
    partition.job.committed()
    assert shown(partition) == ["T-1"]


def test_nobody_hears_of_what_is_over_before_the_sources_are_live() -> None:
    partition = Partition()
    partition.feed(signal(True, 5, 1, mode="catchup"), heartbeat(6, 1, mode="catchup"))
    assert partition.states() == [(1, "firing")]
    assert partition.alerts[0].notified == []
    partition.feed(signal(False, 7, 2, mode="catchup"), heartbeat(8, 2))
    assert partition.states() == [(1, "firing"), (1, "resolved")]
    assert shown(partition) == []


def test_what_still_fires_is_told_when_all_sources_are_live() -> None:
    partition = Partition(share=Share(0, 2)).feed(signal(True, 5, 1, mode="catchup"))
    partition.feed(heartbeat(9, 1, partition=0), heartbeat(9, 1, partition=1, mode="catchup"))
    assert shown(partition) == []
    partition.feed(heartbeat(10, 2, partition=1))
    assert shown(partition) == ["T-1"]
    assert partition.alerts[-1].notified == ["oncall"]


def test_a_source_that_falls_behind_again_is_not_live_before_it_says_so() -> None:
    partition = Partition().feed(heartbeat(5, 1), signal(True, 6, 1, mode="catchup"))
    partition.feed(signal(False, 7, 2, mode="catchup"), heartbeat(8, 2))
    assert shown(partition) == []


def test_at_most_ten_are_told_after_an_outage_and_the_others_in_one_summary() -> None:
    partition = Partition().feed(*many(37, "catchup")).feed(heartbeat(99, 1))
    assert shown(partition) == [f"T-{n:03}" for n in range(1, BACKLOG_LIMIT + 1)]
    [(summary, total)] = partition.job.summaries()
    assert (summary.receiver, total.alerts) == ("oncall", 37 - BACKLOG_LIMIT)


def test_the_gravest_come_first_after_an_outage() -> None:
    both = policy(rule(), rule("breached", severity="critical"))
    partition = Partition(both).feed(*many(20, "catchup"))
    partition.feed(signal(True, 90, 1, rule="breached", mode="catchup")).feed(heartbeat(99, 1))
    assert "breached" in {view.rule for view in partition.job.notifiable()}
    [(summary, _)] = partition.job.summaries()
    assert summary.severity == "critical"


def test_all_partitions_together_keep_the_limit_after_an_outage() -> None:
    for partitions in (1, 3, 4, 12, 24):
        shares = [Share(number, partitions).backlog for number in range(partitions)]
        assert sum(shares) == BACKLOG_LIMIT


def test_a_flood_is_one_summary_and_stays_so_for_those_it_took_in() -> None:
    partition = Partition().feed(*many(FLOOD_LIMIT + 7))
    assert len(shown(partition)) == FLOOD_LIMIT
    [(summary, total)] = partition.job.summaries()
    assert (summary.rule, summary.channel, total.alerts) == (RULE, "email", 7)
    partition.feed(signal(False, 900, 1, epoch=2, conversation="T-001"))
    [(_, total)] = partition.job.summaries()
    assert total.alerts == 7
    partition.feed(signal(True, 901, 1, conversation="T-new"))
    assert "T-new" in shown(partition)


def test_the_flood_is_the_same_flood_after_a_takeover() -> None:
    partition = Partition().feed(*many(FLOOD_LIMIT + 7))
    before = shown(partition)
    partition.start()
    assert shown(partition) == before
    partition.feed(signal(True, 901, 1, conversation="T-new"))
    assert shown(partition) == before


def test_the_summary_ends_with_its_last_member() -> None:
    partition = Partition().feed(*many(FLOOD_LIMIT + 1))
    last = f"T-{FLOOD_LIMIT + 1:03}"
    partition.feed(signal(False, 900, 1, epoch=2, conversation=last))
    assert not list(partition.job.summaries())


def test_history_on_event_time_is_recorded_and_tells_nobody() -> None:
    partition = Partition(policy(clock="event")).feed(*many(5, "event"))
    partition.feed(heartbeat(99, 1, mode="event"), advance(99))
    assert len(partition.alerts) == 5
    assert shown(partition) == []


def test_history_that_is_handed_over_to_live_time_tells_what_still_fires() -> None:
    partition = Partition(policy(clock="event")).feed(*many(5, "event"))
    partition.feed(signal(False, 50, 9, conversation="T-003", mode="event"))
    partition.feed(heartbeat(99, 1, mode="live"))
    assert shown(partition) == ["T-001", "T-002", "T-004", "T-005"]


def test_a_rule_for_nobody_or_for_a_webhook_is_not_shown_to_alertmanager() -> None:
    rules = policy(rule(to=()), rule("hooked", to=("support",)))
    partition = Partition(rules).feed(signal(True, 5, 1), signal(True, 5, 1, rule="hooked"))
    assert shown(partition) == []
    assert [alert.notified for alert in partition.alerts] == [[], ["support"]]


def test_an_escalation_reaches_its_own_receiver_as_an_alert_of_its_own() -> None:
    escalate = (Escalation(HOUR, "critical", ("oncall",)),)
    partition = Partition(policy(rule(to=("support",), escalate=escalate)))
    partition.feed(signal(True, 0, 1))
    assert shown(partition) == []
    partition.feed(heartbeat(2 * HOUR, 1))
    [view] = partition.job.notifiable()
    assert (view.step, view.severity, view.starts_at) == (1, "critical", T0 + HOUR)
    assert partition.alerts[-1].notified == ["support", "oncall"]


def test_an_episode_that_has_ended_is_shown_for_a_while_even_beside_the_next_one() -> None:
    partition = Partition().feed(signal(True, 5, 1))
    partition.job.turn(T0 + 6, {})
    partition.feed(signal(False, 9, 2), signal(True, 12, 3))
    shown_now = [(view.episode, view.resolved) for view in partition.job.notifiable()]
    assert shown_now == [(2, False), (1, True)]
    partition.job.turn(T0 + HOUR, {})
    assert [view.episode for view in partition.job.notifiable()] == [2]


def test_an_end_that_was_none_is_no_longer_shown() -> None:
    partition = Partition().feed(signal(True, 5, 1)).feed(signal(False, 20, 2))
    partition.feed(signal(True, 5, 3, tick=30))
    assert [view.resolved for view in partition.job.notifiable()] == [False]


def test_a_new_owner_repeats_the_end_of_an_episode() -> None:
    partition = Partition().feed(signal(True, 5, 1), signal(False, 9, 2))
    partition.start()
    assert [view.resolved for view in partition.job.notifiable()] == [True]
    partition.job.turn(T0 + HOUR, {})
    assert not list(partition.job.notifiable())


def test_labels_keep_what_they_were_when_the_episode_began() -> None:
    partition = Partition().feed(signal(True, 5, 1))
    moved = subject(channel="whatsapp", priority="urgent")
    partition.feed(signal(True, 5, 2, subject=moved))
    [view] = partition.job.notifiable()
    assert (view.channel, view.priority) == ("email", "normal")
    assert view.subject["channel"] == "whatsapp"
