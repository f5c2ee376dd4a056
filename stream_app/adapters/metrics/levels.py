"""Levels of the owned source partitions, added up: a level is about now and has no partition."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from stream_app.adapters.metrics import catalogue
from stream_app.adapters.metrics.declare import Metric
from stream_app.adapters.metrics.families import Families
from stream_app.adapters.metrics.folding import Folding
from stream_app.adapters.metrics.labels import NONE
from stream_app.adapters.metrics.sources import Group, TotalsSource
from stream_app.domain.policy import Policy

LEVELS: Final[dict[str, Metric]] = {
    "open": catalogue.OPEN,
    "waiting": catalogue.WAITING,
    "unassigned": catalogue.UNASSIGNED,
    "unattended": catalogue.UNATTENDED,
    "overdue": catalogue.OVERDUE,
    "at_risk": catalogue.AT_RISK,
    "unresolved_48h": catalogue.UNRESOLVED,
}
INSTANTS: Final[dict[str, Metric]] = {
    "oldest_waiting_since": catalogue.OLDEST_WAITING,
    "longest_open_since": catalogue.LONGEST_OPEN,
}


def sum_levels(jobs: Iterable[TotalsSource], folding: Folding) -> dict[Group, dict[str, int]]:
    """Levels per group over all jobs; of instants the earliest, absent if there is none."""
    summed: dict[Group, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for job in jobs:
        for group, levels in job.levels():
            into = summed[folding.group(group)]
            for name in LEVELS:
                into[name] += levels.get(name, 0)
            for name in INSTANTS:
                since = levels.get(name, 0)
                if since:
                    into[name] = min(since, into.get(name, since))
    return summed


def add_levels(out: Families, jobs: Iterable[TotalsSource], policy: Policy) -> None:
    """Add the levels of all owned partitions; nothing at all when there is none."""
    owned = list(jobs)
    if not owned:
        return
    summed = sum_levels(owned, Folding(policy))
    for tenant in policy.tenants:
        for channel in sorted(policy.channels):
            summed[tenant, channel, NONE, NONE]  # silence is a zero, not a gap
    for group, levels in summed.items():
        for name, metric in LEVELS.items():
            out.add(metric, group, levels.get(name, 0))
        for name, metric in INSTANTS.items():
            if levels.get(name):
                out.add(metric, group, levels[name] / 1000)
