"""What a tenant has counted by the hour, past its longest window: for goals over days and weeks.

A pane is entered when it leaves the longest window. What late input changes in it after that stays as it
was entered. A span over the ledger is right to one hour at its far end.
"""

from collections.abc import Container, Iterable, Iterator
from typing import Final

from stream_app.domain.panes import Values

HOUR_MS: Final = 3_600_000


class Ledger:
    """The hours of one tenant; only the codes that somebody asks for, and only as long as asked for."""

    def __init__(self, span: int, codes: Container[int]) -> None:
        self.hours: Final[dict[int, Values]] = {}
        self.changed: Final[set[int]] = set()
        self._span: Final = span
        self._codes: Final = codes
        self._sums: Final[dict[int, tuple[int, int, Values]]] = {}
        self._version = 0

    def enter(self, panes: Iterable[tuple[int, Values]], until: int) -> None:
        """Take over panes that start at `until` or before, and let go of hours that are too old."""
        for start, values in panes:
            kept = {code: n for code, n in values.items() if code in self._codes}
            if kept:
                self._add(start - start % HOUR_MS, kept)
        for hour in [hour for hour in self.hours if hour <= until - self._span]:
            del self.hours[hour]
            self.changed.add(hour)
            self._version += 1

    def load(self, hour: int, values: Values) -> None:
        """Take over an hour that a former owner kept."""
        self.hours[hour] = values

    def since(self, start: int) -> Values:
        """Everything in the hours that begin after `start`."""
        first = start - start % HOUR_MS
        key = (self._version, first)
        known = self._sums.get(first)
        if known is not None and known[:2] == key:
            return known[2]
        total: Values = {}
        for hour, values in self.hours.items():
            if hour > start:
                for code, n in values.items():
                    total[code] = total.get(code, 0) + n
        if len(self._sums) > 64:
            self._sums.clear()
        self._sums[first] = (*key, total)
        return total

    def rows(self) -> Iterator[tuple[int, Values | None]]:
        """Hours that have changed, None for those that are gone; forgets that they have."""
        for hour in sorted(self.changed):
            yield hour, self.hours.get(hour)
        self.changed.clear()

    def _add(self, hour: int, values: Values) -> None:
        mine = self.hours.setdefault(hour, {})
        for code, n in values.items():
            mine[code] = mine.get(code, 0) + n
        self.changed.add(hour)
        self._version += 1
