"""How long a question to a calendar takes, warm; prints microseconds."""

from timeit import timeit

from stream_app.domain.calendar import OfficeCalendar
from tests.support.business_time import at

HOUR = 3_600_000
_ROUNDS = 20_000


def test_what_a_deadline_costs() -> None:
    day = ((480, 720), (780, 1080))
    calendar = OfficeCalendar("office", "Europe/Berlin", (*(day,) * 5, (), ()))
    start = at("Europe/Berlin", "2026-01-09 16:30")
    year = 250 * 9 * HOUR
    end = calendar.due(start, year)
    cases = {
        "due within a day": lambda: calendar.due(start, HOUR),
        "due over a year of office hours": lambda: calendar.due(start, year),
        "elapsed over a year": lambda: calendar.elapsed(start, end),
    }
    for name, ask in cases.items():
        print(f"{name}: {timeit(ask, number=_ROUNDS) / _ROUNDS * 1e6:.2f} µs")
