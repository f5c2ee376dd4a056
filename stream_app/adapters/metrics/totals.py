"""Durable counters and histograms of the owned source partitions, added up over teams.

Each carries its `partition`: a partition that moves to another worker starts a new series there and
ends here, so a counter never decreases.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from schemas.events import OTHER
from stream_app.adapters.metrics import catalogue
from stream_app.adapters.metrics.catalogue import REPLY_TIMES
from stream_app.adapters.metrics.declare import Metric
from stream_app.adapters.metrics.families import Families
from stream_app.adapters.metrics.folding import Folding
from stream_app.adapters.metrics.labels import CLOCKS, KIND, NONE
from stream_app.adapters.metrics.sources import Group, TotalsSource
from stream_app.domain.policy import Policy

_Key = tuple[str, str, str]  # tenant, channel, priority

_COUNTERS: Final[tuple[tuple[str, Metric, tuple[str, ...]], ...]] = (
    ("messages_in", catalogue.MESSAGES, ("in",)),
    ("messages_out", catalogue.MESSAGES, ("out",)),
    ("opened", catalogue.OPENED, ()),
    ("solved", catalogue.SOLVED, ()),
    ("reopened", catalogue.REOPENED, ()),
    *(
        (f"{clock}_{outcome}", metric, (clock,))
        for outcome, metric in (
            ("met", catalogue.MET),
            ("missed", catalogue.MISSED),
            ("breached", catalogue.BREACHES),
            ("cancelled", catalogue.CANCELLED),
        )
        for clock in CLOCKS
    ),
)


_TAKEN_BACK: Final = "corrections_"


@dataclass(slots=True)
class _Sum:
    """The totals of one group, without its team."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    corrections: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    buckets: dict[str, list[int]] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def add_totals(out: Families, partition: int, job: TotalsSource, policy: Policy) -> None:
    """Add the counters and histograms of one source partition."""
    groups = _without_teams(job, Folding(policy))
    for tenant, channel in product(policy.tenants, sorted(policy.channels)):
        groups[tenant, channel, NONE]  # a counter exists, as 0, before it first counts
    number = str(partition)
    for key, total in groups.items():
        for name, metric, extra in _COUNTERS:
            out.add(metric, (*key, number, *extra), total.counts.get(name, 0))
    _add_histograms(out, number, groups, _bound_texts(job.bounds))
    _add_corrections(out, number, groups, policy)


def _without_teams(job: TotalsSource, folding: Folding) -> dict[_Key, _Sum]:
    groups: dict[_Key, _Sum] = defaultdict(_Sum)
    for group, totals in job.totals():
        into = groups[_key(folding.group(group))]
        for name, count in totals.counts.items():
            if name.startswith(_TAKEN_BACK):
                into.corrections[name.removeprefix(_TAKEN_BACK)] += count
            else:
                into.counts[name] += count
        for clock, buckets in totals.buckets.items():
            held = into.buckets.get(clock)
            into.buckets[clock] = (
                list(buckets)
                if held is None
                else [a + b for a, b in zip(held, buckets, strict=True)]
            )
            into.sums[clock] += totals.sums.get(clock, 0)
    return groups


def _key(group: Group) -> _Key:
    return group[0], group[1], group[3]


def _bound_texts(bounds: Mapping[str, Sequence[float]]) -> dict[str, list[str]]:
    """Bounds in seconds as Prometheus writes them, +Inf at the end."""
    return {
        clock: [*(str(ms / 1000) for ms in edges if ms != math.inf), "+Inf"]
        for clock, edges in bounds.items()
    }


def _add_histograms(
    out: Families, number: str, groups: Mapping[_Key, _Sum], texts: Mapping[str, Sequence[str]]
) -> None:
    for key, total in groups.items():
        for clock, buckets in total.buckets.items():
            metric = REPLY_TIMES.get(clock)
            # A group that never had the clock would add twenty series that say nothing.
            if metric is not None and any(buckets):
                pairs = list(zip(texts[clock], buckets, strict=True))
                out.histogram(metric, (*key, number), pairs, total.sums[clock] / 1000)


def _add_corrections(
    out: Families, number: str, groups: Mapping[_Key, _Sum], policy: Policy
) -> None:
    taken_back = dict.fromkeys(product(policy.tenants, KIND.values), 0)
    for (tenant, _, _), total in groups.items():
        for name, count in total.corrections.items():
            key = tenant, name if name in KIND.values else OTHER
            taken_back[key] = taken_back.get(key, 0) + count
    for (tenant, kind), count in taken_back.items():
        out.add(catalogue.CORRECTIONS, (tenant, number, kind), count)
