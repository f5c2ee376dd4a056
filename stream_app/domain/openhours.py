"""Turns opening hours in local wall time into open stretches of UTC.

Rules
1. An instant is open when its local wall time lies in an interval, start included, end excluded.
   So an hour that the clocks repeat counts twice, and an hour that they skip not at all.
2. An interval belongs to the day on which it starts, also when it ends on the next one.
3. What a day has: its `open` entry, else nothing when it is closed or a holiday, else its weekday's
   hours.

Everything follows from one step: within a span of constant UTC offset, wall time and UTC differ by
a constant, so wall intervals are cut at the edges of the spans and shifted. This module knows no
caches and no arithmetic on durations; `stream_app.domain.calendar` does.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

Interval = tuple[int, int]
"""Minutes after local midnight; the end may lie past 1440 (the next day)."""

Stretch = tuple[int, int]
"""Milliseconds, start included, end excluded."""

MINUTE: Final = 60_000
DAY: Final = 86_400_000
MAX_INTERVAL_MINUTES: Final = 2880  # 24:00 of the next day
_EPOCH: Final = date(1970, 1, 1)
_PROBE: Final = DAY  # no zone has changed its offset and back within a day


def open_stretches(
    zone: ZoneInfo, hours_of: Callable[[date], Iterable[Interval]], window: Stretch
) -> list[Stretch]:
    """The open stretches of UTC within `window`, ascending and disjoint."""
    low, high = window
    walls = merged(_wall_intervals(hours_of, low, high))
    found: list[Stretch] = []
    for start, end, offset in offset_spans(zone, low, high):
        found.extend(
            (max(start, opens - offset), min(end, closes - offset))
            for opens, closes in walls
            if opens - offset < end and closes - offset > start
        )
    return merged(found)


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The union of `stretches`: ascending, disjoint, touching ones joined."""
    result: list[Stretch] = []
    for start, end in sorted(stretches):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def offset_spans(zone: ZoneInfo, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """Consecutive (start, end, UTC offset) that cover [low, high); all in milliseconds."""
    start, offset = low, _offset(zone, low)
    probe = low
    while probe < high:
        ahead = min(probe + _PROBE, high)
        if _offset(zone, ahead) != offset:
            change = _change(zone, probe, ahead, offset)
            yield start, change, offset
            start, offset = change, _offset(zone, change)
            probe = change
        else:
            probe = ahead
    if start < high:
        yield start, high, offset


def _change(zone: ZoneInfo, before: int, after: int, offset: int) -> int:
    """The first whole second in (before, after] with another offset than `offset`."""
    low, high = before // 1000, after // 1000
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle * 1000) == offset:
            low = middle
        else:
            high = middle
    return high * 1000


def _offset(zone: ZoneInfo, instant: int) -> int:
    shift = datetime.fromtimestamp(instant // 1000, zone).utcoffset() or timedelta()
    return (shift.days * 86_400 + shift.seconds) * 1000


def _wall_intervals(
    hours_of: Callable[[date], Iterable[Interval]], low: int, high: int
) -> Iterator[Stretch]:
    """Wall-clock intervals of all days that can touch the window, as ms since 1970 local time."""
    # The local date runs behind by up to a day in the west and ahead in the east, and an interval may
    # have begun on the day before.
    for number in range(low // DAY - 2, high // DAY + 1):
        midnight = number * DAY
        for start, end in hours_of(_EPOCH + timedelta(days=number)):
            yield midnight + start * MINUTE, midnight + end * MINUTE
