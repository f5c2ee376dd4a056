"""What the collector exports is what the state says, no more and no less."""

import math

import pytest
from prometheus_client.metrics_core import Metric as Family

from stream_app.adapters.metrics.catalogue import CATALOGUE
from stream_app.adapters.metrics.collector import MetricsCollector
from stream_app.engine.status import SourceStatus
from tests.support.worker_fakes import (
    BOUNDS,
    NOW,
    BareJob,
    FakeAlerts,
    FakeConversations,
    FakeRuntime,
    FakeTotals,
    busy_worker,
    observed_totals,
    partition,
    policy,
)

TAKEN_BACK = {
    "corrections_messages_in": 2,
    "corrections_first_reply_observed": 1,
    "corrections_new_kind": 5,
}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(runtime: FakeRuntime, now_ms: int = NOW) -> Samples:
    families = MetricsCollector(runtime, lambda: now_ms).collect()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """The one sample with all of these labels, or None."""
    wanted = frozenset(labels.items())
    found = [held for (known, own), held in samples.items() if known == name and wanted <= own]
    assert len(found) <= 1, f"{len(found)} samples of {name} have {labels}"
    return found[0] if found else None


def owner_of(*jobs: FakeConversations) -> FakeRuntime:
    return FakeRuntime([partition("conversations", n, job) for n, job in enumerate(jobs)])


def test_every_catalogue_metric_is_written_with_its_help_even_without_a_sample() -> None:
    families: list[Family] = MetricsCollector(FakeRuntime(), lambda: NOW).collect()
    assert [family.documentation for family in families] == [metric.help for metric in CATALOGUE]


def test_every_sample_stands_under_a_declared_name_with_exactly_the_declared_labels() -> None:
    declared = {
        name: set(metric.label_names) for metric in CATALOGUE for name in metric.series_names
    }
    for name, labels in scrape(busy_worker()):
        assert {label for label, _ in labels} - {"le"} == declared[name]


def test_every_fixed_label_keeps_to_its_values() -> None:
    allowed = {
        label.name: set(label.values)
        for metric in CATALOGUE
        for label in metric.labels
        if label.values
    }
    for _, labels in scrape(busy_worker(groups=15)):
        for name, held in labels:
            assert name not in allowed or held in allowed[name]


def test_counters_of_teams_add_up_and_partitions_stay_apart() -> None:
    first = FakeConversations(
        held={
            ("acme", "email", "billing", "high"): FakeTotals({"messages_in": 3}),
            ("acme", "email", "sales", "high"): FakeTotals({"messages_in": 4}),
        }
    )
    second = FakeConversations(
        held={("acme", "email", "", "high"): FakeTotals({"messages_in": 50})}
    )
    samples = scrape(owner_of(first, second))
    name, labels = "engagement_messages_total", {"priority": "high", "direction": "in"}
    assert value(samples, name, **labels, partition="0") == 7
    assert value(samples, name, **labels, partition="1") == 50


def test_a_histogram_is_cumulative_and_in_seconds() -> None:
    buckets = [0] * len(BOUNDS["first_reply"])
    buckets[0], buckets[4], buckets[-1] = 2, 5, 1
    totals = FakeTotals({}, {"first_reply": buckets}, {"first_reply": 1_234_567})
    samples = scrape(owner_of(FakeConversations(held={("acme", "email", "", ""): totals})))
    name = "engagement_first_reply_seconds"
    assert value(samples, name + "_bucket", le="15.0") == 2
    assert value(samples, name + "_bucket", le="120.0") == 2
    assert value(samples, name + "_bucket", le="300.0") == 7
    assert value(samples, name + "_bucket", le="+Inf") == 8
    assert value(samples, name + "_count") == 8
    assert value(samples, name + "_sum") == pytest.approx(1234.567)


def test_histograms_of_teams_add_up() -> None:
    job = FakeConversations(
        held={
            ("acme", "email", "billing", ""): observed_totals(1),
            ("acme", "email", "sales", ""): observed_totals(2),
        }
    )
    samples = scrape(owner_of(job))
    assert value(samples, "engagement_next_reply_seconds_count") == 3 * len(BOUNDS["next_reply"])
    assert value(samples, "engagement_next_reply_seconds_sum") == pytest.approx(90.5 * 3)


