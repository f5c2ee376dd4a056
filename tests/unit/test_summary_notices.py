"""When receivers of messages hear of a summary, of its growth, and of its end."""

import pytest

from schemas.alert_rows import Summed
from stream_app.domain.alert_view import Sum, Summary
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.notices import Notice
from stream_app.domain.summary_notices import (
    AGAIN_AFTER,
    LASTS,
    SETTLED,
    Part,
    summary_identity,
    summary_key,
    summary_notice,
    summed,
)
from tests.support.alerts import HOUR, T0

FLOOD = Summary("acme", "late", "email", "support", "warning")


def told(alerts: int, at: int = T0, since: int = T0 - HOUR) -> Summed:
    return Summed(*FLOOD, alerts=alerts, since=since, at=at)


def part(alerts: int, mark: Summed | None = None, *, since: int = T0, at: int = T0) -> Part:
    return Part(FLOOD, Sum(alerts, since, at, (ALWAYS,)) if alerts else None, mark)


def due(*parts: Part, after: int) -> Notice | None:
    return summary_notice(parts, ALWAYS, T0 + after)


def test_a_summary_is_told_once_its_number_has_settled() -> None:
    assert due(part(60), after=SETTLED - 1) is None
    notice = due(part(60), after=SETTLED)
    assert notice is not None
    assert (notice.kind, notice.receiver, notice.begun) == ("firing", "support", True)


def test_what_is_told_is_the_sum_of_all_partitions_since_the_earliest() -> None:
    notice = due(part(60, since=T0 - 5), part(0), part(70, since=T0 - 9, at=T0 - 1), after=SETTLED)
    assert notice is not None
    assert notice.view.explain["count"] == 130
    assert (notice.view.since, notice.view.told_at) == (T0 - 9, T0 - 1)


def test_a_summary_says_what_it_stands_for() -> None:
    notice = due(part(60, since=T0 - HOUR), after=SETTLED)
    assert notice is not None
    view = notice.view
    assert view.alert == summary_identity(FLOOD)
    assert (view.tenant, view.rule, view.channel) == ("acme", "late", "email")
    assert (view.severity, view.state, view.resolved) == ("warning", "firing", False)
    assert (view.starts_at, view.opened_at, view.calendars) == (T0 - HOUR, T0 - HOUR, (ALWAYS,))
    assert (view.priority, view.ticket_ref, view.step) == ("", "", 0)


@pytest.mark.parametrize(
    ("alerts", "after", "kind"),
    [
        (119, AGAIN_AFTER, ""),
        (120, AGAIN_AFTER - 1, ""),
        (120, AGAIN_AFTER, "reminder"),
        (500, AGAIN_AFTER, "reminder"),
    ],
)
def test_it_is_told_again_when_it_stands_for_twice_as_many_and_not_too_soon(
    alerts: int, after: int, kind: str
) -> None:
    notice = due(part(alerts, told(60)), after=after)
    assert (notice.kind if notice else "") == kind


def test_of_several_marks_the_one_with_the_most_alerts_was_told() -> None:
    assert due(part(70, told(20)), part(70, told(80)), after=AGAIN_AFTER) is None


def test_each_time_that_it_has_grown_is_a_message_of_its_own() -> None:
    first = due(part(60), after=SETTLED)
    again = due(part(120, told(60)), after=AGAIN_AFTER)
    more = due(part(240, told(120)), after=AGAIN_AFTER)
    assert first is not None
    assert again is not None
    assert more is not None
    assert len({first.identity, again.identity, more.identity}) == 3
    assert len({first.view.alert, again.view.alert, more.view.alert}) == 1


def test_its_end_is_told_after_a_while_with_what_had_been_told() -> None:
    assert due(part(0, told(60)), after=LASTS - 1) is None
    notice = due(part(0, told(60)), part(0), after=LASTS)
    assert notice is not None
    assert (notice.kind, notice.receiver, notice.begun) == ("resolved", "support", True)
    assert (notice.view.resolved, notice.view.state) == (True, "resolved")
    assert (notice.view.explain["count"], notice.view.since) == (60, T0 - HOUR)


def test_nobody_hears_of_the_end_of_what_was_never_told() -> None:
    assert due(part(0), part(0), after=HOUR) is None


def test_what_was_taken_is_noted_until_the_end_is() -> None:
    notice = due(part(60, since=T0 - 3), after=SETTLED)
    assert notice is not None
    assert summed(FLOOD, notice, T0 + 7) == told(60, T0 + 7, since=T0 - 3)
    end = due(part(0, told(60)), after=LASTS)
    assert end is not None
    assert summed(FLOOD, end, T0 + 7) is None


def test_an_identity_and_a_key_are_those_of_one_summary_and_never_change() -> None:
    other = FLOOD._replace(channel="sms")
    assert summary_identity(FLOOD) != summary_identity(other)
    # A literal on purpose: another value would make every open summary a second one.
    assert summary_identity(FLOOD) == "v1-c41291463b30fafbb2c9c773"
    assert summary_key(FLOOD) == f"summary|acme|{summary_identity(FLOOD)}".encode()
