"""The small parts of alerting: options, sources, deliveries, texts, leases, pushes."""

from typing import Any

import pytest

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_delivery import (
    BACKLOG,
    FLOOD,
    HELD,
    NOBODY,
    SINGLE,
    Deliveries,
    Share,
)
from stream_app.domain.alert_identity import alert_identity, subject_identity
from stream_app.domain.alert_options import Life, gravest, life_of
from stream_app.domain.alert_sources import Beat, Sources
from stream_app.domain.alert_text import annotations, duration
from stream_app.domain.alert_view import AlertView, views
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import Escalation
from tests.support.alerts import HOUR, T0, rule, subject

# ------------------------------------------------------------------------------ options


def test_a_rule_without_options_has_the_documented_defaults() -> None:
    assert life_of(rule(), 7) == Life(ack=4 * HOUR, to=("oncall",), retention=7)


def test_all_options_of_a_rule_are_read() -> None:
    escalate = [
        Escalation(HOUR, "critical", ("boss",)),
        Escalation(2 * HOUR, "warning", ("ceo",)),
    ]
    found = life_of(
        rule(hold=1, keep_firing_for=2, remind_every=3, ack_expires=4, escalate=escalate), 7
    )
    assert (found.hold, found.keep, found.remind, found.ack) == (1, 2, 3, 4)
    assert found.steps == tuple(escalate)
    assert found.everybody == ("oncall", "boss", "ceo")
    assert found.told(1) == ("oncall", "boss")


@pytest.mark.parametrize("value", [-1, "4h", 1.5])
def test_a_duration_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="remind_every"):
        life_of(rule(remind_every=value), 7)


def test_the_gravest_severity_wins_and_unknown_ones_lose() -> None:
    assert gravest(["info", "critical", "warning"]) == "critical"
    assert gravest(["odd", "info"]) == "info"
    assert gravest([]) == "info"


# ----------------------------------------------------------------------------- identity


def test_an_identity_is_a_versioned_value_that_never_changes() -> None:
    # A literal on purpose: another value would make every open alert a second one.
    assert alert_identity("r", "t", subject(), 1) == "v1-8e521eddb750dcb29438a804"


def test_channels_are_the_identity_of_a_channel_alert_only() -> None:
    assert subject_identity({"kind": "channel", "channel": "email"}) == ("channel", "email")
    assert "email" not in subject_identity(subject(channel="email"))
    assert subject_identity({"kind": "new thing", "name": "x"})[-1] == "x"


# ------------------------------------------------------------------------------ sources


def heard(*ticks: tuple[int, int, str], expected: int = 2) -> Sources:
    sources = Sources("conversations", expected)
    for order, (partition, tick, mode) in enumerate(ticks):
        sources.heard(("conversations", partition), (1, order), {"acme": Beat(tick, mode)})
    return sources


def test_a_tenant_has_no_time_before_all_sources_have_spoken() -> None:
    sources = heard((0, 50, "live"))
    assert sources.ticks == {}
    assert not sources.live("acme")


def test_a_tenant_is_as_far_and_as_live_as_its_last_source() -> None:
    sources = heard((0, 50, "live"), (1, 30, "catchup"))
    assert sources.ticks == {"acme": 30}
    assert not sources.live("acme")
    assert heard((0, 50, "live"), (1, 30, "live")).live("acme")


def test_the_tick_never_goes_back() -> None:
    assert heard((0, 50, "live"), (1, 30, "live"), (0, 10, "live")).ticks == {"acme": 30}


def test_another_agents_heartbeat_counts_as_well_once_it_has_spoken() -> None:
    sources = heard((0, 50, "live"), (1, 30, "live"))
    sources.heard(("channels", 0), (1, 0), {"acme": Beat(5, "catchup")})
    assert not sources.live("acme")


def test_moments_at_the_tick_are_over_only_when_event_time_was_advanced_to_it() -> None:
    sources = heard((0, 50, "event"), (1, 50, "event"))
    assert sources.reached("acme") == 49
    sources.advance("acme", 50)
    assert sources.reached("acme") == 50
    sources.advance("acme", 20)
    assert sources.reached("acme") == 50


def test_a_signal_without_a_source_makes_all_of_them_not_live() -> None:
    sources = heard((0, 50, "live"), (1, 50, "live"))
    sources.said("acme", None, "live")
    assert sources.live("acme")
    sources.said("acme", None, "catchup")
    assert not sources.live("acme")
    sources.said("acme", ("conversations", 0), "catchup")
    assert sources.ticks == {"acme": 50}


# --------------------------------------------------------------------------- deliveries


def firing(conversation: str = "T-1", **more: Any) -> AlertRow:
    row = AlertRow(1, "r", "acme", subject(conversation), "firing", 1)
    for name, value in {"label_channel": "email", "starts_at": T0, **more}.items():
        setattr(row, name, value)
    return row


def test_a_delivery_depends_on_receivers_then_on_live_then_on_room() -> None:
    deliveries = Deliveries(Share(0, 1))
    assert deliveries.decide(firing(), (), live=True) == NOBODY
    assert deliveries.decide(firing(), ("a",), live=False) == HELD
    assert deliveries.decide(firing(), ("a",), live=True) == SINGLE
    for n in range(50):
        deliveries.moved(None, firing(str(n), delivery=SINGLE))
    assert deliveries.decide(firing(), ("a",), live=True) == FLOOD
    assert deliveries.decide(firing(label_channel="sms"), ("a",), live=True) == SINGLE


def test_an_episode_that_ends_makes_room() -> None:
    deliveries = Deliveries(Share(0, 1))
    rows = [firing(str(n), delivery=SINGLE) for n in range(50)]
    for row in rows:
        deliveries.moved(None, row)
    deliveries.moved(rows[0], firing("0", delivery=SINGLE, state="resolved"))
    assert deliveries.decide(firing(), ("a",), live=True) == SINGLE


