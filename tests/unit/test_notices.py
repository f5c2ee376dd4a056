"""What each receiver still has to hear: marks, opening hours, escalation, the end."""

from typing import Any

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_delivery import FLOOD, HELD, SINGLE
from stream_app.domain.alert_options import Life
from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.domain.notices import (
    Notice,
    begun,
    disturbs,
    farewells,
    followed,
    intended,
    notices,
    taken,
)
from stream_app.domain.policy import Escalation
from tests.support.alerts import HOUR, T0, subject

LIFE = Life(to=("support",), steps=(Escalation(HOUR, "critical", ("oncall",)),))
SINKS = {"support": ALWAYS, "oncall": ALWAYS}
SHUT = OfficeCalendar(
    "night", "UTC", tuple(((0, 1),) for _ in range(7)), frozenset(), frozenset(), {}
)


def row(**more: Any) -> AlertRow:
    found = AlertRow(1, "late", "acme", subject(), "firing", 1, T0, T0, delivery=SINGLE)
    found.severity = found.label_severity = "warning"
    found.starts_at = found.touched = found.reminded_at = found.fired_at = T0
    for name, value in more.items():
        setattr(found, name, value)
    return found


def due(found: AlertRow, sinks: Any = SINKS) -> list[Notice]:
    return notices(found, LIFE, sinks)


def send(found: AlertRow) -> None:
    for notice in due(found):
        found.told = begun(found, notice.receiver, notice.mark)
        assert taken(found, notice.receiver, notice.mark)


def kinds(found: AlertRow) -> list[tuple[str, str]]:
    return [(notice.receiver, notice.kind) for notice in due(found)]


def test_a_firing_alert_is_due_to_its_receiver_once() -> None:
    found = row()
    [notice] = due(found)
    assert (notice.receiver, notice.kind, notice.begun) == ("support", "firing", False)
    send(found)
    assert due(found) == []


def test_what_is_held_or_told_in_a_summary_is_not_due_by_itself() -> None:
    assert due(row(delivery=HELD)) == []
    assert due(row(delivery=FLOOD)) == []
    assert due(row(state="pending")) == []


def test_receivers_that_are_no_sinks_are_left_out() -> None:
    assert due(row(), {"oncall": ALWAYS}) == []


def test_it_may_be_sent_once_its_mark_stands_in_the_row() -> None:
    found = row()
    found.told = intended(found, LIFE, SINKS, T0)
    [notice] = due(found)
    assert notice.begun


def test_below_critical_nothing_is_begun_while_the_receiver_is_closed() -> None:
    found = row()
    assert intended(found, LIFE, {"support": SHUT}, T0) == {}
    assert not disturbs("warning", SHUT, T0)
    assert disturbs("critical", SHUT, T0)
    found.label_severity = "critical"
    assert intended(found, LIFE, {"support": SHUT}, T0).keys() == {"support"}


def test_what_is_over_before_it_was_begun_is_told_to_nobody() -> None:
    assert due(row(state="resolved")) == []
    assert due(row(state="acknowledged")) == []


def test_the_end_is_due_even_when_only_the_beginning_was_begun() -> None:
    found = row()
    found.told = intended(found, LIFE, SINKS, T0)
    found.state = "resolved"
    assert kinds(found) == [("support", "resolved")]
    send(found)
    assert due(found) == []


def test_only_the_newest_state_is_due() -> None:
    found = row()
    send(found)
    found.state, found.since = "acknowledged", T0 + 1
    found.state, found.since = "resolved", T0 + 2
    assert kinds(found) == [("support", "resolved")]


def test_each_reminder_is_due_and_has_an_identity_of_its_own() -> None:
    found = row()
    [first] = due(found)
    send(found)
    found.reminded_at = T0 + HOUR
    [again] = due(found)
    assert again.kind == "reminder"
    assert again.identity != first.identity
    assert again.view.alert == first.view.alert


