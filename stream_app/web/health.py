"""Whether a worker is alive: each owned partition moves, or is idle, or has stopped and says why.

Rules:
1. A partition whose fuse has tripped has stopped on purpose. That is an alert, not a reason to restart.
2. A running partition without lag is idle.
3. Every other one must show another position, state or number of restored rows within the limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stream_app.engine.status import PartitionStatus

LIMIT_MS = 75_000  # a little more than the engine's own watchdog, which should act first


@dataclass(frozen=True, slots=True)
class PartitionHealth:
    """The verdict on one partition."""

    agent: str
    partition: int
    healthy: bool
    verdict: str


class ProgressWatch:
    """Remembers since when each partition has looked the same."""

    def __init__(self, limit_ms: int = LIMIT_MS) -> None:
        self._limit_ms = limit_ms
        self._seen: dict[tuple[str, int], tuple[tuple[object, ...], int]] = {}

    def check(self, partitions: Sequence[PartitionStatus], now_ms: int) -> list[PartitionHealth]:
        """Judge all owned partitions; one that is no longer owned is forgotten."""
        seen, self._seen = self._seen, {}
        return [self._judge(held, seen, now_ms) for held in partitions if held.owned]

    def _judge(
        self,
        held: PartitionStatus,
        seen: dict[tuple[str, int], tuple[tuple[object, ...], int]],
        now_ms: int,
    ) -> PartitionHealth:
        key = held.agent, held.partition
        if held.fused is not None:
            return PartitionHealth(*key, True, f"fused: {held.fused}")
        if held.state == "running" and held.lag == 0:
            return PartitionHealth(*key, True, "idle")
        looks = (held.state, held.position, held.rows_restored)
        before = seen.get(key)
        since = before[1] if before is not None and before[0] == looks else now_ms
        self._seen[key] = (looks, since)
        still = now_ms - max(since, held.last_progress_ms)
        if still > self._limit_ms:
            return PartitionHealth(*key, False, f"{held.state}, stuck for {still // 1000} s")
        return PartitionHealth(*key, True, "progressing" if held.state == "running" else held.state)