def test_each_receiver_has_its_own_limit_at_a_release() -> None:
    held = [(firing(str(n)), ("a",)) for n in range(11)] + [(firing("x"), ("b",))]
    decisions = Deliveries(Share(0, 1)).release(held)
    assert decisions == [SINGLE] * 10 + [BACKLOG, SINGLE]


@pytest.mark.parametrize(("partitions", "flood"), [(1, 50), (2, 50), (4, 25), (12, 10), (24, 10)])
def test_the_room_of_a_partition_shrinks_with_their_number(partitions: int, flood: int) -> None:
    assert Share(0, partitions).flood == flood


# -------------------------------------------------------------------------- views, texts


SINKS = {"oncall": ALWAYS}


def view(**more: Any) -> AlertView:
    explain = {"target": 300, "calendar": "office", "due": "2026-01-09T16:35:00Z", "late_by": 90}
    row = firing(delivery=SINGLE, severity="warning", label_severity="warning", explain=explain)
    for name, value in more.items():
        setattr(row, name, value)
    [found] = views(row, Life(to=("oncall",)), SINKS)
    return found


def test_a_view_says_of_its_episode_all_that_the_row_knows() -> None:
    shown = view(
        state="acknowledged", label_priority="high", told_at=T0 + 1, since=T0 + 2, opened_at=T0 - 3,
        touched=T0 + 4, actor="agent-7", reason="on it", explain={"age": 5},
    )  # fmt: skip
    assert shown.alert == alert_identity("r", "acme", subject(), 1)
    assert (shown.rule, shown.tenant, shown.episode, shown.step) == ("r", "acme", 1, 0)
    assert (shown.channel, shown.priority, shown.severity) == ("email", "high", "warning")
    assert (shown.state, shown.resolved, shown.actor) == ("acknowledged", False, "agent-7")
    assert (shown.reason, shown.explain, shown.subject) == ("on it", {"age": 5}, subject())
    assert (shown.starts_at, shown.told_at, shown.since) == (T0, T0 + 1, T0 + 2)
    assert (shown.opened_at, shown.touched, shown.calendars) == (T0 - 3, T0 + 4, (ALWAYS,))
    assert view(state="resolved").resolved


def test_a_step_is_told_from_when_it_was_reached_and_not_from_when_the_episode_was() -> None:
    row = firing(delivery=SINGLE, label_severity="warning", steps=(T0 + HOUR,), told_at=T0 + 1)
    life = Life(to=("oncall",), steps=(Escalation(HOUR, "critical", ("oncall",)),))
    first, step = views(row, life, SINKS)
    assert (first.step, first.starts_at, first.told_at) == (0, T0, T0 + 1)
    assert (step.step, step.starts_at, step.told_at) == (1, T0 + HOUR, T0 + HOUR)
    assert (first.severity, step.severity) == ("warning", "critical")


@pytest.mark.parametrize("delivery", [HELD, FLOOD, BACKLOG, NOBODY])
def test_only_what_is_told_by_itself_has_views(delivery: int) -> None:
    assert views(firing(delivery=delivery), Life(to=("oncall",)), SINKS) == ()


def test_pending_alerts_have_no_views() -> None:
    assert views(firing(delivery=SINGLE, state="pending"), Life(to=("oncall",)), SINKS) == ()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3_700, "1h 1m"), (172_800, "2d"), (90_061, "1d 1h")],
)
def test_durations_read_as_people_say_them(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_an_alert_names_clock_target_calendar_due_and_lateness() -> None:
    text = annotations(view(subject=subject(clock="first_reply", instance="1")))
    assert "1m 30s late" in text["summary"]
    for part in ("first_reply", "target 5m", "office", "due 2026-01-09T16:35:00Z"):
        assert part in text["details"]
    assert text["resolved_by"] == "a public reply by an agent, or solving the conversation"
    assert text["conversation"] == "T-1"


@pytest.mark.parametrize(
    ("explain", "said"),
    [
        (
            {"figure": "first_reply_met_ratio", "over": "1h", "value": 0.55, "limit": "below",
             "threshold": 0.8, "count": 20},
            "first_reply_met_ratio over 1h is 55 % (below 80 %) of 20",
        ),
        (
            {"figure": "oldest_waiting", "value": 750.0, "limit": "above", "threshold": 600.0},
            "oldest_waiting is 12m 30s (above 10m)",
        ),
        ({"figure": "waiting", "value": 41, "limit": "above", "threshold": 40}, "waiting is 41 (above 40)"),
        ({"last_heard": "2026-01-09T16:00:00Z"}, "silent since 2026-01-09T16:00:00Z"),
        ({"missing_partitions": "1, 4"}, "nothing current from source partition 1, 4"),
    ],
)  # fmt: skip
def test_an_alert_on_a_figure_names_it_with_its_value_and_limit(
    explain: dict[str, Any], said: str
) -> None:
    where = {"kind": "channel", "channel": "email"}
    assert said in annotations(view(subject=where, explain=explain))["details"]


@pytest.mark.parametrize(
    ("where", "explain", "part"),
    [
        (subject(clock="full_resolution"), {}, "solving the conversation"),
        (subject(clock="first_reply"), {"is": "at_risk"}, "or the breach"),
        ({"kind": "channel", "channel": "email"}, {}, "within its bounds"),
    ],
)
def test_an_alert_says_what_would_end_it(
    where: dict[str, str], explain: dict[str, str], part: str
) -> None:
    assert part in annotations(view(subject=where, explain=explain))["resolved_by"]
