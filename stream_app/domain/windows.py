"""Rolling windows of one tenant as running totals: a pane is added when it enters, taken when it leaves.

At T a window over W holds the panes that start in (T - W, T]: with events on the grid of the panes
that is exactly T - W < time <= T, and otherwise an edge is off by less than one pane. All numbers are
integers, so that taking a pane away leaves no trace of it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from schemas.panerows import unpack_pane
from stream_app.domain.panes import Column, Delta, Share, Values
from stream_app.domain.scopes import WHOLE_TENANT, Group, Scope, scopes_of

Figures = dict[str, Any]


class Total:
    """The running total of one window of one scope, with what was last rendered from it."""

    __slots__ = ("rendered", "values")

    def __init__(self) -> None:
        self.values: Values = {}
        self.rendered: Figures | None = None

    def add(self, values: Values, sign: int) -> None:
        """Add `values` or take them back; what becomes zero goes, so that totals stay small."""
        mine = self.values
        for code, n in values.items():
            left = mine.get(code, 0) + sign * n
            if left:
                mine[code] = left
            else:
                mine.pop(code, None)
        self.rendered = None


class Tally:
    """The windows of one scope, shortest first, and the groups that count into it."""

    __slots__ = ("groups", "totals")

    def __init__(self, windows: int) -> None:
        self.totals: Final = [Total() for _ in range(windows)]
        self.groups: Final[list[int]] = []


class Board:
    """The windows of every scope of one tenant, at one instant."""

    def __init__(self, spans: tuple[int, ...], kinds: tuple[tuple[str, ...], ...]) -> None:
        self.spans: Final = tuple(sorted(spans))
        self.as_of: int | None = None
        self.tallies: Final[dict[Scope, Tally]] = {}
        self.dirty: Final[dict[Scope, None]] = {}  # ordered: longest waiting first
        self._kinds: Final = kinds
        self._groups: Final[dict[Group, int]] = {}
        self._names: Final[list[Group]] = []
        self._scopes: Final[list[tuple[Scope, ...]]] = []
        self._of_group: Final[list[list[Tally]]] = []
        # By the shortest window that holds the panes, then by group.
        self._noted: Final[list[dict[int, Total]]] = [{} for _ in self.spans]
        self._tally(WHOLE_TENANT)

    def group_number(self, group: Group) -> int:
        """The number by which panes and levels refer to a group, given out at first sight."""
        number = self._groups.get(group)
        return self._new_group(group) if number is None else number

    def group(self, number: int) -> Group:
        return self._names[number]

    def change(self, delta: Delta) -> None:
        """Note a change of a shown pane; `settle` counts it in the windows that hold it."""
        if self.as_of is None or not 0 <= self.as_of - delta.start < self.spans[-1]:
            return
        youngest = bisect_right(self.spans, self.as_of - delta.start)
        noted = self._noted[youngest].get(delta.group)
        if noted is None:
            noted = self._noted[youngest][delta.group] = Total()
            self.touch(delta.group)
        noted.add(delta.values, 1)

    def settle(self) -> None:
        """Count what was noted. Many records of a group come to one sum, so that each costs little."""
        for youngest, noted in enumerate(self._noted):
            if noted:
                self._apply(noted, slice(youngest, None), 1)
                noted.clear()

    def touch(self, group: int) -> None:
        """Every scope of a group has something new to show."""
        for scope in self._scopes[group]:
            self.dirty[scope] = None

    def advance(self, shares: Sequence[Share], to: int) -> None:
        """Move all windows on to `to`; panes leave and enter."""
        self.settle()
        before, self.as_of = self.as_of, to
        younger = to
        for window, span in enumerate(self.spans):
            if before is not None:
                leaving = _gather(shares, before - span, min(before, to - span))
                self._apply(leaving, slice(window, window + 1), -1)
            floor = to - span if before is None else max(before, to - span)
            self._apply(_gather(shares, floor, younger), slice(window, None), 1)
            younger = min(younger, to - span)

    def _apply(self, panes: Mapping[int, Total], windows: slice, sign: int) -> None:
        for group, sums in panes.items():
            for tally in self._of_group[group]:
                for total in tally.totals[windows]:
                    total.add(sums.values, sign)
            self.touch(group)

    def _new_group(self, group: Group) -> int:
        number = self._groups[group] = len(self._names)
        scopes = scopes_of(group, self._kinds)
        self._names.append(group)
        self._scopes.append(scopes)
        self._of_group.append([self._tally(scope) for scope in scopes])
        for tally in self._of_group[number]:
            tally.groups.append(number)
        return number

    def _tally(self, scope: Scope) -> Tally:
        tally = self.tallies.get(scope)
        if tally is None:
            tally = self.tallies[scope] = Tally(len(self.spans))
        return tally


def _gather(shares: Sequence[Share], after: int, until: int) -> dict[int, Total]:
    """All panes that start in (after, until], added up by group."""
    found: dict[int, Total] = {}
    if until <= after:
        return found
    for share in shares:
        for step, columns in share.columns.items():
            for start in starts_between(columns, after, until, step):
                for group, row in columns[start].items():
                    if group not in found:
                        found[group] = Total()
                    found[group].add(unpack_pane(row)[1], 1)
    return found


def panes_between(shares: Sequence[Share], after: int, until: int) -> Iterator[tuple[int, Values]]:
    """Every pane that starts in (after, until]."""
    for share in shares if until > after else ():
        for step, columns in share.columns.items():
            for start in starts_between(columns, after, until, step):
                for row in columns[start].values():
                    yield start, unpack_pane(row)[1]


def starts_between(
    columns: Mapping[int, Column], after: int, until: int, step: int
) -> Iterator[int]:
    """The starts in (after, until] that have a column: along the grid, or along the columns."""
    if (until - after) // step > len(columns):
        return iter([start for start in columns if after < start <= until])
    first = after - after % step + step
    return iter([start for start in range(first, until + 1, step) if start in columns])