def test_a_correction_of_the_beginning_is_not_told_again() -> None:
    found = row()
    send(found)
    found.opened_at = found.fired_at = found.since = T0 - HOUR
    assert due(found) == []


def test_an_escalation_goes_to_whom_it_names_with_its_severity() -> None:
    found = row()
    send(found)
    found.steps = (T0 + HOUR,)
    [notice] = due(found)
    assert (notice.receiver, notice.kind, notice.view.severity) == (
        "oncall",
        "escalated",
        "critical",
    )


def test_a_receiver_of_two_steps_hears_the_last_one() -> None:
    life = Life(to=("support",), steps=(Escalation(HOUR, "critical", ("support",)),))
    found = row()
    for notice in notices(found, life, SINKS):
        found.told = {notice.receiver: (notice.mark, notice.mark)}
    found.steps = (T0 + HOUR,)
    [notice] = notices(found, life, SINKS)
    assert (notice.kind, notice.view.step) == ("escalated", 1)


def test_an_alert_that_comes_back_after_a_correction_is_firing_again() -> None:
    found = row()
    send(found)
    found.state = "resolved"
    send(found)
    found.state, found.touched = "firing", T0 + 5
    assert kinds(found) == [("support", "firing")]


def test_the_end_of_an_episode_outlives_the_next_one() -> None:
    ended = row()
    ended.told = intended(ended, LIFE, SINKS, T0)
    ended.state, ended.since = "resolved", T0 + 1
    later = row(episode=2, told=ended.told, touched=T0 + 2)
    later.farewells = followed(ended, (), later, (LIFE, SINKS))
    assert kinds(later) == [("support", "resolved"), ("support", "firing")]
    end, start = due(later)
    assert end.view.alert != start.view.alert
    assert end.view.episode == 1
    assert taken(later, end.receiver, end.mark)
    assert kinds(later) == [("support", "firing")]


def test_a_farewell_says_of_the_ended_episode_what_was_so_at_its_end() -> None:
    ended = row(subject=subject(channel="sms", priority="urgent"), steps=(T0 + HOUR,))
    ended.told = intended(ended, LIFE, SINKS, T0 + HOUR)
    ended.state, ended.since = "resolved", T0 + 2 * HOUR
    later = row(episode=2, opened_at=T0 + 3 * HOUR)
    later.farewells = followed(ended, (), later, (LIFE, SINKS))
    [end] = [each for each in due(later) if each.view.episode == 1 and each.receiver == "oncall"]
    view = end.view
    assert (end.receiver, end.kind, end.begun) == ("oncall", "resolved", True)
    assert (view.rule, view.tenant, view.resolved) == ("late", "acme", True)
    assert (view.channel, view.priority, view.severity) == ("sms", "urgent", "critical")
    assert (view.episode, view.step) == (1, 1)
    assert (view.opened_at, view.since) == (T0, T0 + 2 * HOUR)
    assert view.ticket_ref == "zendesk/acme/T-1"


def test_an_end_that_was_heard_is_no_farewell() -> None:
    ended = row(state="resolved", told={"support": ("1.0.firing.1", "1.0.firing.1")})
    send(ended)
    assert farewells(ended, LIFE, SINKS) == ()
    assert followed(ended, (), row(episode=2), (LIFE, SINKS)) == ()


def test_a_confirmation_that_comes_after_the_next_episode_changes_nothing() -> None:
    found = row(episode=2)
    assert not taken(found, "support", "1.0.firing.5")
    assert not taken(found, "support", "1.0.resolved.0")


def test_a_confirmation_counts_once() -> None:
    found = row()
    [notice] = due(found)
    assert taken(found, "support", notice.mark)
    assert not taken(found, "support", notice.mark)


def test_who_was_told_hears_of_the_end_though_the_policy_names_them_no_longer() -> None:
    found = row()
    send(found)
    dropped = Life()
    assert notices(found, dropped, SINKS) == []
    found.state = "resolved"
    [end] = notices(found, dropped, SINKS)
    assert (end.receiver, end.kind) == ("support", "resolved")
