"""The contract between the engine and an agent: what a batch agent supplies for each partition.

The engine owns consuming, transactions, claims, recovery, dead letters, the fuse and back-pressure.
A job owns the state of one partition number and the logic on it. A job is synchronous, does no I/O and
asks no clock; the engine calls it from one place only, so it never needs a lock.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Record(Protocol):
    """A consumed Kafka record; aiokafka's ConsumerRecord is one."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int:
        """Append time in milliseconds (source topics use LogAppendTime)."""
        ...

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Row(NamedTuple):
    """One changelog row. `value` None is a tombstone."""

    table: str
    key: bytes
    value: bytes | None


class Output(NamedTuple):
    """One record to write in the flush's transaction. `partition` None: murmur2 of `key`."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class Changes:
    """All that one flush writes for a partition: atomically, or not at all."""

    rows: list[Row] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    meta: bytes = b""  # the job's own part of the meta row (ticks, sequence numbers)


class Rejected(NamedTuple):
    """Why a record went to the dead-letter topic. `code` is one of a bounded set."""

    record: Record
    code: str
    path: str
    message: str


Reject = Callable[[Rejected], bool]
"""Hands a record to the dead-letter topic; False means: stop after this record, the fuse has tripped."""


class PartitionJob(Protocol):
    """State and logic of one agent for one partition number."""

    def load(self, table: str, rows: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Take over changelog rows during recovery, in log order; None is a tombstone."""
        ...

    def restored(self, meta: bytes | None, epoch: int) -> None:
        """Recovery is complete: rebuild indexes. `meta` is the job's part of the last meta row."""
        ...

    def apply(self, records: Sequence[Record], reject: Reject) -> int:
        """Apply records of one topic partition in offset order; return how many were consumed.

        Fewer than all only when `reject` returned False, or when the job cannot go on yet: it then
        gets the rest again soon. Never raises for a bad record.
        """
        ...

    def turn(self, now_ms: int, ends: Mapping[str, int]) -> None:
        """Between batches, at least every 100 ms: run what is due.

        `now_ms` is the wall clock, for pacing alone. `ends` holds the source topics of which every
        record has been applied, each with the wall time (ms) of the broker's answer that said so.
        """
        ...

    @property
    def changed(self) -> bool:
        """Whether `collect` would return anything worth a flush."""
        ...

    def collect(self) -> Changes:
        """Encode and clear everything that is dirty. The engine writes it, retrying if it must."""
        ...

    def committed(self) -> None:
        """The last collected changes are durable and visible."""
        ...

    def closed(self) -> None:
        """The partition was revoked, fenced or stopped: forget everything."""
        ...


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """A batch agent: which topics, which tables, and how to make its job for a partition."""

    name: str
    help: str
    sources: tuple[str, ...]  # co-partitioned; all of them feed the same partition state
    tables: tuple[str, ...]
    new_job: Callable[[int], PartitionJob]
