"""A log in memory: what Kafka keeps, as far as the engine can tell.

Partitions of records, control records that take offsets, transactions with fencing, a last stable
offset, compaction. A writer can be told to crash at a named point; what it wrote so far stays, as it
would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stream_app.engine.errors import FencedError
from stream_app.engine.job import Output
from stream_app.engine.log import Flush

Point = Callable[[str], None]


class Crashed(BaseException):
    """The process is gone, at this point and without a word."""


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A record as consumers see it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(slots=True)
class _Stored:
    record: MemoryRecord
    transaction: int | None  # None: written without one
    control: bool = False


@dataclass(slots=True)
class MemoryBroker:
    """Topics, transactions and their fencing, in one process."""

    logs: dict[tuple[str, int], list[_Stored]] = field(default_factory=dict)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)  # transaction -> open|committed|aborted
    epochs: dict[str, int] = field(default_factory=dict)  # transactional id -> epoch
    current: dict[str, int] = field(default_factory=dict)  # transactional id -> open transaction

    def append(
        self, topic: str, partition: int, output: Output, transaction: int | None = None
    ) -> int:
        """Write one record; its offset."""
        return self._store(topic, partition, output, transaction, control=False)

    def read(self, topic: str, partition: int, start: int = 0) -> list[MemoryRecord]:
        """What a read_committed consumer sees from an offset on."""
        found: list[MemoryRecord] = []
        for stored in self.logs.get((topic, partition), []):
            state = self._state(stored)
            if state == "open":
                break  # the last stable offset
            if state == "committed" and not stored.control and stored.record.offset >= start:
                found.append(stored.record)
        return found

    def compact(self, topic: str, partition: int) -> None:
        """Keep the newest committed value of each key; offsets stay as they are."""
        log = self.logs.get((topic, partition), [])
        newest = {s.record.key: s.record.offset for s in log if self._live(s)}
        self.logs[topic, partition] = [
            s for s in log if not self._live(s) or newest[s.record.key] == s.record.offset
        ]

    def init_producer(self, name: str) -> int:
        """Fence whoever had this transactional id, abort what it had open; the new epoch."""
        if name in self.current:
            self.end(name, self.epochs[name], "aborted")
        self.epochs[name] = self.epochs.get(name, -1) + 1
        return self.epochs[name]

    def begin(self, name: str, epoch: int) -> int:
        """Open a transaction."""
        self._check(name, epoch)
        number = len(self.states)
        self.states[number] = "open"
        self.current[name] = number
        return number

    def add(
        self, name: str, epoch: int, topic: str, partition: int, outputs: Sequence[Output]
    ) -> None:
        """Append one batch to the open transaction."""
        self._check(name, epoch)
        for output in outputs:
            self.append(topic, partition, output, self.current[name])

    def end(self, name: str, epoch: int, state: str) -> None:
        """Commit or abort; the marker takes an offset in every partition that was written."""
        self._check(name, epoch)
        number = self.current.pop(name)
        self.states[number] = state
        written = {
            place for place, log in self.logs.items() if any(s.transaction == number for s in log)
        }
        for topic, partition in sorted(written):
            self._store(topic, partition, Output(topic, None, None), number, control=True)

    def _check(self, name: str, epoch: int) -> None:
        if self.epochs.get(name) != epoch:
            raise FencedError(f"{name} has a newer owner")

    def _state(self, stored: _Stored) -> str:
        return "committed" if stored.transaction is None else self.states[stored.transaction]

    def _live(self, stored: _Stored) -> bool:
        return not stored.control and self._state(stored) == "committed"

    def _store(
        self, topic: str, partition: int, output: Output, transaction: int | None, *, control: bool
    ) -> int:
        place = (topic, partition)
        offset = self.ends.get(place, 0)
        self.ends[place] = offset + 1
        record = MemoryRecord(
            topic, partition, offset, offset, output.key, output.value, output.headers
        )
        self.logs.setdefault(place, []).append(_Stored(record, transaction, control))
        return offset


def _go_on(_: str) -> None:
    """No crash."""


class MemoryWriter:
    """Writes flushes to a `MemoryBroker`, with transactions or without."""

    def __init__(
        self, broker: MemoryBroker, name: str, *, fencing: bool = True, point: Point = _go_on
    ) -> None:
        self.broker = broker
        self.name = name
        self.fencing = fencing
        self.point = point
        self.epoch = -1

    async def claim(self) -> None:
        """Fence the former owner, if this log can."""
        if self.fencing:
            self.epoch = self.broker.init_producer(self.name)

    async def write(self, flush: Flush) -> None:
        """All batches, then the commit; crash points before, between and after them."""
        if self.fencing:
            self.broker.begin(self.name, self.epoch)
        self.point("begun")
        for topic, partition, batch in _batches(flush):
            self._add(topic, partition, batch)
            self.point("sent")
        self.point("before_commit")
        if self.fencing:
            self.broker.end(self.name, self.epoch, "committed")
        self.point("after_commit")

    async def close(self) -> None:
        """Nothing to give back."""

    def _add(self, topic: str, partition: int, batch: Sequence[Output]) -> None:
        if self.fencing:
            self.broker.add(self.name, self.epoch, topic, partition, batch)
        else:
            for output in batch:
                self.broker.append(topic, partition, output)


def _batches(flush: Flush) -> list[tuple[str, int, list[Output]]]:
    rows = [
        (topic, flush.partition, [Output(topic, key, value) for key, value in pairs])
        for topic, pairs in flush.changelogs.items()
    ]
    outputs = [
        (o.topic, flush.partition if o.partition is None else o.partition, [o])
        for o in flush.outputs
    ]
    return rows + outputs
