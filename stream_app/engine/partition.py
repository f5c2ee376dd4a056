"""One partition number of one agent: its job, where it stands, and what is to be written. No I/O.

States
    claiming  -> restoring   the claim row is in the log
    restoring -> frozen      the claim row was read back from every changelog, the job is complete
    frozen    -> running     the sources stand at the restored offsets
    running   -> frozen      a rebalance has begun; nothing is applied until it has ended
    any       -> closed      revoked, fenced or stopped: everything is forgotten
A fused partition runs (its timers do, its flushes do), but takes no records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stream_app.engine.deadletters import Sender, dead_letter
from stream_app.engine.errors import FatalError
from stream_app.engine.fuse import Fuse
from stream_app.engine.job import AgentSpec, Output, PartitionJob, Record, Rejected, Row
from stream_app.engine.limits import Limits
from stream_app.engine.log import Changelog, Flush, Rows
from stream_app.engine.meta import CLAIM_KEY, FORMAT, META_KEY, Meta, encode_meta
from stream_app.engine.restore import TableReader, settle


class State(StrEnum):
    """Where a partition is in its life."""

    CLAIMING = "claiming"
    RESTORING = "restoring"
    FROZEN = "frozen"
    RUNNING = "running"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Setting:
    """What all partitions of an agent have in common."""

    spec: AgentSpec
    changelogs: tuple[Changelog, ...]
    limits: Limits
    sender: Sender


class Partition:
    """State of one partition. Every method is synchronous and is called by its one owner."""

    def __init__(self, setting: Setting, number: int) -> None:
        self.setting = setting
        self.number = number
        self.state = State.CLAIMING
        self.job: PartitionJob = setting.spec.new_job(number)
        self.offsets: dict[str, int] = {}  # applied
        self.durable: dict[str, int] = {}  # written
        self.fuse = Fuse(setting.limits.fuse)
        self.dead_letters: dict[str, int] = {}
        self.epoch = self.seq = self.base = 0
        self.pending = 0  # events applied since the last collect
        self.rows_restored = 0
        self._readers: dict[str, TableReader] = {}
        self._grouped = False
        self._letters: list[Output] = []
        self._restate = False  # the meta row must be written although nothing was applied

    # -- claim and restore -------------------------------------------------------------------------

    def claim(self, nonce: bytes, fencing: bool) -> Flush:
        """The claim rows; once they are written `restoring` begins."""
        self._grouped = not fencing
        self._readers = {
            log.topic: TableReader(log.table, nonce, self._grouped)
            for log in self.setting.changelogs
        }
        rows: dict[str, Rows] = {log.topic: [(CLAIM_KEY, nonce)] for log in self.setting.changelogs}
        return Flush(self.number, rows)

    def claimed(self) -> None:
        """The claim rows are in the log."""
        self._move(State.CLAIMING, State.RESTORING)

    def restore(self, topic: str, records: Sequence[Record]) -> None:
        """Take records of a changelog; ignored unless restoring, a complete state is never loaded into."""
        if self.state is not State.RESTORING:
            return
        self._readers[topic].read(records, self.job)
        if all(reader.complete for reader in self._readers.values()):
            self._restored()

    def restored_topic(self, topic: str) -> bool:
        """Whether nothing of a changelog is to be read any more."""
        if self.state is State.RESTORING:
            return self._readers[topic].complete
        return self.state is not State.CLAIMING

    def read_to(self, topic: str) -> int:
        """The offset of the last changelog record that was read; -1: none."""
        reader = self._readers.get(topic)
        return reader.position if reader is not None else -1

    def _restored(self) -> None:
        readers = list(self._readers.values())
        meta = settle(readers, self._grouped, self.job)
        self.rows_restored = sum(reader.rows for reader in readers)
        self._readers = {}
        if meta is not None:
            self.epoch, self.seq = meta.epoch, meta.seq
            self.offsets, self.durable = dict(meta.offsets), dict(meta.offsets)
            self.fuse = Fuse(self.setting.limits.fuse, meta.fuse)
            self.dead_letters = dict(meta.dead_letters)
        self.base = self.seq
        self.epoch += 1
        self.job.restored(meta.job if meta is not None else None, self.epoch)
        self._move(State.RESTORING, State.FROZEN)

    def check_committed(self, topic: str, committed: int | None) -> None:
        """A restored state behind the group's committed offset has lost rows that were written."""
        applied = self.offsets.get(topic, 0)
        if committed and committed > applied:
            raise FatalError(
                f"the restored state of agent={self.setting.spec.name} partition={self.number} ends at "
                f"offset {applied} of {topic}, but {committed} was committed: the changelog has lost rows"
            )

    # -- running ------------------------------------------------------------------------------------

    def start(self) -> None:
        """The sources stand where the state ends: take records."""
        self._move(State.FROZEN, State.RUNNING)

    def freeze(self) -> None:
        """Take nothing until the group has decided; a running restore goes on afterwards."""
        if self.state is State.RUNNING:
            self.state = State.FROZEN

    def close(self) -> None:
        """Forget everything."""
        if self.state is not State.CLOSED:
            self.state = State.CLOSED
            self.job.closed()

    @property
    def takes(self) -> bool:
        """Whether records are applied now."""
        return self.state is State.RUNNING and not self.fuse.tripped

    def apply(self, topic: str, records: Sequence[Record]) -> int:
        """Apply records of one source topic; return how many were new and were consumed."""
        if not self.takes:
            return 0
        done = self.offsets.get(topic, 0)
        if records[0].offset < done:
            records = [record for record in records if record.offset >= done]
        consumed = self._apply_parts(records) if records else 0
        if consumed:
            self.offsets[topic] = records[consumed - 1].offset + 1
            self.pending += consumed
        return consumed

    def turn(self, now_ms: int, ends: Mapping[str, int]) -> None:
        """Let the job run what is due."""
        if self.state is State.RUNNING:
            self.job.turn(now_ms, ends if not self.fuse.tripped else {})

    def resume(self) -> bool:
        """Lift the fuse; whether it had tripped."""
        tripped = bool(self.fuse.tripped)
        self.fuse.reset()
        self._restate |= tripped
        return tripped

    def _apply_parts(self, records: Sequence[Record]) -> int:
        # A record that is too large is rejected here, unread; nearly always there is none.
        cap = self.setting.limits.record_bytes
        large = [i for i, r in enumerate(records) if r.value is not None and len(r.value) > cap]
        done = 0
        for index in large:
            done += self._apply_run(records[done:index])
            if done < index:
                return done
            done += 1
            if not self._reject(_oversized(records[index], cap)):
                return done
        rest = records[done:] if done else records
        return done + (self._apply_run(rest) if rest else 0)

    def _apply_run(self, records: Sequence[Record]) -> int:
        counted = 0  # records before this index are known to the fuse

        def reject(rejected: Rejected) -> bool:
            nonlocal counted
            index = counted
            while records[index] is not rejected.record:
                index += 1
            self.fuse.accept(index - counted)
            counted = index + 1
            return self._reject(rejected)

        consumed = self.job.apply(records, reject) if records else 0
        self.fuse.accept(consumed - counted)
        return consumed

    def _reject(self, rejected: Rejected) -> bool:
        self._letters.append(dead_letter(rejected, self.setting.sender))
        self.dead_letters[rejected.code] = self.dead_letters.get(rejected.code, 0) + 1
        return self.fuse.reject()

    # -- writing ------------------------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Whether there is anything to flush."""
        return bool(self.pending or self._letters or self._restate) or (
            self.state in (State.RUNNING, State.FROZEN) and self.job.changed
        )

    def collect(self) -> Flush:
        """Everything since the last flush. It must be written, or the partition closed."""
        changes = self.job.collect()
        outputs = changes.outputs
        outputs.extend(self._letters)
        self._letters = []
        meta_row = (META_KEY, encode_meta(self._next_meta(changes.meta)))
        rows = self._by_changelog(changes.rows)
        for table_rows in rows.values():
            table_rows.append(meta_row)
        flush = Flush(self.number, rows, outputs, dict(self.offsets), self.pending)
        self.pending, self._restate = 0, False
        return flush

    def committed(self, flush: Flush) -> None:
        """The flush is durable and visible."""
        self.durable = flush.offsets
        if self.state is not State.CLOSED:
            self.job.committed()

    def _next_meta(self, job: bytes) -> Meta:
        self.base, self.seq = self.seq, self.seq + 1
        tables = [log.table for log in self.setting.changelogs]
        return Meta(
            format=FORMAT,
            epoch=self.epoch,
            seq=self.seq,
            base=self.base,
            tables=tables,
            offsets=self.offsets,
            fuse=self.fuse.state,
            dead_letters=self.dead_letters,
            job=job,
        )

    def _by_changelog(self, rows: Sequence[Row]) -> dict[str, Rows]:
        cap = self.setting.limits.row_bytes
        grouped: dict[str, Rows] = {log.table: [] for log in self.setting.changelogs}
        for table, key, value in rows:
            if value is not None and len(value) > cap:
                raise FatalError(
                    f"a row of table {table} has {len(value)} bytes, the cap is {cap}: key {key[:200]!r}"
                )
            grouped[table].append((key, value))
        return {log.topic: grouped[log.table] for log in self.setting.changelogs}

    def _move(self, source: State, target: State) -> None:
        assert self.state is source, f"{self.state} is not {source}"
        self.state = target


def _oversized(record: Record, cap: int) -> Rejected:
    size = len(record.value or b"")
    return Rejected(record, "oversized", "", f"the value has {size} bytes, the limit is {cap}")
