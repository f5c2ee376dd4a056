"""What an Alertmanager is told, and when: labels, leases, farewells, addresses."""

from dataclasses import replace
from typing import Any

import pytest

from schemas.alert_rows import AlertRow
from schemas.instants import parse_ms
from stream_app.adapters.alertmanager import Notifier
from stream_app.adapters.alertmanager_leases import Leases, Pace
from stream_app.adapters.alertmanager_payload import Push, push_of, push_of_summary
from stream_app.domain.alert_delivery import (
    SINGLE,
)
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_view import AlertView, Sum, Summary, views
from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.errors import UserError
from tests.support.alerts import HOUR, MINUTE, T0, subject


def firing(conversation: str = "T-1", **more: Any) -> AlertRow:
    row = AlertRow(1, "r", "acme", subject(conversation), "firing", 1)
    for name, value in {"label_channel": "email", "starts_at": T0, **more}.items():
        setattr(row, name, value)
    return row


SINKS = {"oncall": ALWAYS}


def view(**more: Any) -> AlertView:
    explain = {"target": 300, "calendar": "office", "due": "2026-01-09T16:35:00Z", "late_by": 90}
    row = firing(delivery=SINGLE, severity="warning", label_severity="warning", explain=explain)
    for name, value in more.items():
        setattr(row, name, value)
    [found] = views(row, Life(to=("oncall",)), SINKS)
    return found


# --------------------------------------------------------------------- pushes and leases


def push(resolved: bool = False, name: str = "a") -> Push:
    return Push((name, "0"), {"alertname": name, "empty": ""}, {}, T0, resolved)


def ends(found: list[tuple[Push, dict[str, Any]]]) -> list[str]:
    return [body["endsAt"] for _, body in found]


def test_empty_labels_are_left_out_and_an_end_is_never_before_the_start() -> None:
    body = push().body(T0 - HOUR)
    assert body["labels"] == {"alertname": "a"}
    assert parse_ms(body["startsAt"]) < parse_ms(body["endsAt"])


def test_labels_do_not_change_with_what_may_change() -> None:
    one, two = push_of(view()), push_of(view(subject=subject(channel="sms"), state="acknowledged"))
    assert one.labels == two.labels
    assert one.starts_at == two.starts_at
    assert one.annotations != two.annotations


def test_a_summary_has_the_same_labels_whatever_its_count() -> None:
    summary = Summary("acme", "r", "email", "", "warning")
    few, many = (push_of_summary(summary, Sum(n, T0, T0, ()), T0 + 5) for n in (1, 900))
    assert few.labels == many.labels
    assert few.key != push_of_summary(summary._replace(channel="sms"), Sum(1, T0, T0, ()), T0).key


def test_what_fires_is_told_at_once_then_at_every_resend_with_a_lease() -> None:
    leases = Leases(Pace())
    first = leases.due([push()], T0)
    assert ends(first) == [push().body(T0 + 4 * MINUTE)["endsAt"]]
    leases.taken([push()], T0)
    assert not leases.due([push()], T0 + MINUTE - 1)
    assert leases.due([push()], T0 + MINUTE)


def test_what_was_not_taken_is_due_again() -> None:
    leases = Leases(Pace())
    leases.due([push()], T0)
    assert leases.due([push()], T0 + 1)


def test_an_end_keeps_its_moment_and_is_repeated_for_five_minutes() -> None:
    leases, told = Leases(Pace()), []
    leases.due([push()], T0)
    leases.taken([push()], T0)
    for second in range(1, 600):
        now = T0 + second * 1_000
        found = leases.due([push(resolved=True)], now)
        if found:
            told.append((second, *ends(found)))
            leases.taken([push(resolved=True)], now)
    assert [second for second, _ in told] == [1, 61, 121, 181, 241, 301]
    assert len({end for _, end in told}) == 1


def test_what_fires_again_after_all_is_told_at_once() -> None:
    leases = Leases(Pace())
    for resolved in (False, True):
        leases.due([push(resolved)], T0)
        leases.taken([push(resolved)], T0)
    assert leases.due([push()], T0 + 1)


def test_what_is_no_longer_shown_is_forgotten_and_not_resolved() -> None:
    leases = Leases(Pace())
    leases.due([push()], T0)
    assert not leases.due([], T0 + 1)
    assert len(leases) == 0


def test_after_an_outage_everything_is_told_again() -> None:
    leases = Leases(Pace())
    both = [push(), push(name="b")]
    leases.due(both, T0)
    leases.taken(both, T0)
    leases.lost()
    assert len(leases.due(both, T0 + 1)) == 2


@pytest.mark.parametrize("url", ["", "alertmanager:9093", "ftp://h", "http://", "http://["])
def test_an_address_that_is_none_is_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(UserError, match="PEGEL_ALERTMANAGER_URLS"):
        Notifier(list, [url], lambda: T0)


def test_addresses_are_shown_without_credentials_and_used_once() -> None:
    urls = ["http://u:secret@am:9093/x", "http://u:secret@am:9093/x", "http://b/api/v2/alerts"]
    stats = Notifier(list, urls, lambda: T0).stats
    assert [each.url for each in stats] == [
        "http://am:9093/x/api/v2/alerts",
        "http://b/api/v2/alerts",
    ]


# ------------------------------------------------------------------------ business hours

FRIDAY_EVENING = parse_ms("2026-01-09T20:00:00Z")
MONDAY_NOON = parse_ms("2026-01-12T12:00:00Z")
OFFICE = OfficeCalendar("office", "UTC", (((9 * 60, 17 * 60),),) * 5 + ((),) * 2)


def at_office(**more: Any) -> AlertView:
    row = firing(delivery=SINGLE, label_severity="warning", told_at=FRIDAY_EVENING, **more)
    [found] = views(row, Life(to=("oncall",)), {"oncall": OFFICE})
    return found


def test_below_critical_an_alert_waits_until_its_receiver_is_open() -> None:
    assert not at_office().is_out(FRIDAY_EVENING + HOUR)
    assert at_office().is_out(MONDAY_NOON)


def test_what_has_been_told_stays_told_when_the_office_closes() -> None:
    assert at_office().is_out(MONDAY_NOON + 8 * HOUR)


def test_a_critical_alert_waits_for_nobody() -> None:
    assert replace(at_office(), severity="critical").is_out(FRIDAY_EVENING + 1)


def test_one_open_receiver_of_several_is_enough() -> None:
    both = replace(at_office(), calendars=(OFFICE, ALWAYS))
    assert both.is_out(FRIDAY_EVENING + 1)


def test_a_summary_waits_like_its_members() -> None:
    total = Sum(3, T0, FRIDAY_EVENING, (OFFICE,)).plus(Sum(2, T0 - 1, MONDAY_NOON, (OFFICE,)))
    assert (total.alerts, total.since, total.told_at) == (5, T0 - 1, FRIDAY_EVENING)
    assert not total.is_out("warning", FRIDAY_EVENING + HOUR)
    assert total.is_out("critical", FRIDAY_EVENING + HOUR)


def test_a_clock_ahead_of_ours_delays_nothing() -> None:
    early = replace(at_office(), calendars=(ALWAYS,))
    assert early.is_out(FRIDAY_EVENING - 1)
