"""Rules on figures, from panes to signals to alerts: judged by the channels agent, kept by the alerts agent."""

from dataclasses import replace

from schemas.instants import format_ms
from stream_app.domain.policy import Goal, Match
from tests.support.alerts import policy as alert_policy
from tests.support.figure_alerts import BACKLOG, HOUR, MINUTE, Desk, desk, rule, said_counts
from tests.support.panes import EMAIL, PHONE, T0, Observation


def test_a_level_above_its_limit_is_pending_for_its_time_and_then_fires() -> None:
    it = desk(rule("backlog", BACKLOG))
    it.waiting(4)
    it.go(T0 + 1_000)
    assert it.states() == ["pending"]
    it.go(T0 + 1_000 + 5 * MINUTE)  # more may happen at this very instant
    assert it.states() == ["pending"]
    it.go(T0 + 2_000 + 5 * MINUTE)
    assert it.states() == ["pending", "firing"]
    it.waiting(3)
    it.go(T0 + 3_000 + 5 * MINUTE)
    assert it.states() == ["pending", "firing", "resolved"]
    [began, *_, ended] = it.said
    assert (began["active"], began["since"]) == (True, format_ms(T0 + 1_000))
    assert (ended["active"], ended["value"]) == (False, 3)


def test_a_level_that_does_not_last_never_fires() -> None:
    it = desk(rule("backlog", BACKLOG))
    it.waiting(4)
    it.go(T0 + MINUTE)
    it.waiting(3)
    it.go(T0 + 4 * MINUTE)
    it.go(T0 + HOUR)
    assert it.states() == ["pending", "resolved"]


def test_keep_firing_for_damps_a_level_that_comes_and_goes() -> None:
    it = desk(rule("backlog", {"level": "waiting", "above": 3}, keep_firing_for=10 * MINUTE))
    for minute, waiting in enumerate([4, 1, 4, 1, 1]):
        it.waiting(waiting)
        it.go(T0 + (minute + 1) * MINUTE)
    assert it.states() == ["firing"]
    it.go(T0 + 30 * MINUTE)
    assert it.states() == ["firing", "resolved"]


def test_every_channel_is_judged_by_itself_and_match_narrows_the_channels() -> None:
    when: dict[str, object] = {"level": "waiting", "above": 3}
    it = desk(
        rule("every", when),
        rule("phone", when, Match(channel=frozenset({"phone"}), tenant=frozenset())),
    )
    it.waiting(4, EMAIL)
    it.waiting(5, PHONE)
    it.go(T0 + 1_000)
    told = {(a.rule, a.subject["kind"], a.subject["channel"]) for a in it.alerts.alerts}
    assert told == {
        ("every", "channel", "email"),
        ("every", "channel", "phone"),
        ("phone", "channel", "phone"),
    }


def test_a_rule_that_names_a_team_or_a_priority_is_about_a_group() -> None:
    when: dict[str, object] = {"level": "waiting", "above": 3}
    it = desk(
        rule("team", when, Match(team=frozenset({"billing"}))),
        rule("both", when, Match(team=frozenset({"billing"}), channel=frozenset({"email"}))),
        rule("urgent", when, Match(priority=frozenset({"high"}))),
        rule("others", when, Match(priority=frozenset({"low"}))),
    )
    it.waiting(4, EMAIL)
    it.go(T0 + 1_000)
    whole = {"kind": "group", "channel": "email", "team": "billing", "priority": "high"}
    assert {alert.rule: alert.subject for alert in it.alerts.alerts} == {
        "team": {"kind": "group", "team": "billing"},
        "both": {"kind": "group", "channel": "email", "team": "billing"},
        "urgent": whole,
    }


