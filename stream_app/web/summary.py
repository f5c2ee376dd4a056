"""`/api/v1/state`: one small object that says how this worker and its queues are, for terminals."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from schemas.instants import format_ms
from stream_app import __version__
from stream_app.adapters.metrics.folding import Folding
from stream_app.adapters.metrics.levels import sum_levels
from stream_app.adapters.metrics.sources import FiringSource, TotalsSource
from stream_app.engine.status import EngineStatus, PartitionStatus
from stream_app.web.answers import Handler, json_answer
from stream_app.web.runtime import RuntimeView, restored


def state_handler(runtime: RuntimeView, now_ms: Callable[[], int]) -> Handler:
    """Everything in one answer whose size depends on the policy alone."""

    async def state(request: web.Request) -> web.Response:
        status, policy = runtime.status(), runtime.policy
        held = list(restored(status))
        jobs = [one.job for one in held if isinstance(one.job, TotalsSource)]
        return json_answer(
            {
                "now": format_ms(now_ms()),
                "version": __version__,
                "policy": policy.hash,
                "joined": status.joined,
                "ready": status.ready,
                "agents": agents(status),
                "clocks": clocks(jobs),
                "channels": channels(jobs, Folding(policy)),
                "alerts": firing(held),
            }
        )

    return state


def agents(status: EngineStatus) -> dict[str, dict[str, Any]]:
    """Per agent: how many partitions are in which state, and the lag in all."""
    found: dict[str, dict[str, Any]] = {}
    for held in status.partitions:
        agent = found.setdefault(held.agent, {"states": Counter(), "lag": 0, "dead_letters": 0})
        agent["states"][held.state] += 1
        agent["lag"] += held.lag
        agent["dead_letters"] += sum(held.dead_letters.values())
    return found


def clocks(jobs: Iterable[TotalsSource]) -> dict[str, dict[str, Any]]:
    """Per tenant: the smallest watermark of the owned partitions, and the modes they are in."""
    found: dict[str, dict[str, Any]] = {}
    for job in jobs:
        for tenant, (watermark, _, mode) in job.clocks().items():
            clock = found.setdefault(tenant, {"watermark_ms": watermark, "modes": {}})
            clock["watermark_ms"] = min(clock["watermark_ms"], watermark)
            clock["modes"][mode] = clock["modes"].get(mode, 0) + 1
    return found


def channels(jobs: Iterable[TotalsSource], folding: Folding) -> list[dict[str, Any]]:
    """Levels per tenant and channel over the owned partitions."""
    found: dict[tuple[str, str], Counter[str]] = {}
    oldest: dict[tuple[str, str], int] = {}
    for (tenant, channel, _, _), levels in sum_levels(jobs, folding).items():
        key = tenant, channel
        since = levels.pop("oldest_waiting_since", 0)
        if since:
            oldest[key] = min(since, oldest.get(key, since))
        found.setdefault(key, Counter()).update(levels)
    return [
        {"tenant": key[0], "channel": key[1], **levels, "oldest_waiting_since": oldest.get(key, 0)}
        for key, levels in sorted(found.items())
    ]


def firing(held: Iterable[PartitionStatus]) -> list[dict[str, Any]]:
    """Firing episodes per rule, tenant and severity."""
    counts = Counter[tuple[str, str, str]]()
    for one in held:
        if isinstance(one.job, FiringSource):
            for rule, tenant, severity, count in one.job.firing():
                counts[rule, tenant, severity] += count
    return [
        {"rule": rule, "tenant": tenant, "severity": severity, "firing": count}
        for (rule, tenant, severity), count in sorted(counts.items())
    ]