def test_a_clock_without_observations_has_no_histogram() -> None:
    empty = FakeTotals({}, {clock: [0] * len(bounds) for clock, bounds in BOUNDS.items()})
    samples = scrape(owner_of(FakeConversations(held={("acme", "email", "", ""): empty})))
    assert not any(name.startswith("engagement_first_reply") for name, _ in samples)


def test_buckets_that_do_not_fit_their_bounds_are_an_error_and_no_wrong_figure() -> None:
    crooked = FakeTotals({}, {"first_reply": [1, 2, 3]}, {"first_reply": 10})
    runtime = owner_of(FakeConversations(held={("acme", "email", "", ""): crooked}))
    with pytest.raises(ValueError, match="argument"):
        scrape(runtime)


def test_counters_exist_as_zero_before_they_first_count() -> None:
    samples = scrape(owner_of(FakeConversations()))
    where = {"tenant": "acme", "channel": "whatsapp", "priority": "none", "partition": "0"}
    assert value(samples, "engagement_sla_breaches_total", **where, clock="next_reply") == 0
    assert value(samples, "engagement_corrections_total", tenant="acme", kind="messages_in") == 0
    assert value(samples, "engagement_dlq_records_total", reason="unknown_tenant") == 0


def test_what_late_input_took_back_is_counted_by_kind() -> None:
    totals = FakeTotals(TAKEN_BACK)
    samples = scrape(owner_of(FakeConversations(held={("acme", "email", "", ""): totals})))
    name = "engagement_corrections_total"
    assert value(samples, name, tenant="acme", kind="messages_in") == 2
    assert value(samples, name, tenant="acme", kind="first_reply_observed") == 1
    assert value(samples, name, tenant="acme", kind="other") == 5
    assert value(samples, name, tenant="globex", kind="messages_in") == 0


def test_what_was_noticed_about_the_input_is_counted() -> None:
    job = FakeConversations(counters={"late_events": 4, "duplicate": 7, "new_note": 1})
    samples = scrape(owner_of(job))
    assert value(samples, "engagement_late_events_total") == 4
    assert value(samples, "engagement_noticed_events_total", note="duplicate") == 7
    assert value(samples, "engagement_noticed_events_total", note="import_overlap") == 0
    assert value(samples, "engagement_noticed_events_total", note="other") == 1


def test_bounds_may_leave_infinity_out() -> None:
    totals = FakeTotals({}, {"first_reply": [1, 2, 3]}, {})
    job = FakeConversations(
        held={("acme", "email", "", ""): totals}, bounds={"first_reply": (1000, 2000)}
    )
    samples = scrape(owner_of(job))
    name = "engagement_first_reply_seconds_bucket"
    assert value(samples, name, le="2.0") == 3
    assert value(samples, name, le="+Inf") == 6


def test_levels_of_partitions_add_up_and_the_oldest_wins() -> None:
    group = ("acme", "email", "billing", "high")
    first = FakeConversations(standing={group: {"waiting": 2, "oldest_waiting_since": NOW - 9000}})
    second = FakeConversations(standing={group: {"waiting": 5, "oldest_waiting_since": NOW - 500}})
    samples = scrape(owner_of(first, second))
    where = {"channel": "email", "team": "billing", "priority": "high"}
    assert value(samples, "engagement_waiting_conversations", **where) == 7
    oldest = value(samples, "engagement_oldest_waiting_timestamp_seconds", **where)
    assert oldest == (NOW - 9000) / 1000


def test_nobody_waiting_means_no_oldest_instead_of_1970() -> None:
    group = ("acme", "email", "billing", "high")
    job = FakeConversations(standing={group: {"open": 1, "oldest_waiting_since": 0}})
    samples = scrape(owner_of(job))
    assert value(samples, "engagement_oldest_waiting_timestamp_seconds") is None
    assert value(samples, "engagement_waiting_conversations", team="billing") == 0


def test_what_the_policy_does_not_name_becomes_other() -> None:
    job = FakeConversations(
        standing={
            ("acme", "pigeon", "night shift", "asap"): {"open": 1},
            ("nobody", "fax", "day shift", "asap"): {"open": 2},
        }
    )
    samples = scrape(owner_of(job))
    where = {"channel": "other", "team": "other", "priority": "other"}
    assert value(samples, "engagement_open_conversations", **where, tenant="acme") == 1
    assert value(samples, "engagement_open_conversations", **where, tenant="other") == 2


def test_ten_thousand_invented_teams_make_no_further_series() -> None:
    def series(teams: int) -> int:
        groups = {("acme", "email", f"team {n}", "high"): {"open": 1} for n in range(teams)}
        return len(scrape(owner_of(FakeConversations(standing=groups))))

    assert series(10_000) == series(1)


