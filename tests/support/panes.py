"""Writes records of the pane topic as the conversations agent would, and counts by brute force.

`Teller` speaks for one source partition. `Observation` and `expected_window` are an oracle that knows
nothing of running totals: it looks at every observation each time.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import msgspec

from agents.channels import VIEWS, ChannelsJob, owns, spec
from schemas.instants import format_ms
from schemas.outputs import PaneRecord, TenantClock, View
from stream_app.domain.histogram import bucket_of
from stream_app.domain.policy import Policy
from stream_app.engine.job import Changes, Rejected
from stream_app.settings import Settings

T0 = 1_768_000_020_000  # a whole minute
AGENT = "conversations"
EMAIL = ("email", "billing", "high")
PHONE = ("phone", "", "")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class FakeRecord:
    """As much of a consumed record as a job looks at."""

    value: bytes | None
    timestamp: int = T0
    key: bytes | None = b"acme"
    topic: str = "engagement.pane.v1"
    partition: int = 0
    offset: int = 0
    headers: Sequence[tuple[str, bytes]] = ()


class Observation(NamedTuple):
    """One thing that happened: a message, or with `elapsed` a first reply."""

    source: int
    group: tuple[str, str, str]
    time: int
    elapsed: int | None = None


@dataclass(slots=True)
class Teller:
    """One source partition."""

    partition: int
    epoch: int = 1
    seq: int = 0
    tenant: str = "acme"
    told: list[PaneRecord] = field(default_factory=list)

    def say(self, kind: str, **fields: Any) -> PaneRecord:
        record = PaneRecord(
            kind=kind,
            agent=AGENT,
            source_partition=self.partition,
            epoch=self.epoch,
            seq=self.seq,
            **fields,
        )
        self.seq += 1
        self.told.append(record)
        return record

    def begin(self) -> PaneRecord:
        return self.say("snapshot_begin")

    def end(self) -> PaneRecord:
        return self.say("snapshot_end")

    def heartbeat(self, watermark: int, mode: str = "live", tick: int | None = None) -> PaneRecord:
        text = format_ms(watermark)
        clock = TenantClock(text, text if tick is None else format_ms(tick), mode)
        return self.say("heartbeat", clocks={self.tenant: clock})

    def pane(
        self, group: tuple[str, str, str], start: int, seen: Iterable[Observation], step: int = 10
    ) -> PaneRecord:
        """An absolute pane that holds the given observations."""
        items = list(seen)
        replies = [o.elapsed for o in items if o.elapsed is not None]
        hist: dict[int, int] = {}
        for ms in replies:
            hist[bucket_of(ms)] = hist.get(bucket_of(ms), 0) + 1
        channel, team, priority = group
        return self.say(
            "pane",
            tenant=self.tenant,
            channel=channel,
            team=team,
            priority=priority,
            resolution=step,
            start=format_ms(start),
            counts={"messages_in": len(items) - len(replies), "first_reply_met": len(replies)},
            sums={"first_reply_ms": sum(replies)},
            hist={"first_reply": hist} if hist else {},
        )

    def level(self, group: tuple[str, str, str], **levels: int) -> PaneRecord:
        channel, team, priority = group
        return self.say(
            "level",
            tenant=self.tenant,
            channel=channel,
            team=team,
            priority=priority,
            levels=levels,
        )

    def panes_of(self, seen: Iterable[Observation], coarse_before: int = 0) -> list[PaneRecord]:
        """The panes of many observations: 60 s ones where they start before `coarse_before`."""
        cells: dict[tuple[tuple[str, str, str], int, int], list[Observation]] = {}
        for one in seen:
            step = 60 if one.time - one.time % 60_000 < coarse_before else 10
            start = one.time - one.time % (step * 1000)
            cells.setdefault((one.group, start, step), []).append(one)
        return [self.pane(g, start, some, step) for (g, start, step), some in cells.items()]


def record(value: PaneRecord, timestamp: int = T0) -> FakeRecord:
    return FakeRecord(_encode(value), timestamp)


@cache
def _settings(partitions: int) -> Settings:
    """Hundreds of examples need not read the environment again."""
    return Settings(partitions=partitions)


def new_job(partitions: int = 2, partition: int | None = None, **policy: Any) -> ChannelsJob:
    """A job that owns the tenant `acme` (or that of a given partition)."""
    settings = _settings(partitions)
    policy.setdefault("min_group_size", 1)
    made = spec(settings, Policy("hash", {"acme": "live"}, frozenset({"email"}), **policy))
    own = next(p for p in range(partitions) if owns("acme", p, partitions))
    job = made.new_job(own if partition is None else partition)
    assert isinstance(job, ChannelsJob)
    return job


def refuse_nothing(why: Rejected) -> bool:
    raise AssertionError(f"refused: {why}")


def feed(job: ChannelsJob, values: Iterable[PaneRecord], timestamp: int = T0) -> None:
    """Apply records that are all good."""
    records = [record(value, timestamp) for value in values]
    assert job.apply(records, refuse_nothing) == len(records)


@dataclass(slots=True)
class Log:
    """The changelog of a job: what a flush would leave behind."""

    rows: dict[bytes, bytes] = field(default_factory=dict)
    meta: bytes | None = None
    views: dict[bytes, bytes] = field(default_factory=dict)
    signals: list[dict[str, Any]] = field(default_factory=list)  # heartbeats too

    def write(self, changes: Changes) -> None:
        for row in changes.rows:
            if row.value is None:
                self.rows.pop(row.key, None)
            else:
                self.rows[row.key] = row.value
        for output in changes.outputs:
            assert output.key is not None
            if output.topic != VIEWS:
                self.signals.append(json.loads(output.value or b""))
            elif output.value is None:
                self.views.pop(output.key, None)
            else:
                self.views[output.key] = output.value
        self.meta = changes.meta

    def restart(self, partitions: int = 2, **policy: Any) -> ChannelsJob:
        """A new owner of what was written."""
        job = new_job(partitions, **policy)
        job.load("windows", list(self.rows.items()))
        job.restored(self.meta, 2)
        return job


def expected_window(
    seen: Iterable[Observation], as_of: int, span: int, coarse_before: int = 0
) -> dict[str, Any]:
    """Count what the window holds, looking at every observation; quantiles are exact."""
    messages, replies = 0, []
    for one in seen:
        step = 60_000 if one.time - one.time % 60_000 < coarse_before else 10_000
        if as_of - span < one.time - one.time % step <= as_of:
            if one.elapsed is None:
                messages += 1
            else:
                replies.append(one.elapsed)
    replies.sort()
    ranks = {name: max(1, math.ceil(q * len(replies) / 100)) for name, q in _PERCENT.items()}
    exact = {name: replies[rank - 1] / 1000 for name, rank in ranks.items() if replies}
    return {"messages_in": messages, "count": len(replies), "sum": sum(replies), **exact}


_PERCENT = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}


ONE = [Observation(0, EMAIL, T0)]


def views_of(changes: Changes) -> dict[str, View | None]:
    """What was written to the view topic."""
    return {
        (output.key or b"").decode(): msgspec.json.decode(output.value, type=View)
        if output.value
        else None
        for output in changes.outputs
        if output.topic == VIEWS
    }


def started(partitions: int = 2) -> list[Teller]:
    """Source partitions that have told all they know, which is nothing."""
    tellers = [Teller(partition) for partition in range(partitions)]
    for teller in tellers:
        teller.begin()
        teller.end()
        teller.heartbeat(T0)
    return tellers


def said(tellers: list[Teller]) -> list[PaneRecord]:
    """What they have said since the last time."""
    records = [record for teller in tellers for record in teller.told]
    for teller in tellers:
        teller.told.clear()
    return records