def test_an_alert_on_a_window_explains_itself() -> None:
    when = {"window": "first_reply_p90_seconds", "over": HOUR, "above": 10 * MINUTE, "min_count": 3}
    it = desk(rule("slow", dict(when)))
    slow = [Observation(0, EMAIL, T0, elapsed) for elapsed in (60_000, 1_200_000, 1_200_000)]
    it.hear(it.tellers[0].pane(EMAIL, T0, slow[:2]))
    it.go(T0 + 10_000)
    assert it.states() == []
    it.hear(it.tellers[0].pane(EMAIL, T0, slow))
    it.go(T0 + 20_000)
    [alert] = it.alerts.alerts
    assert alert.state == "firing"
    assert 1_188 < alert.explain.pop("value") < 1_212
    assert alert.explain == {
        "figure": "first_reply_p90_seconds",
        "over": "1h",
        "limit": "above",
        "threshold": 600,
        "min_count": 3,
        "count": 3,
        "calendar": "always",
        "as_of": format_ms(T0 + 20_000),
        "policy_hash": "hash-1",
    }
    it.go(T0 + HOUR + 10_000)  # nothing is left in the window
    assert it.states() == ["firing", "resolved"]


def test_a_ratio_is_judged_from_min_count_decided_promises_on() -> None:
    when = {
        "window": "first_reply_met_ratio",
        "over": HOUR,
        "below": 0.8,
        "min_count": 20,
        "for": 0,
    }
    it = desk(rule("under_goal", dict(when)))
    it.hear(said_counts(it.tellers[0], met=10, missed=9))
    it.go(T0 + 10_000)
    assert it.states() == []
    it.hear(said_counts(it.tellers[0], met=11, missed=9))
    it.go(T0 + 20_000)
    [alert] = it.alerts.alerts
    assert (alert.explain["value"], alert.explain["count"]) == (11 / 20, 20)


def test_nothing_is_judged_while_a_source_partition_is_missing() -> None:
    it = desk(rule("backlog", {"level": "waiting", "above": 3}))
    it.go(T0 + 10_000, silent=1)
    it.waiting(9)
    it.go(T0 + 20_000, silent=1)
    assert it.states() == []
    it.go(T0 + 30_000)
    assert it.states() == ["firing"]
    it.waiting(0)
    it.go(T0 + 40_000, silent=1)
    assert it.states() == ["firing"]
    it.go(T0 + 50_000)
    assert it.states() == ["firing", "resolved"]


def test_what_is_pending_does_not_fire_on_what_nobody_knows() -> None:
    it = desk(rule("backlog", BACKLOG))
    it.waiting(4)
    it.go(T0 + 1_000)
    it.go(T0 + MINUTE, silent=1)
    it.go(T0 + HOUR, silent=1)
    assert it.states() == ["pending", "resolved"]
    it.go(T0 + 2 * HOUR)
    assert it.states()[2:] == ["pending"]


def test_a_wait_begins_to_be_too_long_at_an_instant_that_does_not_depend_on_who_looks() -> None:
    it = desk(rule("long_wait", {"level": "oldest_waiting", "above": 10 * MINUTE}))
    it.hear(it.tellers[0].level(EMAIL, open=1, waiting=1, oldest_waiting_since=T0 - MINUTE))
    it.go(T0 + 8 * MINUTE)
    assert it.states() == []
    it.go(T0 + 20 * MINUTE)
    assert it.alerts.alerts[0].opened_at == format_ms(T0 + 9 * MINUTE)


def test_stale_figures_fire_while_the_partition_is_still_away_and_end_when_it_is_back() -> None:
    it = desk(rule("stale", {"data": "stale", "for": MINUTE}, remind_every=HOUR))
    for second in range(0, 180, 10):
        it.go(T0 + second * 1_000, silent=1)
    assert it.states() == ["firing"]
    [alert] = it.alerts.alerts
    assert alert.subject == {"kind": "group"}
    assert alert.explain["missing_partitions"] == "1"
    assert alert.explain["threshold"] == 60
    it.go(T0 + 2 * HOUR, silent=1)  # time goes on for those who are to be reminded
    assert it.states() == ["firing", "firing"]
    it.go(T0 + 2 * HOUR + 10_000)
    assert it.states() == ["firing", "firing", "resolved"]


