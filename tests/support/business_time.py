"""Business time counted the slow way: ask every minute (or second) whether somebody is there.

Shares no arithmetic with the product: an instant is open when its local wall time lies in an
interval of its day, or in one of an earlier day that runs over midnight.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from stream_app.domain.calendar import OfficeCalendar


def instant(text: str) -> int:
    """Milliseconds of an RFC 3339 instant."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def at(zone: str, text: str) -> int:
    """Milliseconds of a local wall time, e.g. `2026-01-09 16:30`; the first of a repeated one."""
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return round(wall.timestamp() * 1000)


def local(zone: str, moment: int) -> str:
    """The wall time of an instant, to the minute, with weekday."""
    wall = datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(zone))
    return wall.strftime("%a %Y-%m-%d %H:%M")


def is_open(calendar: OfficeCalendar, moment: int) -> bool:
    """Whether the wall clock at `moment` stands in an interval."""
    wall = datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(calendar.zone))
    for back in (0, 1):
        day = wall.date() - timedelta(days=back)
        minute = back * 1440 + wall.hour * 60 + wall.minute
        if any(start <= minute < end for start, end in hours_on(calendar, day)):
            return True
    return False


def hours_on(calendar: OfficeCalendar, day: date) -> tuple[tuple[int, int], ...]:
    """What a day has, by the order of precedence that is promised."""
    if day in calendar.open:
        return calendar.open[day]
    closed = day in calendar.closed or day in calendar.holidays
    return () if closed else calendar.hours[day.weekday()]


class Walk:
    """Many answers from one walk over the `steps` instants of a grid that begins at `start`."""

    def __init__(self, calendar: OfficeCalendar, start: int, steps: int, step: int) -> None:
        self._start, self._step = start, step
        grid = range(start, start + steps * step, step)
        self._opened = [moment for moment in grid if is_open(calendar, moment)]

    def elapsed(self, steps: int) -> int:
        """Open time of the first `steps`, exact when edges stand on the grid too."""
        return self._step * bisect_left(self._opened, self._start + steps * self._step)

    def due(self, steps: int) -> int | None:
        """The first grid instant at which so many open steps have passed; None when not within."""
        return self._opened[steps - 1] + self._step if steps <= len(self._opened) else None


def elapsed(calendar: OfficeCalendar, start: int, end: int, step: int = 60_000) -> int:
    """Open time in [start, end), exact when both stand on the grid and edges do too."""
    steps = (end - start) // step
    return Walk(calendar, start, steps, step).elapsed(steps)
