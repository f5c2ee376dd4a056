"""Laws of business time, and agreement with a walk that asks every minute or second."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream_app.domain.calendar import OfficeCalendar
from stream_app.domain.openhours import Interval
from tests.support import business_time
from tests.support.business_time import Walk, instant

MINUTE = 60_000
DAY = 86_400_000
pytestmark = pytest.mark.timeout(900)  # the full run, on a busy machine
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Africa/Casablanca", "America/St_Johns", "Pacific/Apia", "Pacific/Chatham", "Asia/Gaza",
)  # fmt: skip
# Each law is tried on so many stretches of each calendar: in the full run on 5,600 of 700 calendars.
STRETCHES = 8
FULL = 500
thorough = settings(
    max_examples=700 if settings().max_examples >= FULL else settings().max_examples
)
# Days around which clocks change somewhere, and quiet ones.
PLACES = tuple(
    date.fromisoformat(text)
    for text in (
        "2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01",
        "2011-12-30", "2026-02-14", "2026-03-22", "2026-06-10", "2026-10-22",
    )
)  # fmt: skip


@st.composite
def intervals(draw: st.DrawFn) -> tuple[Interval, ...]:
    """Up to three intervals of a day; they may overlap and run over midnight."""
    return tuple((start, start + length) for start, length in draw(STARTS_AND_LENGTHS))


# Made once: a strategy is looked through before its first use, which costs more than drawing from it.
STARTS_AND_LENGTHS = st.lists(
    st.tuples(st.integers(0, 1439), st.one_of(st.integers(1, 240), st.integers(1, 1440))),
    max_size=3,
)
HOURS = intervals()
PATTERNS = st.lists(HOURS, min_size=1, max_size=3)
WEEKS = st.lists(st.integers(0, 3), min_size=7, max_size=7)
NEAR = st.integers(-10, 10)
DAYS = st.frozensets(NEAR, max_size=3)
OPENED = st.dictionaries(NEAR, HOURS, max_size=3)
MINUTES = st.integers(-4 * 1440, 4 * 1440)


@st.composite
def cases(draw: st.DrawFn, least: int = 1) -> tuple[OfficeCalendar, int]:
    """A calendar that is open `least` minutes a week, and an instant near some change of clocks."""
    place = draw(st.sampled_from(PLACES))
    patterns = [(), *draw(PATTERNS)]
    week = [patterns[number % len(patterns)] for number in draw(WEEKS)]
    if sum(end - start for day in week for start, end in day) < 3 * least:  # they may overlap
        week[draw(st.integers(0, 6))] = ((600, 600 + least),)
    calendar = OfficeCalendar(
        "generated",
        draw(st.sampled_from(ZONES)),
        tuple(week),
        holidays=_around(place, draw(DAYS)),
        closed=_around(place, draw(DAYS)),
        open={place + timedelta(days=n): hours for n, hours in draw(OPENED).items()},
    )
    start = instant(f"{place.isoformat()}T00:00:00Z")
    return calendar, start + MINUTE * draw(MINUTES)


def _around(place: date, days: frozenset[int]) -> frozenset[date]:
    return frozenset(place + timedelta(days=days_off) for days_off in days)


CASES = cases()
ROOMY = cases(least=240)  # 43 days of business time within the ten years that are looked ahead


def several(one: st.SearchStrategy[int]) -> st.SearchStrategy[list[int]]:
    return st.lists(one, min_size=STRETCHES, max_size=STRETCHES)


durations = several(st.one_of(st.integers(1, 10 * 3_600_000), st.integers(1, 40 * DAY)))
AN_AUTUMN_NIGHT = (
    OfficeCalendar("nights", "Europe/Berlin", (((1320, 1800),),) * 7),
    instant("2026-10-24T20:00:00Z"),
)


@thorough
@given(ROOMY, durations)
@example(AN_AUTUMN_NIGHT, [9 * 3_600_000])
def test_what_is_due_has_exactly_elapsed(
    case: tuple[OfficeCalendar, int], durations: list[int]
) -> None:
    calendar, start = case
    for duration in durations:
        assert calendar.elapsed(start, calendar.due(start, duration)) == duration


@thorough
@given(ROOMY, durations)
def test_a_moment_before_it_is_due_something_is_left(
    case: tuple[OfficeCalendar, int], durations: list[int]
) -> None:
    calendar, start = case
    for duration in durations:
        assert calendar.elapsed(start, calendar.due(start, duration) - 1) == duration - 1


@thorough
@given(ROOMY, durations, several(st.integers(0, 3 * DAY)), several(st.integers(0, 3 * DAY)))
def test_due_is_monotone_in_start_and_duration(
    case: tuple[OfficeCalendar, int], durations: list[int], later: list[int], more: list[int]
) -> None:
    calendar, start = case
    for duration, after, longer in zip(durations, later, more, strict=True):
        due = calendar.due(start, duration)
        assert start < due
        assert due <= calendar.due(start + after, duration)
        assert due <= calendar.due(start, duration + longer)


@thorough
@given(CASES, several(st.integers(0, 30 * DAY)), several(st.integers(0, 30 * DAY)))
def test_elapsed_is_additive(
    case: tuple[OfficeCalendar, int], first: list[int], second: list[int]
) -> None:
    calendar, start = case
    for one, other in zip(first, second, strict=True):
        middle, end = start + one, start + one + other
        whole = calendar.elapsed(start, end)
        assert whole == calendar.elapsed(start, middle) + calendar.elapsed(middle, end)
        assert 0 <= whole <= end - start


@thorough
@given(CASES, several(st.integers(0, 2 * 1440)))
@example(AN_AUTUMN_NIGHT, [1440])
def test_elapsed_agrees_with_a_walk_by_minutes(
    case: tuple[OfficeCalendar, int], minutes: list[int]
) -> None:
    calendar, start = case
    walked = Walk(calendar, start, max(minutes), MINUTE)
    for steps in minutes:
        assert calendar.elapsed(start, start + steps * MINUTE) == walked.elapsed(steps)


@thorough
@given(CASES, st.integers(0, 58), several(st.integers(1, 1200)))
def test_elapsed_agrees_with_a_walk_by_seconds(
    case: tuple[OfficeCalendar, int], shift: int, seconds: list[int]
) -> None:
    calendar, minute = case
    start = minute + shift * 1000  # within the minute
    walked = Walk(calendar, start, max(seconds), 1000)
    for steps in seconds:
        assert calendar.elapsed(start, start + steps * 1000) == walked.elapsed(steps)


@thorough
@given(CASES, several(st.integers(1, 400)))
def test_due_agrees_with_a_walk_by_minutes(
    case: tuple[OfficeCalendar, int], minutes: list[int]
) -> None:
    calendar, start = case
    walked = Walk(calendar, start, 1440, MINUTE)
    for wanted in minutes:
        due, expected = calendar.due(start, wanted * MINUTE), walked.due(wanted)
        assert due == expected if expected is not None else due > start + DAY


@thorough
@given(CASES)
def test_being_open_agrees_with_the_wall_clock(case: tuple[OfficeCalendar, int]) -> None:
    calendar, start = case
    assert calendar.is_open(start) == business_time.is_open(calendar, start)
    opening = calendar.next_open(start)
    assert opening >= start
    assert business_time.is_open(calendar, opening)
    assert calendar.elapsed(start, opening) == 0
