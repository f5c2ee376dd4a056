"""What was counted in a scenario, as far back as windows and goals look.

Goals past the longest window are counted by the hour, in the ledger that workers keep for them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stream_app.domain.goals import Ground, ledger_for, progress, together
from stream_app.domain.groups import Groups
from stream_app.domain.ledger import HOUR_MS, Ledger
from stream_app.domain.measures import flatten
from stream_app.domain.panes import Values
from stream_app.domain.policy import Goal, Policy
from stream_app.domain.standing import GroupKey


@dataclass(slots=True)
class Past:
    """The panes of every tenant, and what of older ones goals still need."""

    policy: Policy
    groups: Groups
    began: int  # when the clock began to run
    _entered: int = -1  # up to where panes are in the ledgers
    _ledgers: dict[str, Ledger] = field(default_factory=dict)
    _longest: int = 0

    def __post_init__(self) -> None:
        self._longest = max(self.policy.windows)
        for tenant in self.policy.tenants:
            ledger = ledger_for(self.policy.goals, self._longest)
            if ledger is not None:
                self._ledgers[tenant] = ledger

    def advance(self, now: int) -> None:
        """Enter what leaves the longest window, before it is let go of."""
        until = now - self._longest
        for tenant, ledger in self._ledgers.items():
            ledger.enter(_panes(self.groups, self._of(tenant), self._entered, until), until)
        self._entered = until

    def progress(self, tenant: str, name: str, now: int) -> dict[str, Any]:
        """How far a goal is, as a view shows it."""
        goal = self._goal(name)
        return progress(goal, self._values(tenant, goal, now), Ground(now, self.began, True))

    def changes(self, tenant: str, name: str, now: int) -> Iterator[int]:
        """When something leaves the span of a goal, and when the pace becomes too slow."""
        goal = self._goal(name)
        step = 1 if goal.over <= self._longest else HOUR_MS
        for start, _ in _panes(self.groups, self._of(tenant), now - goal.over, now):
            yield start - start % step + goal.over
        if step == HOUR_MS and tenant in self._ledgers:
            yield from (hour + goal.over for hour in self._ledgers[tenant].hours)
        shown = self.progress(tenant, name, now)
        if shown["state"] == "on_track":
            yield self.began + int(shown["value"] * goal.over / goal.target) + 1
            yield self.began + goal.over

    def _values(self, tenant: str, goal: Goal, now: int) -> Values:
        span = min(goal.over, self._longest)
        window = counted(self.groups, self._of(tenant), now - span, now)
        if tenant not in self._ledgers or goal.over <= self._longest:
            return window
        return together(window, self._ledgers[tenant].since(now - goal.over))

    def _goal(self, name: str) -> Goal:
        return next(goal for goal in self.policy.goals if goal.name == name)

    def _of(self, tenant: str) -> list[GroupKey]:
        return [group for group in self.groups.states if group[0] == tenant]


def counted(groups: Groups, some: Iterable[GroupKey], after: int, until: int) -> Values:
    """The sums of the panes of some groups that start in (after, until]."""
    total: Values = {}
    for _, values in _panes(groups, some, after, until):
        for code, n in values.items():
            total[code] = total.get(code, 0) + n
    return total


def _panes(
    groups: Groups, some: Iterable[GroupKey], after: int, until: int
) -> Iterator[tuple[int, Values]]:
    for group in some:
        for start, _resolution, pane in groups.panes(group):
            if after < start <= until:
                yield start, flatten(pane.counts, pane.sums, pane.hist)
