"""What the worker says of itself: the few figures of /metrics that the demo shows.

A scrape has thousands of lines and comes every second; only those that are shown are read.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from stream_app.adapters.metrics import catalogue

_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_WANTED: Final = frozenset(
    metric.name
    for metric in (
        catalogue.PROCESSED,
        catalogue.OPEN,
        catalogue.WAITING,
        catalogue.OVERDUE,
        catalogue.ALERTS_FIRING,
        catalogue.WATERMARK,
        catalogue.TENANT_MODE,
        catalogue.LAG,
    )
)


class Sample(NamedTuple):
    """One line of an exposition."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(exposition: str) -> Iterator[Sample]:
    """The lines of an exposition that the demo needs."""
    for line in exposition.splitlines():
        head, _, value = line.rpartition(" ")
        name, _, labels = head.partition("{")
        if name in _WANTED:
            yield Sample(name, dict(_LABEL.findall(labels)), float(value))


@dataclass(slots=True)
class Figures:
    """One look at the worker."""

    events: int = 0
    open: int = 0
    waiting: int = 0
    overdue: int = 0
    lag: int = 0
    firing: Counter[str] = field(default_factory=Counter)
    watermarks: list[float] = field(default_factory=list)  # seconds, per partition and tenant
    modes: Counter[str] = field(default_factory=Counter)  # partitions by mode

    @property
    def live(self) -> bool:
        """Whether every partition has left the history behind."""
        return bool(self.modes) and set(self.modes) == {"live"}

    def history_done(self, start: float, end: float) -> float:
        """Which share of the history is applied, 0 to 1: the mean over the partitions."""
        if not self.watermarks or end <= start:
            return 0.0
        shares = [min(1.0, max(0.0, (w - start) / (end - start))) for w in self.watermarks]
        return sum(shares) / len(shares)


def read(exposition: str) -> Figures:
    """The figures in an exposition."""
    by_name: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples(exposition):
        by_name[sample.name].append(sample)

    def total(name: str, agent: str | None = None) -> int:
        found = by_name[name]
        return int(sum(s.value for s in found if agent in (None, s.labels.get("agent"))))

    figures = Figures(
        events=total(catalogue.PROCESSED.name, "conversations"),
        open=total(catalogue.OPEN.name),
        waiting=total(catalogue.WAITING.name),
        overdue=total(catalogue.OVERDUE.name),
        lag=total(catalogue.LAG.name, "conversations"),
        watermarks=[s.value for s in by_name[catalogue.WATERMARK.name]],
    )
    for s in by_name[catalogue.ALERTS_FIRING.name]:
        figures.firing[s.labels["rule"]] += int(s.value)
    for s in by_name[catalogue.TENANT_MODE.name]:
        if s.value:
            figures.modes[s.labels["mode"]] += 1
    figures.firing = +figures.firing  # without rules that fire for nobody
    return figures
