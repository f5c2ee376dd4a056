"""Business time: when does a promise run out, and how much open time has passed.

Instants are milliseconds since the epoch (UTC), durations milliseconds. How opening hours become
stretches of UTC stands in `stream_app.domain.openhours`; this module counts along them. It keeps
chunks of 52 weeks with running totals, so that a question costs two bisections however long the span
is within a chunk, and one addition per chunk beyond.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from types import MappingProxyType
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from stream_app.domain.openhours import DAY, MAX_INTERVAL_MINUTES, Interval, open_stretches

WeekHours = tuple[tuple[Interval, ...], ...]
"""Seven entries, Monday first."""

_CHUNK: Final = 364 * DAY
_CHUNKS_KEPT: Final = 64
_FIRST_CHUNK: Final = -1970  # about the years 7 and 9994: what `date` can still express
_LAST_CHUNK: Final = 8050
_SEARCH_CHUNKS: Final = 11  # a little more than ten years


class NoOpenTime(Exception):
    """A calendar does not open for long enough within ten years."""


@dataclass(frozen=True, slots=True)
class AroundTheClock:
    """Every instant is open."""

    name: str = "always"

    def due(self, start: int, duration: int) -> int:
        """`duration` after `start`; `start` itself when nothing is left to count."""
        return start + duration if duration > 0 else start

    def elapsed(self, start: int, end: int) -> int:
        """The plain time from `start` to `end`, never negative."""
        return end - start if end > start else 0

    def is_open(self, _instant: int) -> bool:
        """Always."""
        return True

    def next_open(self, instant: int) -> int:
        """`instant` itself."""
        return instant


ALWAYS: Final = AroundTheClock()


class _Chunk(NamedTuple):
    """The open stretches of one chunk, and the open time up to the end of each."""

    starts: list[int]
    ends: list[int]
    counted: list[int]
    total: int

    def before(self, instant: int) -> int:
        """Open time of this chunk before `instant`."""
        index = bisect_right(self.ends, instant)
        if index == len(self.ends):
            return self.total
        ahead = self.ends[index] - max(instant, self.starts[index])
        return self.counted[index] - ahead

    def reached(self, amount: int) -> int:
        """The first instant at which `amount` (> 0, ≤ total) of this chunk has been open."""
        index = bisect_left(self.counted, amount)
        return self.ends[index] - (self.counted[index] - amount)


@dataclass(frozen=True, slots=True)
class OfficeCalendar:
    """Opening hours of a week in a time zone, with holidays and exceptional days."""

    name: str
    zone: str
    hours: WeekHours
    holidays: frozenset[date] = frozenset()
    closed: frozenset[date] = frozenset()
    open: Mapping[date, tuple[Interval, ...]] = field(default_factory=lambda: MappingProxyType({}))
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _chunks: dict[int, _Chunk] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse hours that no wall clock can show."""
        if len(self.hours) != 7:
            raise ValueError(f"a week has 7 days, calendar {self.name!r} has {len(self.hours)}")
        for intervals in (*self.hours, *self.open.values()):
            _check(self.name, intervals)
        object.__setattr__(self, "_zone", ZoneInfo(self.zone))

    def __hash__(self) -> int:
        """Agree with equality, which also looks at the hours."""
        return hash((self.name, self.zone, self.hours))

    @property
    def cached_chunks(self) -> int:
        """How much is held in memory, for tests and for the curious."""
        return len(self._chunks)

    def hours_of(self, day: date) -> tuple[Interval, ...]:
        """The intervals that begin on `day`."""
        exceptional = self.open.get(day)
        if exceptional is not None:
            return exceptional
        if day in self.closed or day in self.holidays:
            return ()
        return self.hours[day.weekday()]

    def due(self, start: int, duration: int) -> int:
        """The first instant at which `duration` of open time has passed since `start`.

        Time that runs out exactly at closing is due at closing, not at the next opening. With
        nothing to count the answer is `start`, open or not. Raises NoOpenTime when it would take
        more than ten years.
        """
        if duration <= 0:
            return start
        first = start // _CHUNK
        amount = duration + self._chunk(first).before(start)
        for index in range(first, first + _SEARCH_CHUNKS):
            chunk = self._chunk(index)
            if amount <= chunk.total:
                return chunk.reached(amount)
            amount -= chunk.total
        raise NoOpenTime(f"calendar {self.name!r} is not open for {duration} ms within ten years")

    def elapsed(self, start: int, end: int) -> int:
        """Open time in [start, end); 0 when `end` is not after `start`."""
        if end <= start:
            return 0
        first, last = start // _CHUNK, end // _CHUNK
        counted = self._chunk(last).before(end) - self._chunk(first).before(start)
        if first == last:
            return counted
        return counted + sum(self._chunk(index).total for index in range(first, last))

    def is_open(self, instant: int) -> bool:
        """Whether somebody is there at `instant`; at closing time nobody is."""
        return self.elapsed(instant, instant + 1) == 1

    def next_open(self, instant: int) -> int:
        """The first open instant at or after `instant`."""
        return self.due(instant, 1) - 1

    def open_between(self, start: int, end: int) -> list[tuple[int, int]]:
        """The open stretches within [start, end), ascending; for showing, not for counting."""
        found: list[tuple[int, int]] = []
        for index in range(start // _CHUNK, end // _CHUNK + 1):
            chunk = self._chunk(index)
            for opens, closes in zip(chunk.starts, chunk.ends, strict=True):
                if opens < end and closes > start:
                    found.append((max(opens, start), min(closes, end)))
        return found

    def _chunk(self, index: int) -> _Chunk:
        known = self._chunks.get(index)
        if known is None:
            if len(self._chunks) >= _CHUNKS_KEPT:
                self._chunks.clear()
            known = self._chunks[index] = self._build(index)
        return known

    def _build(self, index: int) -> _Chunk:
        if not _FIRST_CHUNK <= index <= _LAST_CHUNK:
            return _Chunk([], [], [], 0)
        window = (index * _CHUNK, (index + 1) * _CHUNK)
        stretches = open_stretches(self._zone, self.hours_of, window)
        counted = list(accumulate(end - start for start, end in stretches))
        starts, ends = [start for start, _ in stretches], [end for _, end in stretches]
        return _Chunk(starts, ends, counted, counted[-1] if counted else 0)


def _check(name: str, intervals: Sequence[Interval]) -> None:
    for start, end in intervals:
        if not (0 <= start < 1440 and start < end <= MAX_INTERVAL_MINUTES):
            raise ValueError(f"calendar {name!r} has an impossible interval {start}–{end} minutes")