def test_a_partition_that_moved_away_leaves_no_series() -> None:
    runtime = busy_worker(partitions=2)
    runtime.held = [status for status in runtime.held if status.partition == 0]
    assert not [name for name, labels in scrape(runtime) if ("partition", "1") in labels]


def test_a_partition_in_recovery_shows_its_state_but_no_half_figures() -> None:
    job = FakeConversations(held={("acme", "email", "", ""): observed_totals(1)})
    status = partition("conversations", 0, job, recovering=True, state="restoring")
    samples = scrape(FakeRuntime([status]))
    assert value(samples, "engagement_partition_state", state="restoring") == 1
    assert value(samples, "engagement_partition_state", state="running") == 0
    assert not any(name == "engagement_messages_total" for name, _ in samples)
    assert not any(name == "engagement_open_conversations" for name, _ in samples)


def test_event_lag_is_told_on_live_time_alone() -> None:
    samples = scrape(busy_worker(partitions=1), now_ms=NOW + 4500)
    assert value(samples, "engagement_event_lag_seconds", tenant="acme") == 5
    assert value(samples, "engagement_event_lag_seconds", tenant="globex") is None
    assert value(samples, "engagement_tenant_mode", tenant="globex", mode="event") == 1
    assert value(samples, "engagement_tenant_mode", tenant="globex", mode="live") == 0


def test_clocks_that_have_not_begun_are_absent() -> None:
    job = FakeConversations(times={"acme": (0, 0, "catchup")})
    samples = scrape(owner_of(job))
    assert value(samples, "engagement_watermark_timestamp_seconds", tenant="acme") is None
    assert value(samples, "engagement_event_lag_seconds", tenant="acme") is None
    assert value(samples, "engagement_last_event_timestamp_seconds") is None


def test_dead_letters_name_their_topic_and_unknown_codes_are_counted_as_other() -> None:
    sources = (SourceStatus("signals", 0, 0, NOW), SourceStatus("commands", 0, 0, NOW))
    counts = {"undecodable": 2, "odd": 1, "odder": 4}
    status = partition("alerts", 5, BareJob(), sources=sources, dead_letters=counts)
    samples = scrape(FakeRuntime([status]))
    name, where = "engagement_dlq_records_total", {"topic": "signals,commands", "partition": "5"}
    assert value(samples, name, **where, reason="undecodable") == 2
    assert value(samples, name, **where, reason="other") == 5


def test_each_rule_stands_at_zero_until_it_fires() -> None:
    quiet = FakeRuntime([partition("alerts", 0, FakeAlerts())])
    where = {"tenant": "acme", "rule": "ticket_unresolved", "severity": "warning"}
    assert value(scrape(quiet), "engagement_alerts_firing", **where) == 0
    episodes = [("ticket_unresolved", "acme", "warning", 3)]
    two = [partition("alerts", n, FakeAlerts(episodes=episodes)) for n in range(2)]
    assert value(scrape(FakeRuntime(two)), "engagement_alerts_firing", **where) == 6


def test_a_worker_without_the_alerts_agent_claims_no_silence_of_rules() -> None:
    samples = scrape(owner_of(FakeConversations()))
    assert value(samples, "engagement_alerts_firing") is None


def test_the_target_is_that_of_the_first_matching_policy() -> None:
    samples = scrape(FakeRuntime())
    name, where = "engagement_sla_target_seconds", {"tenant": "acme", "priority": "high"}
    chat = value(samples, name, **where, channel="whatsapp", clock="first_reply", policy="chat")
    assert chat == 300
    mail = value(samples, name, **where, channel="email", clock="first_reply")
    assert mail == 14400
    assert value(samples, name, **where, channel="email", clock="next_reply") is None


def test_a_conversation_that_no_policy_matches_has_no_target() -> None:
    samples = scrape(FakeRuntime(policy=policy(sla=())))
    assert not any(name == "engagement_sla_target_seconds" for name, _ in samples)


def test_bounds_without_an_integer_second_are_written_exactly() -> None:
    job = FakeConversations(
        held={("acme", "email", "", ""): FakeTotals({}, {"first_reply": [1, 1]}, {})},
        bounds={"first_reply": (1500, math.inf)},
    )
    samples = scrape(owner_of(job))
    assert value(samples, "engagement_first_reply_seconds_bucket", le="1.5") == 1
