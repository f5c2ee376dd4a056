"""A worker that exists only on paper: jobs with given figures, for metrics and web tests."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.keys import ConversationKey
from schemas.outputs import View
from stream_app.adapters.metrics.notifications import Stats
from stream_app.domain.policy import AlertRule, Match, Policy, SlaPolicy, Target
from stream_app.domain.volume_words import Reading
from stream_app.engine.job import Changes, Record, Reject
from stream_app.engine.status import (
    EngineStatus,
    FlushStatus,
    PartitionStatus,
    SourceStatus,
)

NOW = 1_767_970_800_000  # 2026-01-09T15:00:00Z
Group = tuple[str, str, str, str]
BOUNDS: Mapping[str, tuple[float, ...]] = {
    clock: (*(second * 1000 for second in seconds), math.inf)
    for clock, seconds in {
        "first_reply": (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400),
        "next_reply": (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400),
        "full_resolution": (300, 900, 3600, 14400, 86400, 172800, 259200, 604800),
    }.items()
}


class Always:
    """A calendar that never closes."""

    name = "always"

    def due(self, start: int, duration: int) -> int:
        return start + duration

    def elapsed(self, start: int, end: int) -> int:
        return max(0, end - start)


def policy(**changes: Any) -> Policy:
    """Two tenants, three channels, one named team, one alert rule."""
    always = Always()
    chat = SlaPolicy(
        "chat",
        {"first_reply": Target(300_000, always), "full_resolution": Target(259_200_000, always)},
        always,
        Match(channel=frozenset({"whatsapp", "webchat"})),
    )
    rest = SlaPolicy("everything else", {"first_reply": Target(14_400_000, always)}, always)
    defaults: dict[str, Any] = {
        "hash": "c0ffee",
        "tenants": {"acme": "live", "globex": "event"},
        "channels": frozenset({"email", "webchat", "whatsapp"}),
        "sla": (chat, rest),
        "alerts": (
            AlertRule(
                "ticket_unresolved",
                {"unresolved_for": 172_800_000},
                always,
                Match(team=frozenset({"billing"})),
            ),
        ),
    }
    return Policy(**(defaults | changes))


@dataclass
class FakeTotals:
    counts: dict[str, int] = field(default_factory=dict)
    buckets: dict[str, list[int]] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)


class BareJob:
    """Satisfies the engine's contract and does nothing."""

    changed = False

    def load(self, table: str, rows: Sequence[tuple[bytes, bytes | None]]) -> None: ...
    def restored(self, meta: bytes | None, epoch: int) -> None: ...
    def apply(self, records: Sequence[Record], reject: Reject) -> int:
        return len(records)

    def turn(self, now_ms: int, ends: Mapping[str, int]) -> None: ...
    def collect(self) -> Changes:
        return Changes()

    def committed(self) -> None: ...
    def closed(self) -> None: ...


@dataclass
class FakeConversations(BareJob):
    """A conversations job with given totals, levels and clocks."""

    held: dict[Group, FakeTotals] = field(default_factory=dict)
    standing: dict[Group, dict[str, int]] = field(default_factory=dict)
    times: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    timelines: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    last_event_ms: int = 0
    counters: dict[str, int] = field(default_factory=dict)
    bounds: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: BOUNDS)

    def totals(self) -> Iterable[tuple[Group, FakeTotals]]:
        return self.held.items()

    def levels(self) -> Iterable[tuple[Group, Mapping[str, int]]]:
        return self.standing.items()

    def clocks(self) -> Mapping[str, tuple[int, int, str]]:
        return self.times

    def explain(self, tenant: str, source: str, id: str) -> dict[str, Any] | None:
        return self.timelines.get((tenant, source, id))

    def find(self, native_id: str) -> Iterable[ConversationKey]:
        return [ConversationKey(*key) for key in self.timelines if key[2] == native_id]


@dataclass
class FakeAlerts(BareJob):
    """An alerts job with given firing episodes."""

    episodes: list[tuple[str, str, str, int]] = field(default_factory=list)

    def firing(self) -> Iterable[tuple[str, str, str, int]]:
        return self.episodes


@dataclass
class FakeChannels(BareJob):
    """A channels job with given views and volumes."""

    views: dict[tuple[str, str], View] = field(default_factory=dict)
    readings: dict[tuple[str, str], Reading] = field(default_factory=dict)

    def volumes(self) -> Iterable[tuple[str, str, Reading]]:
        return ((*place, reading) for place, reading in self.readings.items())


def partition(agent: str, number: int, job: Any, **changes: Any) -> PartitionStatus:
    """The status of a healthy partition, with changes."""
    defaults: dict[str, Any] = {
        "agent": agent,
        "partition": number,
        "state": "running",
        "owned": True,
        "recovering": False,
        "fused": None,
        "paused": False,
        "sources": (SourceStatus("support.conversation.v1", 100, 100, NOW),),
        "lag": 0,
        "epoch": 3,
        "rows_restored": 40,
        "last_progress_ms": NOW - 200,
        "dead_letters": {},
        "flush": FlushStatus(count=9, seconds=0.45, rows=70, events=100),
        "job": job,
    }
    return PartitionStatus(**(defaults | changes))