def test_a_source_is_silent_when_nothing_has_come_from_it_for_so_long() -> None:
    it = desk(rule("silent", {"source": "silent", "for": 30 * MINUTE}))
    heard = {"acme": {"zendesk/a": format_ms(T0), "trengo/b": format_ms(T0 + 20 * MINUTE)}}
    it.hear(it.tellers[0].say("heartbeat", sources=heard))
    it.go(T0 + 29 * MINUTE)
    assert it.states() == []
    it.go(T0 + 31 * MINUTE)
    [alert] = it.alerts.alerts
    assert alert.subject == {"kind": "source", "source": "zendesk/a"}
    assert alert.opened_at == format_ms(T0 + 30 * MINUTE)
    it.go(T0 + 55 * MINUTE, silent=0)  # the others' silence is not known while one is missing
    assert it.states() == ["firing"]
    it.hear(it.tellers[0].say("heartbeat", sources={"acme": {"zendesk/a": format_ms(T0 + HOUR)}}))
    it.go(T0 + HOUR)
    assert {(a.subject["source"], a.state) for a in it.alerts.alerts[1:]} == {
        ("zendesk/a", "resolved"),
        ("trengo/b", "firing"),
    }


def test_a_missed_goal_is_an_alert_of_the_tenant_until_it_is_met() -> None:
    goal = Goal("in time", "first_reply_met_ratio", HOUR, 0.8)
    missed = rule("goal_missed", {"goal": "in time", "is": "missed"})
    it = Desk(replace(alert_policy(missed), goals=(goal,)))
    it.go(T0 + 1_000)
    assert it.states() == []  # without data nothing is known
    it.hear(said_counts(it.tellers[0], met=1, missed=1))
    it.go(T0 + 2_000)
    [alert] = it.alerts.alerts
    assert (alert.state, alert.subject) == ("firing", {"kind": "group"})
    assert (alert.explain["goal"], alert.explain["value"], alert.explain["threshold"]) == (
        "in time",
        0.5,
        0.8,
    )
    it.hear(said_counts(it.tellers[0], met=8, missed=1))
    it.go(T0 + 3_000)
    assert it.states() == ["firing", "resolved"]
    assert it.job.views["acme", ""].goals[0]["state"] == "met"
    assert it.job.views["acme", "channel=email"].goals == []


def test_a_new_owner_goes_on_with_what_was_said_and_says_it_no_second_time() -> None:
    it = desk(rule("backlog", BACKLOG), rule("stale", {"data": "stale", "for": MINUTE}))
    it.waiting(4)
    it.go(T0 + 1_000)
    it.restart()
    it.go(T0 + 2_000)
    assert len(it.said) == 1
    it.waiting(0)
    it.go(T0 + 3_000)
    assert it.states() == ["pending", "resolved"]
    assert not [key for key in it.rows if key.startswith(b"s|")]


def test_what_was_said_of_a_rule_that_is_gone_is_forgotten() -> None:
    it = desk(rule("backlog", BACKLOG))
    it.waiting(4)
    it.go(T0 + 1_000)
    assert [key for key in it.rows if key.startswith(b"s|")]
    it.policy = alert_policy(rule("another", BACKLOG))
    it.restart()
    it.turn()
    assert [key for key in it.rows if key.startswith(b"s|")] == [b"s|another|acme|channel=email"]


def test_an_hour_of_no_change_is_told_once_a_minute_and_makes_one_alert() -> None:
    it = desk(rule("backlog", {"level": "waiting", "above": 3}))
    it.waiting(4)
    for second in range(0, 3_600, 5):
        it.go(T0 + second * 1_000)
    assert it.states() == ["firing"]
    assert 55 <= len(it.said) <= 61


def test_signals_of_a_tenant_that_catches_up_are_held_back_until_it_is_live() -> None:
    it = desk(rule("backlog", {"level": "waiting", "above": 3}))
    it.waiting(4)
    it.now = T0 + 1_000
    for teller in it.tellers:
        it.hear(teller.heartbeat(T0 + 1_000, "catchup"))
    it.turn()
    [alert] = it.alerts.alerts
    assert (alert.state, alert.notified) == ("firing", [])
    it.go(T0 + 2_000)
    assert it.alerts.alerts[-1].notified == ["oncall"]
