"""Another policy version in the middle of the topic: what running and silent conversations make of it."""

import pytest

from schemas import events as wire
from stream_app.domain.policy import AlertRule, Policy
from stream_app.domain.versions import Versions
from tests.support.conversations import JobRun
from tests.support.policy_versions import breached_rule, old_rule, version
from tests.support.talk import HOUR, MINUTE, clock, within

SLA = "engagement.sla.v1"
SIGNAL = "engagement.signal.v1"


def signals(run: JobRun) -> list[tuple[str, bool, str]]:
    run.flush()
    found = run.sent(SIGNAL)
    return [(s["rule"], s["active"], s["since"][11:16]) for s in found if s.get("rule")]


def outcomes(run: JobRun) -> list[tuple[str, str, str | None, str]]:
    run.flush()
    return [
        (o["type"], o["time"][11:16], o.get("reason"), o["policy"]["hash"]) for o in run.sent(SLA)
    ]


def test_a_tightened_target_that_is_past_breaches_once_at_the_next_event_with_the_reason() -> None:
    run = JobRun(version(1))
    run.created("09:00")
    run.activate("10:30", version(2, first_reply=within(HOUR)))
    run.at_end("11:00")
    assert outcomes(run) == []  # until its next event it keeps its version
    run.status("11:10", "open")
    run.asks("11:20")
    run.at_end("15:00")
    assert outcomes(run) == [("sla.breached", "11:10", "target_tightened", "v2")]
    assert run.sent(SLA)[0]["due"] == "2026-01-05T10:00:00Z"


def test_a_tightened_target_that_is_ahead_moves_the_due() -> None:
    run = JobRun(version(1))
    run.created("09:00")
    run.activate("09:30", version(2, first_reply=within(HOUR)))
    run.status("09:40", "open")
    run.at_end("10:01")
    assert outcomes(run) == [("sla.breached", "10:00", None, "v2")]


def test_a_loosened_target_takes_no_breach_back() -> None:
    run = JobRun(version(1, first_reply=within(HOUR)))
    run.created("09:00")
    run.at_end("10:30")
    run.activate("10:40", version(2))
    run.replies("10:50")
    assert [o[:2] for o in outcomes(run)] == [("sla.breached", "10:00"), ("sla.fulfilled", "10:50")]
    assert run.sent(SLA)[1]["late_by"] == 50 * 60
    assert run.totals()["first_reply_missed"] == 1


def test_a_loosened_target_that_was_not_missed_is_due_later() -> None:
    run = JobRun(version(1, first_reply=within(HOUR)))
    run.created("09:00")
    run.activate("09:10", version(2))
    run.status("09:20", "open")
    run.at_end("12:59")
    assert outcomes(run) == []


def test_a_silent_conversation_breaches_by_the_version_that_it_has() -> None:
    run = JobRun(version(1, first_reply=within(HOUR)))
    run.created("09:00")
    run.activate("09:10", version(2))
    run.at_end("10:01")
    assert outcomes(run) == [("sla.breached", "10:00", None, "v1")]


def test_a_new_alert_rule_reaches_a_silent_conversation_at_the_activation() -> None:
    run = JobRun(version(1))
    run.created("09:00")
    run.at_end("11:00")
    run.activate("11:30", version(2, old_rule(2)))
    assert signals(run) == [("old", True, "11:30")]


def test_a_new_alert_rule_fires_a_silent_conversation_when_its_age_is_reached() -> None:
    run = JobRun(version(1))
    run.created("09:00")
    run.activate("09:30", version(2, old_rule(2)))
    run.at_end("10:59")
    assert signals(run) == []
    run.at_end("11:00")
    assert signals(run) == [("old", True, "11:00")]


def test_a_new_clock_rule_is_true_for_clocks_that_have_breached_in_silence() -> None:
    run = JobRun(version(1, first_reply=within(HOUR)))
    run.created("09:00")
    run.at_end("10:30")
    run.activate("10:40", version(2, breached_rule(), first_reply=within(HOUR)))
    assert signals(run) == [("breached", True, "10:40")]


@pytest.mark.parametrize("alerts", [(), (old_rule(3),)], ids=["removed", "loosened"])
def test_what_an_alert_rule_no_longer_says_ends_at_the_activation(
    alerts: tuple[AlertRule, ...],
) -> None:
    run = JobRun(version(1, old_rule(1)))
    run.created("09:00")
    run.at_end("10:30")
    run.activate("10:40", version(2, *alerts))
    assert signals(run) == [("old", True, "10:00"), ("old", False, "10:40")]
    run.at_end("12:00")
    again = [("old", True, "12:00")] if alerts else []
    assert signals(run)[2:] == again


def test_a_rule_that_stays_goes_on_without_a_word() -> None:
    run = JobRun(version(1, old_rule(1)))
    run.created("09:00")
    run.at_end("10:30")
    run.activate("10:40", version(2, old_rule(1), old_rule(8, "new")))
    assert signals(run) == [("old", True, "10:00")]


def test_solved_conversations_hear_of_new_rules_when_they_are_reopened() -> None:
    run = JobRun(version(1))
    run.created("09:00")
    run.status("09:30", "solved")
    run.activate("10:00", version(2, old_rule(1)))
    run.at_end("12:00")
    assert signals(run) == []
    run.asks("12:30")
    run.at_end("12:30")
    assert signals(run) == [("old", True, "12:30")]


def test_a_late_event_is_judged_by_the_version_of_its_own_time() -> None:
    run = JobRun(version(1))
    run.created("09:00")
    run.activate("09:30", version(2, first_reply=within(20 * MINUTE)))
    run.status("09:31", "open")
    assert outcomes(run) == [("sla.breached", "09:31", "target_tightened", "v2")]
    run.replies("09:25", arrives="09:32")
    assert [o[:2] for o in outcomes(run)[1:]] == [
        ("sla.corrected", "09:31"),
        ("sla.fulfilled", "09:25"),
    ]
    assert run.sent(SLA)[2]["policy"]["hash"] == "v1"


