"""Business time: worked examples, edges, and calendars that make no sense."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from stream_app.domain.calendar import ALWAYS, NoOpenTime, OfficeCalendar
from stream_app.domain.openhours import Interval, merged, offset_spans
from stream_app.policyfile.holiday_days import holiday_dates
from tests.support import business_time
from tests.support.business_time import at, instant, local

HOUR = 3_600_000
MINUTE = 60_000
BERLIN = "Europe/Berlin"


def office(*hours: Interval, zone: str = BERLIN, days: int = 5) -> OfficeCalendar:
    """Monday to Friday (or more days) with the given intervals, 09-17 by default."""
    intervals = hours or ((540, 1020),)
    return OfficeCalendar(
        "office", zone, tuple(intervals if day < days else () for day in range(7))
    )


def due(calendar: OfficeCalendar, start: str, duration: int) -> str:
    return local(calendar.zone, calendar.due(at(calendar.zone, start), duration))


def elapsed(calendar: OfficeCalendar, start: str, end: str) -> int:
    return calendar.elapsed(at(calendar.zone, start), at(calendar.zone, end))


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-01-09 16:30", 1, "Mon 2026-01-12 09:30"),
        ("2026-01-07 10:00", 2, "Wed 2026-01-07 12:00"),
        ("2026-01-07 07:00", 2, "Wed 2026-01-07 11:00"),
        ("2026-01-09 16:55", 24, "Wed 2026-01-14 16:55"),
        ("2026-01-09 15:00", 48, "Mon 2026-01-19 15:00"),
        ("2026-01-09 15:00", 16, "Tue 2026-01-13 15:00"),
    ],
)
def test_office_hours_carry_a_promise_over_nights_and_weekends(
    start: str, hours: int, expected: str
) -> None:
    assert due(office(), start, hours * HOUR) == expected


def test_a_warning_before_the_next_day_s_due_stays_within_opening_hours() -> None:
    long_days = office((480, 1080))
    assert due(long_days, "2026-01-05 17:00", 4 * HOUR) == "Tue 2026-01-06 11:00"
    assert due(long_days, "2026-01-05 17:00", 3 * HOUR) == "Tue 2026-01-06 10:00"


def test_a_lunch_break_does_not_count() -> None:
    with_lunch = office((540, 720), (780, 1020))
    assert due(with_lunch, "2026-01-07 11:30", 2 * HOUR) == "Wed 2026-01-07 14:30"


def test_easter_does_not_count() -> None:
    german = replace(office(), holidays=holiday_dates("DE", None, ("public",), (2026,)))
    assert due(german, "2026-04-02 16:00", 4 * HOUR) == "Tue 2026-04-07 12:00"
    assert elapsed(german, "2026-04-02 16:00", "2026-04-07 12:00") == 4 * HOUR


def test_forty_eight_hours_around_the_clock_end_on_the_sunday() -> None:
    end = ALWAYS.due(at(BERLIN, "2026-01-09 15:00"), 48 * HOUR)
    assert local(BERLIN, end) == "Sun 2026-01-11 15:00"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-03-28 12:00", "Mon 2026-03-30 13:00"),
        ("2026-10-24 12:00", "Mon 2026-10-26 11:00"),
    ],
)
def test_around_the_clock_counts_real_hours_when_the_clocks_change(
    start: str, expected: str
) -> None:
    whole_days = office((0, 1440), days=7)
    assert local(BERLIN, ALWAYS.due(at(BERLIN, start), 48 * HOUR)) == expected
    assert due(whole_days, start, 48 * HOUR) == expected


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_local_day_lasts_as_long_as_it_lasts(day: str, hours: int) -> None:
    sundays = OfficeCalendar("sundays", BERLIN, ((),) * 6 + (((0, 1440),),))
    start = at(BERLIN, f"{day} 00:00")
    assert sundays.elapsed(start - 24 * HOUR, start + 48 * HOUR) == hours * HOUR


def test_a_skipped_hour_counts_not_at_all_and_a_repeated_one_twice() -> None:
    night = office((120, 180), days=7)  # 02:00-03:00
    assert elapsed(night, "2026-03-29 00:00", "2026-03-29 12:00") == 0
    assert elapsed(night, "2026-10-25 00:00", "2026-10-25 12:00") == 2 * HOUR


def test_half_of_a_repeated_hour_is_open_twice_with_a_gap() -> None:
    half = office((150, 180), days=7)  # 02:30-03:00, first in summer time, then in winter time
    first = instant("2026-10-25T02:30:00+02:00")
    assert half.due(first, 30 * MINUTE) == instant("2026-10-25T03:00:00+02:00")
    assert half.due(first, 31 * MINUTE) == instant("2026-10-25T02:31:00+01:00")


def test_the_clocks_of_lord_howe_change_by_half_an_hour() -> None:
    island = office((0, 1440), zone="Australia/Lord_Howe", days=7)
    assert elapsed(island, "2026-04-05 00:00", "2026-04-06 00:00") == 24 * HOUR + 30 * MINUTE


def test_a_day_that_a_zone_skipped_has_no_hours() -> None:
    samoa = office(zone="Pacific/Apia", days=7)  # went from 29 to 31 December 2011
    assert due(samoa, "2011-12-29 16:00", 2 * HOUR) == "Sat 2011-12-31 10:00"


def test_zones_with_odd_offsets_are_counted_to_the_minute() -> None:
    assert due(office(zone="Asia/Kathmandu"), "2026-01-09 16:45", HOUR) == "Mon 2026-01-12 09:45"


def test_time_that_runs_out_at_closing_is_due_at_closing() -> None:
    assert due(office(), "2026-01-07 16:00", HOUR) == "Wed 2026-01-07 17:00"
    assert due(office(), "2026-01-07 16:00", HOUR + 1) == "Thu 2026-01-08 09:00"


def test_nothing_left_to_count_is_due_at_once_also_outside_hours() -> None:
    sunday = at(BERLIN, "2026-01-11 12:00")
    assert office().due(sunday, 0) == sunday
    assert office().due(sunday, -5) == sunday
    assert ALWAYS.due(sunday, -5) == sunday


def test_time_never_runs_backwards() -> None:
    later, earlier = at(BERLIN, "2026-01-08 12:00"), at(BERLIN, "2026-01-07 12:00")
    assert office().elapsed(later, earlier) == 0
    assert ALWAYS.elapsed(later, earlier) == 0
    assert office().elapsed(later, later) == 0


def test_milliseconds_are_kept() -> None:
    start = at(BERLIN, "2026-01-07 10:00") + 123
    assert office().due(start, 1) == start + 1
    assert office().elapsed(start, start + 77) == 77


def test_an_interval_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    fridays = OfficeCalendar("fridays", BERLIN, ((),) * 4 + (((1320, 1800),), (), ()))
    assert due(fridays, "2026-01-09 23:00", 2 * HOUR) == "Sat 2026-01-10 01:00"
    assert elapsed(fridays, "2026-01-08 12:00", "2026-01-11 12:00") == 8 * HOUR


@pytest.mark.parametrize(
    ("off", "hours"), [(date(2026, 1, 9), 0), (date(2026, 1, 10), 8)], ids=["friday", "saturday"]
)
def test_only_its_first_day_takes_an_interval_over_midnight_away(off: date, hours: int) -> None:
    fridays = OfficeCalendar("fridays", BERLIN, ((),) * 4 + (((1320, 1800),), (), ()))
    for calendar in (
        replace(fridays, closed=frozenset({off})),
        replace(fridays, holidays=frozenset({off})),
    ):
        assert elapsed(calendar, "2026-01-08 12:00", "2026-01-11 12:00") == hours * HOUR


def test_exceptional_hours_replace_their_day_and_win_over_holidays_and_closing() -> None:
    day = date(2026, 1, 7)
    usual = office((480, 720), (780, 1080))
    for calendar in (
        replace(usual, open={day: ((600, 660),)}),
        replace(usual, open={day: ((600, 660),)}, closed=frozenset({day})),
        replace(usual, open={day: ((600, 660),)}, holidays=frozenset({day})),
    ):
        assert elapsed(calendar, "2026-01-07 00:00", "2026-01-08 00:00") == HOUR


def test_exceptional_hours_may_be_none_and_may_run_into_a_usual_day() -> None:
    day = date(2026, 1, 7)
    shut = replace(office(), open={day: ()})
    assert elapsed(shut, "2026-01-07 00:00", "2026-01-08 00:00") == 0
    overlapping = replace(office(), open={day: ((1320, 2040),)})  # until 10:00 of the next day
    assert elapsed(overlapping, "2026-01-07 00:00", "2026-01-09 00:00") == (2 + 17) * HOUR


def test_opening_instants_are_open_and_closing_instants_are_not() -> None:
    opens, closes = at(BERLIN, "2026-01-07 09:00"), at(BERLIN, "2026-01-07 17:00")
    assert office().is_open(opens)
    assert office().is_open(closes - 1)
    assert not office().is_open(opens - 1)
    assert not office().is_open(closes)
    assert ALWAYS.is_open(closes)


def test_the_next_opening_is_now_or_ahead() -> None:
    opens, inside = at(BERLIN, "2026-01-07 09:00"), at(BERLIN, "2026-01-07 11:11")
    assert office().next_open(at(BERLIN, "2026-01-06 17:00")) == opens
    assert office().next_open(opens) == opens
    assert office().next_open(inside) == inside
    assert ALWAYS.next_open(inside) == inside


def test_spans_over_years_add_up() -> None:
    calendar = office()
    start, end = at(BERLIN, "2020-01-01 00:00"), at(BERLIN, "2026-01-01 00:00")
    weekdays = sum(
        date.fromordinal(day).weekday() < 5
        for day in range(date(2020, 1, 1).toordinal(), date(2026, 1, 1).toordinal())
    )
    assert calendar.elapsed(start, end) == weekdays * 8 * HOUR
    assert calendar.due(start, weekdays * 8 * HOUR) == at(BERLIN, "2025-12-31 17:00")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Midway", "UTC"])
@pytest.mark.parametrize("hours", [(0, 1440), (720, 2160), (1380, 2820)])
def test_nothing_is_lost_where_one_cached_span_ends_and_the_next_begins(
    zone: str, hours: Interval
) -> None:
    calendar = office(hours, zone=zone, days=7)
    border = 57 * 364 * 24 * HOUR
    for shift in range(-36, 36):
        start = border + shift * HOUR
        counted = business_time.elapsed(calendar, start, start + HOUR)
        assert calendar.elapsed(start, start + HOUR) == counted


def test_a_calendar_that_never_opens_again_says_so() -> None:
    once = OfficeCalendar("once", BERLIN, ((),) * 7, open={date(2026, 1, 7): ((540, 600),)})
    assert due(once, "2026-01-01 00:00", HOUR) == "Wed 2026-01-07 10:00"
    with pytest.raises(NoOpenTime, match="'once' is not open for 3600001 ms within ten years"):
        once.due(at(BERLIN, "2026-01-01 00:00"), HOUR + 1)
    with pytest.raises(NoOpenTime):
        once.next_open(at(BERLIN, "2026-01-08 00:00"))


def test_times_before_and_after_all_dates_have_no_hours() -> None:
    calendar = office()
    assert calendar.elapsed(-(10**16), -(10**16) + 1000) == 0
    with pytest.raises(NoOpenTime):
        calendar.due(10**16, 1000)


def test_the_cache_stays_bounded_and_does_not_change_the_answers() -> None:
    calendar = office()
    start = at(BERLIN, "2026-01-07 10:00")
    before = calendar.due(start, 2 * HOUR)
    for year in range(1900, 2100):
        calendar.is_open(at(BERLIN, f"{year}-06-01 12:00"))
    assert calendar.cached_chunks <= 64
    assert calendar.due(start, 2 * HOUR) == before


def test_calendars_are_equal_by_what_they_say() -> None:
    used = office()
    used.is_open(at(BERLIN, "2026-01-07 10:00"))
    assert used == office()
    assert hash(used) == hash(office())
    assert used != office(zone="Europe/Rome")
    assert used != replace(used, closed=frozenset({date(2026, 1, 7)}))


@pytest.mark.parametrize("interval", [(-1, 60), (60, 60), (1440, 1500), (0, 2881)])
def test_impossible_intervals_are_refused(interval: Interval) -> None:
    with pytest.raises(ValueError, match="impossible interval"):
        office(interval)


def test_a_week_of_six_days_and_an_unknown_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="a week has 7 days"):
        OfficeCalendar("short", BERLIN, ((),) * 6)
    with pytest.raises(ZoneInfoNotFoundError):
        office(zone="Europe/Berln")


def test_stretches_that_touch_are_joined() -> None:
    assert merged([(5, 7), (1, 3), (3, 4), (6, 9)]) == [(1, 4), (5, 9)]


def test_offset_spans_cover_a_year_and_change_at_the_transitions() -> None:
    low, high = instant("2026-01-01T00:00:00Z"), instant("2027-01-01T00:00:00Z")
    spans = list(offset_spans(ZoneInfo(BERLIN), low, high))
    summer, winter = instant("2026-03-29T01:00:00Z"), instant("2026-10-25T01:00:00Z")
    assert spans == [
        (low, summer, HOUR),
        (summer, winter, 2 * HOUR),
        (winter, high, HOUR),
    ]
