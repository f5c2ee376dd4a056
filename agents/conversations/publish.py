"""What one source partition tells the channels agents: panes, levels, heartbeats and snapshots.

Every record carries (epoch, seq); the newest wins. A new owner first sends a complete snapshot, so that
what an older epoch said is replaced at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from schemas.group_rows import PaneRow
from schemas.instants import format_ms
from schemas.outputs import PaneRecord, Signal, TenantClock
from stream_app.domain.groups import Groups
from stream_app.domain.staff import lately
from stream_app.domain.standing import GroupKey
from stream_app.domain.ticks import TenantTick
from stream_app.engine.job import Output

AGENT: Final = "conversations"
_encode: Final = msgspec.json.Encoder().encode

Heard = dict[str, dict[str, int]]
"""When something came last from each source of input, by tenant (ms)."""

MOST_SOURCES: Final = 1000  # of input, of a tenant, that are listened for

Describe = Callable[[bytes, str], dict[str, Any] | None]
"""A conversation's entry in the list of a level, by its record key; None when it has gone."""


def _nobody(_key: bytes, _level: str) -> None:
    return None


@dataclass(slots=True)
class Publisher:
    """Makes the records of one source partition, numbering them within its epoch."""

    partition: int
    partitions: int  # of the pane and signal topics
    pane_topic: str
    signal_topic: str
    epoch: int = 0
    seq: int = 0
    describe: Describe = _nobody

    def changes(self, groups: Groups, ticks: Mapping[str, TenantTick]) -> Iterator[Output]:
        """Panes and levels that changed since the last flush; forgets that they did."""
        for key, start in groups.dirty_panes:
            found = groups.pane(key, start)
            if found is not None:
                yield self._pane(key, start, found[0], found[1], ticks)
        for key in groups.dirty_levels:
            yield self._level(key, groups, ticks)
        groups.dirty_panes.clear()
        groups.dirty_levels.clear()

    def snapshot(self, groups: Groups, ticks: Mapping[str, TenantTick]) -> Iterator[Output]:
        """Everything that is known, between a begin and an end on every partition."""
        yield from self._everywhere(self._record("snapshot_begin"))
        for key in groups.states:
            for start, resolution, pane in groups.panes(key):
                yield self._pane(key, start, resolution, pane, ticks)
            yield self._level(key, groups, ticks)
        groups.dirty_panes.clear()
        groups.dirty_levels.clear()
        yield from self._everywhere(self._record("snapshot_end"))

    def heartbeat(
        self, ticks: Mapping[str, TenantTick], offset: int, heard: Heard | None = None
    ) -> Iterator[Output]:
        """How far this source partition is, told to everybody who counts on it."""
        clocks = {tenant: _clock(tick) for tenant, tick in ticks.items()}
        record = self._record("heartbeat")
        record.clocks, record.source_offset = clocks, offset
        record.sources = {
            tenant: {source: format_ms(at) for source, at in sources.items()}
            for tenant, sources in (heard or {}).items()
        }
        yield from self._everywhere(record)
        signal = Signal(
            epoch=self.epoch,
            seq=self._next(),
            agent=AGENT,
            source_partition=self.partition,
            clocks=clocks,
        )
        key, value = f"heartbeat|{AGENT}|{self.partition}".encode(), _encode(signal)
        for partition in range(self.partitions):
            yield Output(self.signal_topic, key, value, partition)

    def signal(self, key: bytes, signal: Signal, tick: TenantTick) -> Output:
        """A rule's condition, stamped with where this partition stands."""
        signal.epoch, signal.seq = self.epoch, self._next()
        signal.mode, signal.tick = tick.state, format_ms(tick.tick)
        signal.agent, signal.source_partition = AGENT, self.partition
        return Output(self.signal_topic, key, _encode(signal))

    def _pane(
        self,
        key: GroupKey,
        start: int,
        resolution: int,
        pane: PaneRow,
        ticks: Mapping[str, TenantTick],
    ) -> Output:
        record = self._grouped("pane", key, ticks)
        record.resolution, record.start = resolution // 1000, format_ms(start)
        record.counts, record.sums, record.hist = pane.counts, pane.sums, pane.hist
        return Output(self.pane_topic, key[0].encode(), _encode(record))

    def _level(self, key: GroupKey, groups: Groups, ticks: Mapping[str, TenantTick]) -> Output:
        standing = groups.states[key].standing
        record = self._grouped("level", key, ticks)
        tick = ticks[key[0]].tick
        record.levels = standing.tell(tick, groups.ages)
        record.staff = lately(groups.states[key].totals.staff, tick)
        for level, first in standing.tops().items():
            items = [self.describe(conversation, level) for _, conversation in first]
            if items:
                record.top[level] = [item for item in items if item is not None]
        return Output(self.pane_topic, key[0].encode(), _encode(record))

    def _grouped(self, kind: str, key: GroupKey, ticks: Mapping[str, TenantTick]) -> PaneRecord:
        record = self._record(kind)
        record.tenant, record.channel, record.team, record.priority = key
        tick = ticks[key[0]]
        record.watermark, record.tick = format_ms(tick.watermark), format_ms(tick.tick)
        record.mode = tick.state
        return record

    def _record(self, kind: str) -> PaneRecord:
        return PaneRecord(
            kind=kind,
            agent=AGENT,
            source_partition=self.partition,
            epoch=self.epoch,
            seq=self._next(),
        )

    def _everywhere(self, record: PaneRecord) -> Iterator[Output]:
        value = _encode(record)
        for partition in range(self.partitions):
            yield Output(self.pane_topic, None, value, partition)

    def _next(self) -> int:
        self.seq += 1
        return self.seq


def hear(heard: Heard, tenant: str, source: str, now: int) -> None:
    """Something has come from a source of input."""
    known = heard.get(tenant)
    if known is None:
        known = heard[tenant] = {}
    if source in known or len(known) < MOST_SOURCES:
        known[source] = now


def _clock(tick: TenantTick) -> TenantClock:
    return TenantClock(format_ms(tick.watermark), format_ms(tick.tick), tick.state)
