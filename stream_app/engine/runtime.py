"""The engine of a worker: which partitions it owns, and what happens to them between two polls.

Everything runs in Faust's main loop, from its one fetch loop: records are applied, jobs get their
turn, flushes are begun; commits alone run beside it. So nothing here needs a lock, and between two
polls everything that was handed over has been applied.
"""

import asyncio
import gc
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import structlog
from faust.types import TP

from stream_app.adapters.clock import now_ms
from stream_app.engine.errors import FatalError, FencedError
from stream_app.engine.internals import BatchConsumer
from stream_app.engine.job import AgentSpec, PartitionJob, Record
from stream_app.engine.limits import Limits
from stream_app.engine.log import Changelog, Writer
from stream_app.engine.owner import Fate, Owner, Probe
from stream_app.engine.partition import Partition, Setting, State
from stream_app.engine.registry import Registry
from stream_app.engine.status import EngineStatus, Timings
from stream_app.engine.statuses import partition_status

log = structlog.get_logger("pegel.engine")

MakeWriter = Callable[[str, int], Writer]


class Engine:
    """All batch agents of a worker."""

    def __init__(self, registry: Registry, make_writer: MakeWriter, probe: Probe) -> None:
        self.registry = registry
        self.limits = registry.limits
        self.timings = Timings()
        self.owners: dict[tuple[str, int], Owner] = {}
        self.fencing: bool | None = None
        self.fences = 0
        self.ignored = 0
        self.joined = False
        self.handling = False
        self.stopping = False
        self.exit: Callable[[int], None] = os._exit
        self._make_writer = make_writer
        self._probe = probe
        self._consumer: BatchConsumer | None = None
        self._reseek: dict[TP, int] = {}
        self._starting: list[Owner] = []
        self._turned_at = 0.0
        self._closing: set[asyncio.Task[None]] = set()

    # -- what the consumer asks (internals.Hooks) -----------------------------------------------------

    @property
    def read_committed(self) -> bool:
        """Whether readers wait for transactions to end."""
        return self.fencing is not False

    @property
    def poll_seconds(self) -> float:
        """The longest wait for records."""
        return self.limits.turn_seconds

    @property
    def replay_records(self) -> int:
        """Records of one poll during recovery."""
        return self.limits.replay_records

    def is_source(self, topic: str) -> bool:
        return topic in self.registry.sources

    def is_changelog(self, topic: str) -> bool:
        return topic in self.registry.changelogs

    def restored(self, tp: TP) -> bool:
        """Whether a changelog partition has been read as far as its owner needs it."""
        owner = self._owner_of(tp)
        return owner is not None and owner.partition.restored_topic(tp.topic)

    def stopped(self, tp: TP) -> bool:
        """Whether a partition must not be fetched: a fused source, or a changelog that was read."""
        owner = self._owner_of(tp)
        if owner is None:
            return False
        if self.is_changelog(tp.topic):
            return owner.partition.restored_topic(tp.topic)
        return bool(owner.partition.fuse.tripped)

    def read_to(self, tp: TP) -> int:
        """The last changelog offset that is part of the state; -1: none."""
        owner = self._owner_of(tp)
        return owner.partition.read_to(tp.topic) if owner is not None else -1

    def replay(self, tp: TP, records: Sequence[Record]) -> None:
        """Records of a changelog, during recovery."""
        owner = self._owner_of(tp)
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
        """Records that came when none are taken: they are read again when some are."""
        if records:
            self._reseek[tp] = min(records[0].offset, self._reseek.get(tp, records[0].offset))

    def check(self, committed: Mapping[TP, int | None]) -> None:
        """Recovery is over: restored partitions may start unless they have lost something."""
        for owner in self.owners.values():
            if owner.partition.state is State.FROZEN:
                for tp in self._sources(owner):
                    self._check(owner.partition, tp, committed.get(tp))
                owner.checked = True

    def seeks(self) -> dict[TP, int]:
        """Where to read on before the next poll: what starts now, and what came too early."""
        self._starting = [owner for owner in self.owners.values() if owner.may_start]
        where: dict[TP, int] = {}
        for owner in self._starting:
            for tp in self._sources(owner):
                at = owner.partition.offsets.get(tp.topic, self._reseek.pop(tp, None))
                if at is not None and not owner.partition.fuse.tripped:
                    where[tp] = at
        for tp in [tp for tp in self._reseek if self._takes(tp)]:
            where[tp] = self._applied(tp, self._reseek.pop(tp))
        return where

    def sought(self) -> None:
        """The sources stand there; no poll was under way, so nothing can have been skipped."""
        for owner in self._starting:
            if owner.may_start:
                owner.checked = False
                owner.partition.start()
        self._starting = []

    def committable(self) -> Mapping[TP, int]:
        """Next offsets that are written; for the group's offsets, which lag tools read."""
        return {
            TP(topic, number): offset
            for (_, number), owner in self.owners.items()
            for topic, offset in owner.partition.durable.items()
        }

    async def handle(self, tp: TP, records: Sequence[Record]) -> None:
        """Records of a source, in order. Waits only when a flush is late: intake is then paused."""
        owner = self._owner_of(tp)
        if owner is None or owner.lost:
            self.ignored += len(records)
            return
        part = owner.partition
        if not part.takes:
            self.stray(tp, records)
            return
        self.handling = True
        try:
            self._apply(owner, tp, records)
            self._probe("applied")
            if part.pending >= self.limits.flush_events:
                await owner.settle()
                if not owner.lost and part.state is State.RUNNING:
                    owner.begin(self.timings)
        finally:
            self.handling = False

    async def after_poll(self) -> None:
        """Everything handed over has been applied: turns, then flushes that are due."""
        self.timings.polls += 1
        now = time.monotonic()
        if now - self._turned_at >= self.limits.turn_seconds / 2:
            self._turned_at = now
            self._turn_all()
        for owner in list(self.owners.values()):
            late = now - owner.flushed_at >= self.limits.flush_seconds
            if late and not owner.busy and not owner.lost and owner.partition.dirty:
                owner.begin(self.timings)

    async def freeze(self, member: bool) -> None:
        """A rebalance begins: write what there is, then take nothing until it has ended."""
        self.joined = False
        if not member and self.fencing is False:
            # Nothing would keep our late flush from mixing with a new owner's.
            await self._drop(list(self.owners))
            return
        for owner in self.owners.values():
            owner.freeze()
        await self._finish(self.limits.revoke_seconds)

    async def assign(self, assigned: set[TP]) -> None:
        """The group has decided: keep, drop, claim."""
        try:
            wanted = self.registry.owned(assigned)
            await self._drop([key for key in self.owners if key not in wanted])
            await self._drop([key for key, owner in self.owners.items() if self._unusable(owner)])
            await asyncio.gather(*(self._claim(*key) for key in wanted if key not in self.owners))
        except FatalError as exc:
            self.die(exc)
        self.joined = True

    # -- what the application asks ----------------------------------------------------------------------

    def attach(self, consumer: BatchConsumer) -> None:
        """The consumer exists now."""
        self._consumer = consumer

    def set_fencing(self, fencing: bool) -> None:
        """What the broker can do is known."""
        self.fencing = fencing
        if not fencing:
            log.warning("no fencing on this broker", flush="rows in one batch, then outputs")

    def recovered(self) -> None:
        """All partitions are restored: state is old from here on, the collector need not look at it."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        rows = sum(owner.partition.rows_restored for owner in self.owners.values())
        log.info("ready", partitions=len(self.owners), rows_restored=rows)

    async def drain(self) -> None:
        """The worker stops: a last flush, then everything is given back."""
        self.stopping = True
        for owner in self.owners.values():
            owner.freeze()
        await self._finish(self.limits.drain_seconds)

    async def close(self) -> None:
        """Give all partitions back."""
        await self._drop(list(self.owners))
        if self._closing:
            await asyncio.wait(self._closing, timeout=2)

    def owns(self, agent: str, partition: int) -> bool:
        """Whether this worker owns a partition."""
        return (agent, partition) in self.owners

    def job(self, agent: str, partition: int) -> PartitionJob | None:
        """The job of a partition whose state is complete, if this worker owns it."""
        owner = self.owners.get((agent, partition))
        whole = owner is not None and owner.partition.state in (State.RUNNING, State.FROZEN)
        return owner.partition.job if owner is not None and whole else None

    async def resume(self, agent: str, partition: int) -> bool:
        """Lift the fuse of a partition; whether it had tripped."""
        owner = self.owners.get((agent, partition))
        if owner is None:
            raise LookupError(f"partition {partition} of {agent} is not on this worker")
        if not owner.partition.resume():
            return False
        for tp in self._sources(owner):
            self._reseek[tp] = owner.partition.offsets.get(tp.topic, self._reseek.get(tp, 0))
        if self._consumer is not None and owner.partition.state is State.RUNNING:
            self._consumer.resume_partitions(self._sources(owner))
        log.warning("fuse lifted", agent=agent, partition=partition)
        return True

    def status(self) -> EngineStatus:
        """How everything stands."""
        owners = sorted(self.owners.items())
        if self._consumer is not None:
            self.timings.fetch_seconds = self._consumer.fetch_cpu()
        return EngineStatus(
            joined=self.joined,
            ready=self.joined and all(o.partition.state is State.RUNNING for _, o in owners),
            fencing=self.fencing,
            fences=self.fences,
            ignored=self.ignored,
            partitions=tuple(partition_status(a, o, self._consumer) for (a, _), o in owners),
            timings=replace(self.timings),
        )

    def die(self, why: FatalError | str) -> None:
        """End the process: one line that says why, exit code 1."""
        log.critical("the worker ends", reason=str(why))
        self.exit(1)

    def lagging(self, owner: Owner) -> bool:
        """Whether there are records for a partition that it should be applying."""
        if owner.partition.state is not State.RUNNING:
            return True  # claiming, restoring and frozen are states to get out of
        if owner.partition.fuse.tripped or self._consumer is None:
            return False
        answers = [self._consumer.answer(tp) for tp in self._sources(owner)]
        return self.handling or any(a is not None and a.position < a.end for a in answers)

    # -- within ------------------------------------------------------------------------------------------

    def _apply(self, owner: Owner, tp: TP, records: Sequence[Record]) -> None:
        started = time.thread_time()
        count = owner.partition.apply(tp.topic, records)
        self.timings.apply_seconds += time.thread_time() - started
        self.timings.events += count
        if owner.partition.fuse.tripped:
            log.error(
                "fuse tripped, partition paused",
                agent=owner.partition.setting.spec.name,
                partition=tp.partition,
                reason=owner.partition.fuse.tripped,
            )
            if self._consumer is not None:
                self._consumer.pause_partitions(self._sources(owner))

    def _turn_all(self) -> None:
        now, started = now_ms(), time.thread_time()
        for owner in self.owners.values():
            if owner.partition.state is State.RUNNING and not owner.lost:
                owner.ends = self._ends(owner)
                owner.partition.turn(now, owner.ends)
        self.timings.turn_seconds += time.thread_time() - started

    def _ends(self, owner: Owner) -> dict[str, int]:
        ends: dict[str, int] = {}
        if self._consumer is None or owner.partition.fuse.tripped:
            return ends
        for tp in self._sources(owner):
            answer = self._consumer.answer(tp)
            if answer is not None and answer.position >= answer.end and tp not in self._reseek:
                ends[tp.topic] = answer.at_ms
        return ends

    async def _claim(self, agent: str, number: int) -> None:
        setting = self.registry.settings[agent]
        fate = Fate(self._lost, self.die)
        owner = Owner(
            Partition(setting, number), self._make_writer(agent, number), fate, self._probe
        )
        self.owners[agent, number] = owner
        started = time.monotonic()
        try:
            await owner.claim()
        except FencedError:
            self._lost(owner, FencedError("lost while claiming"))
            return
        log.info(
            "claimed", agent=agent, partition=number, seconds=round(time.monotonic() - started, 3)
        )

    def _lost(self, owner: Owner, exc: FencedError) -> None:
        """Another worker has the partition, or nobody knows: drop it and let the group decide."""
        part = owner.partition
        name, number = part.setting.spec.name, part.number
        if self.owners.get((name, number)) is not owner:
            return
        self.fences += 1
        log.warning("fenced", agent=name, partition=number, cause=str(exc))
        del self.owners[name, number]
        self._close(owner)
        if self._consumer is not None and not self.stopping:
            self._consumer.rejoin()

    async def _drop(self, keys: Iterable[tuple[str, int]]) -> None:
        for key in list(keys):
            self._close(self.owners.pop(key))

    def _close(self, owner: Owner) -> None:
        owner.lost = True
        owner.partition.close()
        task = asyncio.get_running_loop().create_task(owner.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _finish(self, seconds: float) -> None:
        owners = list(self.owners.values())
        if owners:
            tasks = [asyncio.ensure_future(owner.finish(self.timings)) for owner in owners]
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                log.warning("flushes still in flight", partitions=len(late), waited=seconds)

    def _unusable(self, owner: Owner) -> bool:
        return owner.lost or owner.partition.state in (State.CLAIMING, State.CLOSED)

    def _owner_of(self, tp: TP) -> Owner | None:
        agent = self.registry.agent_of(tp.topic)
        return self.owners.get((agent, tp.partition)) if agent is not None else None

    def _takes(self, tp: TP) -> bool:
        owner = self._owner_of(tp)
        return owner is not None and owner.partition.takes

    def _applied(self, tp: TP, fallback: int) -> int:
        owner = self._owner_of(tp)
        return owner.partition.offsets.get(tp.topic, fallback) if owner is not None else fallback

    def _sources(self, owner: Owner) -> list[TP]:
        part = owner.partition
        return [TP(topic, part.number) for topic in part.setting.spec.sources]

    def _check(self, part: Partition, tp: TP, committed: int | None) -> None:
        try:
            part.check_committed(tp.topic, committed)
        except FatalError as exc:
            self.die(exc)


__all__ = ["AgentSpec", "Changelog", "Engine", "Limits", "Setting"]