def test_the_order_of_arrival_around_an_activation_makes_no_difference() -> None:
    def end(*order: str) -> list[tuple[str, str, str | None, str]]:
        run = JobRun(version(1))
        run.created("09:00")
        run.activate("09:30", version(2, first_reply=within(20 * MINUTE)))
        for at in order:
            run.take(run.event(at, wire.TICKET_ASSIGNED, assignee="p1", arrives="09:40", id=at))
        told = outcomes(run)
        taken = {o["corrects"] for o in run.sent(SLA) if "corrects" in o}
        return [o for o, sent in zip(told, run.sent(SLA), strict=True)
                if sent["id"] not in taken and "corrects" not in sent]  # fmt: skip

    assert end("09:29", "09:32", "09:35") == end("09:35", "09:32", "09:29")
    assert end("09:32", "09:35") == [("sla.breached", "09:32", "target_tightened", "v2")]


def test_activating_what_is_active_changes_nothing() -> None:
    run = JobRun(version(1, old_rule(1)))
    run.created("09:00")
    run.at_end("10:30")
    run.flush()
    run.activate("10:40", version(1, old_rule(1)))
    assert signals(run) == [("old", True, "10:00")]
    assert len(run.job.history.rows) == 1


def test_a_new_owner_goes_on_with_the_activated_version() -> None:
    run = JobRun(version(1))
    run.created("09:00")
    run.activate("09:10", version(2, old_rule(2), first_reply=within(HOUR)))
    run.flush()
    run.restart()
    assert run.job.rules.active.hash == "v2"
    run.status("09:40", "open")
    run.at_end("11:00")
    assert outcomes(run) == [("sla.breached", "10:00", None, "v2")]
    assert signals(run) == [("old", True, "11:00")]


def test_packed_conversations_hear_of_new_rules_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.conversations.store.HOT_LIMIT", 1)
    run = JobRun(version(1))
    for number in range(5):
        run.created(f"09:0{number}", f"T-{number}")
    run.flush()
    run.flush()
    run.activate("09:30", version(2, old_rule(2)))
    run.flush()
    assert sum(isinstance(row, bytes) for row in run.job.store.rows.values()) == 4
    run.restart()
    run.at_end("11:04")
    assert {s["subject"]["id"] for s in run.sent(SIGNAL) if s.get("rule")} == set()
    assert sorted(signals(run)) == [("old", True, f"11:0{n}") for n in range(5)]


def test_without_the_version_nothing_after_the_activation_is_applied() -> None:
    run = JobRun(version(1))
    run.created("09:00")
    activation = run.control("09:30", wire.POLICY_ACTIVATE, "", hash="v2")
    after = run.event("09:40", wire.TICKET_STATUS_CHANGED, to="solved")
    assert run.take(activation, after) == 0
    assert run.versions.missing == {"v2"}
    assert run.levels()["open"] == 1
    run.versions.add(version(2))
    assert run.take(activation, after) == 2
    assert run.job.rules.active.hash == "v2"
    assert "open" not in run.levels()


def test_an_activation_of_a_version_that_was_never_written_is_a_dead_letter() -> None:
    run = JobRun(version(1))
    activation = run.control("09:30", wire.POLICY_ACTIVATE, "", hash="v9")
    run.take(activation)
    run.versions.looked_for({"v9"})
    assert run.take(activation) == 1
    assert [(r.code, r.path) for r in run.rejected] == [("unknown_policy", "$.data.hash")]
    assert run.job.rules.active.hash == "v1"


def test_a_tenant_that_a_version_adds_is_taken_in_and_one_that_it_drops_is_refused() -> None:
    run = JobRun(version(1))
    run.created("09:00", "T-1", tenant="newcomer")
    assert [r.code for r in run.rejected] == ["unknown_tenant"]
    newer = Policy("v2", {"newcomer": "live"}, frozenset({"email"}))
    run.activate("09:30", newer)
    run.created("09:40", "T-1", tenant="newcomer")
    run.created("09:41", "T-2")
    assert [r.code for r in run.rejected] == ["unknown_tenant", "unknown_tenant"]
    assert set(run.job.clocks()) == {"acme", "newcomer"}


def test_histograms_keep_what_they_counted_when_a_target_adds_a_bound() -> None:
    run = JobRun(version(1))
    run.created("09:00")
    run.replies("09:50")
    run.activate("10:00", version(2, first_reply=within(40 * MINUTE)))
    run.created("10:00", "T-2")
    run.replies("10:35", "T-2")
    run.flush()
    run.restart()
    (totals,) = [totals for _, totals in run.job.totals()]
    bounds = run.job.bounds["first_reply"]
    counted = {bounds[i]: n for i, n in enumerate(totals.buckets["first_reply"]) if n}
    assert counted == {40 * MINUTE: 1, 60 * MINUTE: 1}


def test_old_activations_are_forgotten_when_nothing_that_old_can_be_folded_again() -> None:
    run = JobRun(version(1))
    run.activate("09:00", version(2))
    run.activate("10:00", version(3))
    run.at_end("+2 09:30")
    run.flush()
    assert [row.hash for row in run.job.history.rows] == ["v2", "v3"]


def test_versions_know_the_initial_one_and_what_was_looked_for() -> None:
    versions = Versions(version(1))
    versions.add(version(2))
    versions.begin_with("v2")
    assert (versions.initial.hash, sorted(versions)) == ("v2", ["v1", "v2"])
    assert versions["v1"].hash == "v1"
    assert clock("00:01") - clock("00:00") == MINUTE
