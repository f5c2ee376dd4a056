"""What the engine shows of itself: read-only values for gauges, health checks and commands.

Building a status costs a few microseconds per partition, so it is made when somebody asks for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stream_app.engine.job import PartitionJob


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How far one source topic of a partition is. Offsets are the next ones, as Kafka counts."""

    topic: str
    position: int  # the next offset to apply
    end: int | None  # None until the broker has said so
    at_end_ms: int | None  # wall time of the answer that said "nothing more", if it is at its end

    @property
    def lag(self) -> int:
        """Records (and markers) not applied yet; 0 while the end is unknown."""
        return max(0, (self.end or 0) - self.position) if self.at_end_ms is None else 0


@dataclass(frozen=True, slots=True)
class FlushStatus:
    """Totals of a partition's flushes since this worker took it over."""

    count: int = 0
    seconds: float = 0.0  # from the first send to the commit
    last_seconds: float = 0.0
    rows: int = 0
    outputs: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """One partition number of one agent on this worker."""

    agent: str
    partition: int
    state: str  # claiming | restoring | running | frozen | fused
    owned: bool
    recovering: bool
    fused: str | None  # why the fuse has tripped
    paused: bool  # nothing is being read: fused, or frozen by a rebalance
    sources: tuple[SourceStatus, ...]
    lag: int
    epoch: int
    rows_restored: int
    last_progress_ms: int  # wall time; 0: none yet
    dead_letters: Mapping[str, int]  # by code, over the life of the partition
    flush: FlushStatus
    job: PartitionJob

    @property
    def position(self) -> int:
        """Sum of the next offsets of all sources: grows with progress."""
        return sum(source.position for source in self.sources)

    @property
    def end(self) -> int:
        """Sum of the known ends of all sources."""
        return sum(source.end or 0 for source in self.sources)


@dataclass(slots=True)
class Timings:
    """Seconds spent by step, and what they were spent on; only ever added to."""

    fetch_seconds: float = 0.0  # unpacking fetched data, in the consumer thread
    apply_seconds: float = 0.0
    turn_seconds: float = 0.0
    collect_seconds: float = 0.0  # collecting and encoding rows and outputs
    build_seconds: float = 0.0  # packing them into record batches
    commit_seconds: float = 0.0  # waiting for the broker, applying goes on meanwhile
    restore_seconds: float = 0.0
    events: int = 0
    polls: int = 0
    rows: int = 0
    outputs: int = 0
    flushes: int = 0
    rows_restored: int = 0


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The whole worker."""

    joined: bool  # the group has given this worker its partitions (perhaps none)
    ready: bool  # ... and all of them are restored
    fencing: bool | None  # False: this broker has no transactions. None: not known yet
    fences: int  # how often a partition was lost to another owner
    ignored: int  # records that came for a partition not owned (they are read by its owner)
    partitions: tuple[PartitionStatus, ...] = ()
    timings: Timings = field(default_factory=Timings)

    def partition(self, agent: str, partition: int) -> PartitionStatus | None:
        """The status of one partition, if this worker owns it."""
        for status in self.partitions:
            if status.agent == agent and status.partition == partition:
                return status
        return None