@dataclass
class FakeRuntime:
    """A worker's view of itself, made of fakes."""

    held: list[PartitionStatus] = field(default_factory=list)
    policy: Policy = field(default_factory=policy)
    joined: bool = True
    ready: bool = True
    resumed: list[tuple[str, int]] = field(default_factory=list)
    told: list[Stats] = field(default_factory=list)

    def notifications(self) -> Iterable[Stats]:
        return self.told

    def status(self) -> EngineStatus:
        return EngineStatus(
            joined=self.joined,
            ready=self.ready,
            fencing=True,
            fences=1,
            ignored=0,
            partitions=tuple(self.held),
        )

    async def resume(self, agent: str, partition: int) -> None:
        if self.status().partition(agent, partition) is None:
            raise LookupError
        self.resumed.append((agent, partition))


def busy_worker(partitions: int = 2, groups: int = 3, *, views: bool = False) -> FakeRuntime:
    """A worker whose partitions hold `groups` groups each, with every clock observed."""
    channels = ("email", "webchat", "whatsapp")
    priorities = ("", "low", "normal", "high", "urgent")
    held = []
    for number in range(partitions):
        job = FakeConversations(
            times={"acme": (NOW - 500, NOW - 500, "live"), "globex": (NOW - 10**9, 1, "event")},
            last_event_ms=NOW - 900,
            counters={"late_events": 4, "duplicate": 7},
        )
        for index in range(groups):
            group = ("acme", channels[index % 3], "billing", priorities[index // 3 % 5])
            job.held[group] = observed_totals(index + 1)
            job.standing[group] = standing_levels(NOW, 60_000 * (index + 1))
        held.append(partition("conversations", number, job))
    episodes = [("ticket_unresolved", "acme", "warning", 3)]
    held.append(partition("alerts", 0, FakeAlerts(episodes=episodes)))
    if views:
        readings = {("acme", channel): Reading("spike", 84, 31.2, 22, 41) for channel in channels}
        shown = FakeChannels(views=standing_views(), readings=readings)
        held.append(partition("channels", 0, shown))
    return FakeRuntime(held)


def standing_levels(now: int, waited: int = 60_000) -> dict[str, int]:
    """Levels of a group in which something of everything stands."""
    return {
        "open": 9, "waiting": 4, "overdue": 2, "at_risk": 1, "unassigned": 3, "unattended": 5,
        "unresolved_48h": 1, "oldest_waiting_since": now - waited,
        "longest_open_since": now - 200_000_000,
    }  # fmt: skip


def standing_views(complete: bool = True) -> dict[tuple[str, str], View]:
    """Views of a tenant, of two of its channels, and of two teams, one of which nobody named."""
    scopes = [
        {}, {"channel": "email"}, {"channel": "whatsapp"}, {"team": "billing"}, {"team": "night"},
        {"channel": "email", "team": "billing"},
    ]  # fmt: skip
    return {
        ("acme", ",".join(f"{k}={v}" for k, v in scope.items())): _view(scope, complete)
        for scope in scopes
    }


def _view(scope: dict[str, str], complete: bool) -> View:
    seconds = {"count": 20, "sum": 1800.0, "mean": 90.0, "p50": 60.0, "p90": 240.0, "max": 300.0}
    window: dict[str, Any] = {"messages_in": 30, "messages_out": 25, "first_reply_met_ratio": 0.85}
    window |= {f"{clock}_seconds": seconds for clock in BOUNDS}
    return View(
        tenant="acme",
        scope=scope,
        as_of="2026-01-09T15:00:00Z",
        complete=complete,
        missing_partitions=[] if complete else [1],
        levels={},
        windows={"15m": window, "24h": window, "1m": {"first_reply_seconds": {"count": 0}}},
        volume={},
        goals=[],
        top={},
    )


def observed_totals(scale: int) -> FakeTotals:
    """Totals in which every bucket of every clock holds `scale` observations."""
    return FakeTotals(
        counts={
            "messages_in": 50 * scale, "messages_out": 40 * scale, "opened": 10 * scale,
            "solved": 8 * scale, "reopened": scale,
            "first_reply_met": 7 * scale, "first_reply_missed": 2 * scale,
            "first_reply_breached": 2 * scale, "first_reply_cancelled": scale,
            "corrections_messages_in": 2, "corrections_first_reply_observed": 1,
        },
        buckets={clock: [scale] * len(bounds) for clock, bounds in BOUNDS.items()},
        sums=dict.fromkeys(BOUNDS, 90_500 * scale),
    )  # fmt: skip
