"""The engine of a worker: what happens to its partitions between two polls.

Everything runs in Faust's main loop, from its one fetch loop: records are applied, jobs get their
turn, flushes are begun; commits alone run beside it. So nothing here needs a lock, and between two
polls everything that was handed over has been applied.
"""

import gc
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog
from faust.types import TP

from stream_app.adapters.clock import now_ms
from stream_app.engine.errors import FatalError
from stream_app.engine.exits import leave
from stream_app.engine.internals import BatchConsumer
from stream_app.engine.job import PartitionJob, Record
from stream_app.engine.owner import Owner, Probe
from stream_app.engine.owners import MakeWriter, Owners, sources_of
from stream_app.engine.partition import State
from stream_app.engine.positions import Positions
from stream_app.engine.registry import Registry
from stream_app.engine.status import EngineStatus, Timings
from stream_app.engine.statuses import partition_status
from stream_app.errors import UserError

log = structlog.get_logger("pegel.engine")


class Engine:
    """All batch agents of a worker."""

    def __init__(self, registry: Registry, make_writer: MakeWriter, probe: Probe) -> None:
        self.registry = registry
        self.limits = registry.limits
        self.timings = Timings()
        self.owners = Owners(registry, make_writer, probe, self.timings)
        self.owners.on_lost = self._rejoin
        self.owners.on_fatal = self.die
        self.positions = Positions(self.owners)
        self.fencing: bool | None = None
        self.ignored = 0
        self.joined = False
        self.handling = False
        self.stopping = False
        self.exit: Callable[[int], None] = leave
        self.after_claim: Callable[[], Awaitable[None]] = _nothing
        self._probe = probe
        self._consumer: BatchConsumer | None = None
        self._turned_at = 0.0

    # -- what the consumer asks (hooks.Hooks) ------------------------------------------------------

    @property
    def read_committed(self) -> bool:
        """Whether readers wait for transactions to end."""
        return self.fencing is not False

    def is_source(self, topic: str) -> bool:
        return topic in self.registry.sources

    def is_changelog(self, topic: str) -> bool:
        return topic in self.registry.changelogs

    def restored(self, tp: TP) -> bool:
        """Whether a changelog partition has been read as far as its owner needs it."""
        owner = self.owners.of(tp)
        return owner is not None and owner.partition.restored_topic(tp.topic)

    def stopped(self, tp: TP) -> bool:
        """Whether a partition must not be fetched: a fused source, or a changelog that was read."""
        owner = self.owners.of(tp)
        if owner is None:
            return False
        if self.is_changelog(tp.topic):
            return owner.partition.restored_topic(tp.topic)
        return bool(owner.partition.fuse.tripped)

    def read_to(self, tp: TP) -> int:
        """The last changelog offset that is part of an unfinished restore; -1: none."""
        owner = self.owners.of(tp)
        return owner.partition.read_to(tp.topic) if owner is not None else -1

    def replay(self, tp: TP, records: Sequence[Record]) -> None:
        """Records of a changelog, during recovery."""
        owner = self.owners.of(tp)
        if owner is None or not records:
            return
        started = time.thread_time()
        try:
            owner.partition.restore(tp.topic, records)
        except FatalError as exc:
            self.die(exc)
        self.timings.restore_seconds += time.thread_time() - started
        self.timings.rows_restored += len(records)

    def stray(self, tp: TP, records: Sequence[Record]) -> None:
        """Records that came when none are taken."""
        self.positions.stray(tp, records)

    def check(self, committed: Mapping[TP, int | None]) -> None:
        """Recovery is over; compare with the group's offsets."""
        try:
            self.positions.check(committed)
        except FatalError as exc:
            self.die(exc)

    def seeks(self) -> dict[TP, int]:
        """Where to read on before the next poll."""
        return self.positions.seeks()

    def sought(self) -> None:
        """The sources stand there."""
        self.positions.sought()

    def committable(self) -> Mapping[TP, int]:
        """Next offsets that are written; for the group's offsets, which lag tools read."""
        return {
            TP(topic, owner.partition.number): offset
            for owner in self.owners
            for topic, offset in owner.partition.durable.items()
        }

    async def handle(self, tp: TP, records: Sequence[Record]) -> None:
        """Records of a source, in order. Waits only when a flush is late: intake is then paused."""
        owner = self.owners.of(tp)
        if owner is None or owner.lost:
            self.ignored += len(records)
        elif not owner.partition.takes:
            self.stray(tp, records)
        else:
            self.handling = True
            try:
                await self._take(owner, tp, records)
            finally:
                self.handling = False

    async def after_poll(self) -> None:
        """Everything handed over has been applied: turns, then flushes that are due."""
        self.timings.polls += 1
        now = time.monotonic()
        if now - self._turned_at >= self.limits.turn_seconds / 2:
            self._turned_at = now
            self._turn_all()
        for owner in self.owners:
            late = now - owner.flushed_at >= self.limits.flush_seconds
            if late and not owner.busy and not owner.lost and owner.partition.dirty:
                owner.begin(self.timings)

    async def freeze(self, member: bool) -> None:
        """A rebalance begins: write what there is, then take nothing until it has ended."""
        self.joined = False
        if not member and self.fencing is False:
            # Nothing would keep our late flush from mixing with a new owner's.
            self.owners.drop(self.owners.by_key)
        else:
            await self.owners.finish(self.limits.revoke_seconds)

    async def assign(self, assigned: set[TP]) -> None:
        """The group has decided: keep, drop, claim."""
        try:
            await self.owners.assign(self.registry.owned(assigned))
            await self.after_claim()
        except (FatalError, UserError) as exc:
            self.die(exc)
        self.joined = True

    # -- what the application asks -------------------------------------------------------------------

    def attach(self, consumer: BatchConsumer) -> None:
        """The consumer exists now."""
        self._consumer = consumer

    def set_fencing(self, fencing: bool) -> None:
        """What the broker can do is known."""
        self.fencing = fencing
        if not fencing:
            log.warning("no fencing on this broker", flush="rows in one batch, then outputs")

    def recovered(self) -> None:
        """All partitions are restored: what is there stays, the collector need not look at it."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        rows = sum(owner.partition.rows_restored for owner in self.owners)
        log.info("ready", partitions=len(self.owners), rows_restored=rows)

    async def drain(self) -> None:
        """The worker stops: a last flush."""
        self.stopping = True
        await self.owners.finish(self.limits.drain_seconds)

    def owns(self, agent: str, partition: int) -> bool:
        """Whether this worker owns a partition."""
        return (agent, partition) in self.owners.by_key

    def job(self, agent: str, partition: int) -> PartitionJob | None:
        """The job of a partition whose state is complete, if this worker owns it."""
        owner = self.owners.by_key.get((agent, partition))
        if owner is None or owner.partition.state not in (State.RUNNING, State.FROZEN):
            return None
        return owner.partition.job

    async def resume(self, agent: str, partition: int) -> bool:
        """Lift the fuse of a partition; whether it had tripped. LookupError: not on this worker."""
        owner = self.owners.by_key.get((agent, partition))
        if owner is None:
            raise LookupError(f"partition {partition} of {agent} is not on this worker")
        if not owner.partition.resume():
            return False
        self.positions.resume(owner)
        if self._consumer is not None and owner.partition.state is State.RUNNING:
            self._consumer.resume_partitions(sources_of(owner))
        log.warning("fuse lifted", agent=agent, partition=partition)
        return True

    def status(self) -> EngineStatus:
        """How everything stands."""
        owners = sorted(self.owners.by_key.items())
        if self._consumer is not None:
            self.timings.fetch_seconds = self._consumer.fetch_cpu()
        return EngineStatus(
            joined=self.joined,
            ready=self.joined and all(o.partition.state is State.RUNNING for _, o in owners),
            fencing=self.fencing,
            fences=self.owners.fences,
            ignored=self.ignored,
            partitions=tuple(partition_status(a, o, self._consumer) for (a, _), o in owners),
            timings=replace(self.timings),
        )

    def lagging(self, owner: Owner) -> bool:
        """Whether there are records for a partition that it should be applying."""
        if owner.partition.state is not State.RUNNING:
            return True  # claiming, restoring and frozen are states to get out of
        if owner.partition.fuse.tripped or self._consumer is None:
            return False
        answers = [self._consumer.answer(tp) for tp in sources_of(owner)]
        return self.handling or any(a is not None and a.position < a.end for a in answers)

    def die(self, why: FatalError | UserError | str) -> None:
        """End the process: one line that says why, exit code 1."""
        log.critical("the worker ends", reason=str(why))
        self.exit(1)

    # -- within ----------------------------------------------------------------------------------------

    async def _take(self, owner: Owner, tp: TP, records: Sequence[Record]) -> None:
        part, started = owner.partition, time.thread_time()
        self.timings.events += part.apply(tp.topic, records)
        self.timings.apply_seconds += time.thread_time() - started
        self._probe("applied")
        if part.fuse.tripped:
            self._pause(owner)
        elif records[-1].offset >= part.offsets.get(tp.topic, 0):  # the job could not take them yet
            done = part.offsets.get(tp.topic, 0)
            self.positions.stray(tp, [record for record in records if record.offset >= done])
        if part.pending >= self.limits.flush_events:
            await owner.settle()
            if not owner.lost and part.state is State.RUNNING:
                owner.begin(self.timings)

    def _pause(self, owner: Owner) -> None:
        part = owner.partition
        name, reason = part.setting.spec.name, part.fuse.tripped
        log.error(
            "fuse tripped, partition paused", agent=name, partition=part.number, reason=reason
        )
        if self._consumer is not None:
            self._consumer.pause_partitions(sources_of(owner))

    def _turn_all(self) -> None:
        now, started = now_ms(), time.thread_time()
        for owner in self.owners:
            if owner.partition.state is State.RUNNING and not owner.lost:
                owner.ends = self._ends(owner)
                owner.partition.turn(now, owner.ends)
        self.timings.turn_seconds += time.thread_time() - started

    def _ends(self, owner: Owner) -> dict[str, int]:
        ends: dict[str, int] = {}
        if self._consumer is None or owner.partition.fuse.tripped:
            return ends
        for tp in sources_of(owner):
            answer = self._consumer.answer(tp)
            at_end = answer is not None and answer.position >= answer.end
            if answer is not None and at_end and not self.positions.is_astray(tp):
                ends[tp.topic] = answer.at_ms
        return ends

    def _rejoin(self) -> None:
        if self._consumer is not None and not self.stopping:
            self._consumer.rejoin()


async def _nothing() -> None:
    """Nobody has to know."""
