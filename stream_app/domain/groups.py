"""Figures of groups: totals since ever, panes of the horizon, and levels now.

One `Groups` holds what one source partition knows; everything in it is absolute, so that sending it
twice, late or in another order changes nothing for those who read it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from schemas.group_rows import COARSE, FINE, MinuteRow, PaneRow, TotalsRow
from stream_app.domain.facts import Counted, Fact, Observed, TakenBack
from stream_app.domain.histogram import bucket_of
from stream_app.domain.staff import bit_of, meet
from stream_app.domain.standing import UNRESOLVED, GroupKey, Part, Standing, nothing_in

ROW_VERSION: Final = 1
_FINE_FOR: Final = 3_600_000  # fine panes are kept for an hour, the lateness and a minute
_COARSE_FOR: Final = 86_400_000


@dataclass(slots=True)
class GroupState:
    """One group of one source partition."""

    totals: TotalsRow = field(default_factory=lambda: TotalsRow(ROW_VERSION))
    minutes: dict[int, MinuteRow] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)


@dataclass(slots=True)
class Groups:
    """All groups of a source partition, and which of their parts have changed since the last flush."""

    bounds: Mapping[str, tuple[int, ...]]  # clock -> upper bounds of totals' buckets, ms
    lateness: int
    ages: tuple[int, ...] = (UNRESOLVED,)  # at which open conversations are counted, ms
    states: dict[GroupKey, GroupState] = field(default_factory=dict)
    dirty_totals: set[GroupKey] = field(default_factory=set)
    dirty_levels: set[GroupKey] = field(default_factory=set)
    dirty_panes: set[tuple[GroupKey, int]] = field(default_factory=set)  # start of the pane
    dirty_minutes: set[tuple[GroupKey, int]] = field(default_factory=set)
    _to_roll: dict[str, list[tuple[int, GroupKey]]] = field(default_factory=dict)
    _to_drop: dict[str, list[tuple[int, GroupKey]]] = field(default_factory=dict)
    _watermarks: dict[str, int] = field(default_factory=dict)
    _last: tuple[int, GroupKey, tuple[TotalsRow, PaneRow | None]] | None = None

    def state(self, key: GroupKey) -> GroupState:
        """The group, made when it is met for the first time."""
        group = self.states.get(key)
        if group is None:
            group = self.states[key] = GroupState()
        return group

    def book(
        self, tenant: str, facts: Sequence[Fact], closed: int | None, sign: int = 1
    ) -> list[Fact]:
        """Count the facts that figures are made of, and return the others.

        What lies before `closed` belongs to windows that have been judged and changes nothing.
        """
        others: list[Fact] = []
        for fact in facts:
            if isinstance(fact, Counted):
                if closed is None or fact.at >= closed:
                    self.count(tenant, fact, sign)
            elif isinstance(fact, TakenBack):
                if closed is None or fact.at >= closed:
                    self.count(tenant, Counted(fact.name, fact.at, fact.group), -sign)
            elif isinstance(fact, Observed):
                if closed is None or fact.at >= closed:
                    self.observe(tenant, fact, sign)
            else:
                others.append(fact)
        return others

    def count(self, tenant: str, fact: Counted, sign: int = 1) -> None:
        """Add a counted fact to its pane and the totals; sign -1 takes it back."""
        name = fact.name
        totals, pane = self._place((tenant, *fact.group), fact.at)
        if sign > 0:
            totals.counts[name] = totals.counts.get(name, 0) + 1
        else:
            totals.corrections[name] = totals.corrections.get(name, 0) + 1
        if pane is not None:
            pane.counts[name] = pane.counts.get(name, 0) + sign

    def observe(self, tenant: str, fact: Observed, sign: int = 1) -> None:
        """Add an observation to its pane and the totals; sign -1 takes it back."""
        clock = fact.clock
        totals, pane = self._place((tenant, *fact.group), fact.at)
        if sign > 0:
            bounds = self.bounds[clock]
            buckets = totals.buckets.setdefault(clock, [0] * (len(bounds) + 1))
            buckets[bisect_left(bounds, fact.elapsed)] += 1
            totals.sums[clock] = totals.sums.get(clock, 0) + fact.elapsed
        else:
            name = f"{clock}_observed"
            totals.corrections[name] = totals.corrections.get(name, 0) + 1
        if pane is not None:
            name, bucket = f"{clock}_ms", bucket_of(fact.elapsed)
            pane.sums[name] = pane.sums.get(name, 0) + sign * fact.elapsed
            hist = pane.hist.setdefault(clock, {})
            hist[bucket] = hist.get(bucket, 0) + sign

    def move(self, conversation: bytes, before: Part, after: Part) -> None:
        """A conversation changed its part in the levels, or something else that lists may show."""
        key = after[0]
        if before == after:
            group = self.states.get(key)
            if group is not None and conversation in group.standing.shown:
                self.dirty_levels.add(key)
        elif before[0] == key:
            self._change(conversation, before, after)
        else:
            self._change(conversation, before, nothing_in(before[0]))
            self._change(conversation, nothing_in(key), after)

    def meet(self, key: GroupKey, assignee: str, at: int) -> None:
        """A conversation of a team is somebody's: remember that there is one more, not who."""
        bit = bit_of(key[0], key[2], assignee)
        if meet(self.state(key).totals.staff, bit, at):
            self.dirty_totals.add(key)
            self.dirty_levels.add(key)

    def age(self, ticks: Mapping[str, int]) -> None:
        """Notice the groups whose levels have changed by time alone."""
        for key, group in self.states.items():
            standing = group.standing
            if (
                standing.created
                and standing.older(ticks.get(key[0], 0), self.ages) != standing.aged
            ):
                self.dirty_levels.add(key)

    def advance(self, tenant: str, watermark: int) -> None:
        """Roll minutes that have left the last hour, drop those past the horizon."""
        self._watermarks[tenant] = watermark
        self._last = None
        rolling, limit = self._to_roll.get(tenant, []), self._fine_from(watermark)
        while rolling and rolling[0][0] + COARSE <= limit:
            minute, key = heappop(rolling)
            self._roll(key, minute)
        dropping, limit = self._to_drop.get(tenant, []), self._coarse_from(watermark)
        while dropping and dropping[0][0] + COARSE <= limit:
            minute, key = heappop(dropping)
            if self.states[key].minutes.pop(minute, None) is not None:
                self.dirty_minutes.add((key, minute))

    def adopt_bounds(self, bounds: Mapping[str, tuple[int, ...]]) -> None:
        """Other bounds from now on. What was counted stays at the upper bound that it had.

        A cumulative count at a bound that stays is exact; one at a new bound knows the new ones only.
        """
        old, self.bounds = self.bounds, bounds
        for key, group in self.states.items():
            for clock, counts in group.totals.buckets.items():
                if old[clock] != bounds[clock]:
                    group.totals.buckets[clock] = _rebucketed(counts, old[clock], bounds[clock])
                    self.dirty_totals.add(key)

    def flushed(self) -> None:
        """The rows of totals and minutes have been encoded."""
        self.dirty_totals.clear()
        self.dirty_minutes.clear()
        self._last = None  # so that the next fact marks them dirty again

    def clear(self) -> None:
        """Forget everything: the partition is no longer ours."""
        self.flushed()
        for part in (
            self.states,
            self.dirty_levels,
            self.dirty_panes,
            self._to_roll,
            self._to_drop,
        ):
            part.clear()

    def panes(self, key: GroupKey) -> Iterator[tuple[int, int, PaneRow]]:
        """Every pane of a group: start, resolution, figures."""
        for row in self.states[key].minutes.values():
            for start, pane in row.panes.items():
                yield start, row.resolution, pane

    def pane(self, key: GroupKey, start: int) -> tuple[int, PaneRow] | None:
        """Resolution and figures of the pane that starts at `start`, if it is still kept."""
        row = self.states[key].minutes.get(start - start % COARSE)
        pane = row.panes.get(start) if row else None
        return None if row is None or pane is None else (row.resolution, pane)

    def restored(self) -> None:
        """All rows are loaded. A log holds a row many times, so that only now each has its place."""
        for key, group in self.states.items():
            for minute, row in group.minutes.items():
                self._schedule(key, minute, row.resolution)

    def _place(self, key: GroupKey, at: int) -> tuple[TotalsRow, PaneRow | None]:
        # The facts of one event share a group and an instant.
        if self._last is not None and self._last[0] == at and self._last[1] == key:
            return self._last[2]
        group = self.state(key)
        place = group.totals, self._pane(group, key, at)
        self.dirty_totals.add(key)
        self._last = (at, key, place)
        return place

    def _pane(self, group: GroupState, key: GroupKey, at: int) -> PaneRow | None:
        minute = at - at % COARSE
        row = group.minutes.get(minute)
        if row is None:
            watermark = self._watermarks.get(key[0], 0)
            if minute + COARSE <= self._coarse_from(watermark):
                return None  # past the horizon: a pane that is gone is never made again
            fine = minute + COARSE > self._fine_from(watermark)
            row = MinuteRow(ROW_VERSION, FINE if fine else COARSE, {})
            group.minutes[minute] = row
            self._schedule(key, minute, row.resolution)
        start = at - at % row.resolution
        pane = row.panes.get(start)
        if pane is None:
            pane = row.panes[start] = PaneRow({}, {}, {})
        self.dirty_panes.add((key, start))
        self.dirty_minutes.add((key, minute))
        return pane

    def _schedule(self, key: GroupKey, minute: int, resolution: int) -> None:
        waiting = self._to_roll if resolution == FINE else self._to_drop
        heappush(waiting.setdefault(key[0], []), (minute, key))

    def _roll(self, key: GroupKey, minute: int) -> None:
        row = self.states[key].minutes[minute]
        for start in row.panes:
            self.dirty_panes.discard((key, start))
        merged = PaneRow({}, {}, {})
        for pane in row.panes.values():
            _merge(merged, pane)
        row.resolution, row.panes = COARSE, {minute: merged}
        self.dirty_panes.add((key, minute))
        self.dirty_minutes.add((key, minute))
        self._schedule(key, minute, COARSE)

    def _change(self, conversation: bytes, before: Part, after: Part) -> None:
        if before == after:
            return
        self.state(before[0]).standing.change(conversation, before, after)
        self.dirty_levels.add(before[0])

    def _fine_from(self, watermark: int) -> int:
        return watermark - _FINE_FOR - self.lateness - COARSE

    def _coarse_from(self, watermark: int) -> int:
        return watermark - _COARSE_FOR - self.lateness - COARSE


def _rebucketed(counts: list[int], old: tuple[int, ...], new: tuple[int, ...]) -> list[int]:
    found = [0] * (len(new) + 1)
    for bound, count in zip(old, counts, strict=False):
        found[bisect_left(new, bound)] += count
    found[-1] += counts[-1]
    return found


def _merge(into: PaneRow, pane: PaneRow) -> None:
    for name, n in pane.counts.items():
        into.counts[name] = into.counts.get(name, 0) + n
    for name, total in pane.sums.items():
        into.sums[name] = into.sums.get(name, 0) + total
    for clock, hist in pane.hist.items():
        merged = into.hist.setdefault(clock, {})
        for bucket, n in hist.items():
            merged[bucket] = merged.get(bucket, 0) + n
