"""What the policy promises, as metrics: targets to draw lines by, rules that can fire, its hash."""

from collections import Counter
from collections.abc import Iterable
from itertools import product

from schemas.events import PRIORITIES
from stream_app.adapters.metrics import catalogue
from stream_app.adapters.metrics.families import Families
from stream_app.adapters.metrics.folding import Folding
from stream_app.adapters.metrics.labels import CLOCKS, NONE
from stream_app.adapters.metrics.sources import FiringSource, PartitionStatus, VersionSource
from stream_app.domain.policy import Policy


def add_policy(out: Families, policy: Policy) -> None:
    """Add the policy's hash and the target of each tenant, channel and priority."""
    out.add(catalogue.POLICY_INFO, (policy.hash,), 1)
    priorities = ("", *PRIORITIES)
    for tenant, channel, priority in product(policy.tenants, sorted(policy.channels), priorities):
        held = policy.sla_for(tenant, channel, "", priority, ())
        if held is None:
            continue
        for clock in CLOCKS:
            target = held.targets.get(clock)
            if target is not None:
                labels = (tenant, channel, priority or NONE, clock, held.name)
                out.add(catalogue.SLA_TARGET, labels, target.within / 1000)


def add_versions(out: Families, owned: Iterable[PartitionStatus]) -> None:
    """Add on how many partitions of each agent which version holds."""
    found = Counter[tuple[str, str]]()
    for status in owned:
        if not status.recovering and isinstance(status.job, VersionSource):
            found[status.agent, status.job.policy_version] += 1
    for labels, count in sorted(found.items()):
        out.add(catalogue.POLICY_PARTITIONS, labels, count)


def add_firing(out: Families, jobs: Iterable[FiringSource], policy: Policy) -> None:
    """Add the firing episodes; every rule stands at 0 while nothing fires."""
    owned = list(jobs)
    if not owned:
        return
    folding = Folding(policy)
    rules = {rule.name for rule in policy.alerts}
    firing = Counter[tuple[str, str, str]]()
    for tenant, rule in product(policy.tenants, policy.alerts):
        firing[tenant, rule.name, rule.severity] = 0
    for job in owned:
        for name, tenant, severity, count in job.firing():
            known = name if name in rules else "other"
            firing[folding.tenant(tenant), known, severity] += count
    for labels, count in firing.items():
        out.add(catalogue.ALERTS_FIRING, labels, count)
