"""Figures of a whole backtest by channel, team and priority.

Durations are kept as log-bucket histograms, so that a summary is as small for years as for a day, and
quantiles are within 1 %.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from stream_app.domain import histogram
from stream_app.domain.clocks import CLOCK_NAMES
from stream_app.domain.facts import Counted, Fact, Group, Observed, TakenBack

_QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


@dataclass(slots=True)
class Figures:
    """One group."""

    # No Counter: setting an item of one goes through Python.
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    times: dict[str, dict[int, int]] = field(default_factory=dict)  # clock -> bucket -> n
    alerts: int = 0

    def add(self, other: "Figures") -> None:
        """Count what another one has counted."""
        for name, n in other.counts.items():
            self.counts[name] += n
        self.alerts += other.alerts
        for clock, buckets in other.times.items():
            histogram.merge(self.times.setdefault(clock, {}), buckets)

    def as_json(self, group: Group) -> dict[str, Any]:
        """The group's entry in the report; times in seconds."""
        channel, team, priority = group
        breaches = {clock: self.counts[f"{clock}_breached"] for clock in CLOCK_NAMES}
        return {
            "channel": channel,
            "team": team or None,
            "priority": priority or None,
            "conversations": self.counts["opened"],
            "solved": self.counts["solved"],
            "reopened": self.counts["reopened"],
            "breaches": {clock: n for clock, n in breaches.items() if n},
            "seconds": {
                clock: seconds(self.times[clock])
                for clock in CLOCK_NAMES
                if any(self.times.get(clock, {}).values())
            },
            "alerts": self.alerts,
        }


@dataclass(slots=True)
class Summary:
    """All groups."""

    groups: dict[Group, Figures] = field(default_factory=dict)
    _last: tuple[Group, Figures] | None = None  # what one event says is mostly of one group

    def book(self, facts: Sequence[Fact], sign: int = 1) -> list[Fact]:
        """Count the facts that figures are made of, and return the others; sign -1 takes back."""
        others: list[Fact] = []
        for fact in facts:
            if isinstance(fact, Counted):
                self.of(fact.group).counts[fact.name] += sign
            elif isinstance(fact, TakenBack):
                self.of(fact.group).counts[fact.name] -= sign
            elif isinstance(fact, Observed):
                buckets = self.of(fact.group).times.setdefault(fact.clock, {})
                bucket = histogram.bucket_of(fact.elapsed)
                buckets[bucket] = buckets.get(bucket, 0) + sign
            else:
                others.append(fact)
        return others

    def of(self, group: Group) -> Figures:
        """The figures of a group."""
        last = self._last
        if last is not None and last[0] == group:
            return last[1]
        figures = self.groups.get(group)
        if figures is None:
            figures = self.groups[group] = Figures()
        self._last = (group, figures)
        return figures

    def as_json(self) -> list[dict[str, Any]]:
        """Every group, in order of its names."""
        return [self.groups[group].as_json(group) for group in sorted(self.groups)]

    def add(self, other: "Summary") -> None:
        """Take over the figures of other conversations."""
        for group, figures in other.groups.items():
            self.of(group).add(figures)

    def total(self) -> Figures:
        """All groups together."""
        total = Figures()
        for figures in self.groups.values():
            total.add(figures)
        return total


def seconds(buckets: dict[int, int]) -> dict[str, float]:
    """Count and quantiles of a histogram, in seconds."""
    values = histogram.quantiles(buckets, tuple(_QUANTILES.values()))
    named = zip(_QUANTILES, values, strict=False)  # no values, no quantiles
    return {"count": histogram.total(buckets), **{q: round(ms / 1000, 3) for q, ms in named}}
