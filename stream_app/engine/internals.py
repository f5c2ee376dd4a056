"""Every private attribute of Faust, mode and aiokafka that Pegel touches, and nothing else.

tests/contract/test_private_attributes.py lists them and fails by name and version when one is gone.
The rest of the engine talks to the thin functions here, and the subclasses here to `Hooks`.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import aiokafka
from aiokafka.errors import IllegalStateError, KafkaConnectionError, KafkaError
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from stream_app.engine.hooks import Answer, Hooks, hooks_of

FETCH_WAIT_MS = 50  # Faust has 1500: one idle topic then delays the busy ones on the same broker


class BatchThread(driver.AIOKafkaConsumerThread):
    """The consumer thread: shorter long polls, real pauses, commits that cannot end the process."""

    fetch_cpu = 0.0  # CPU seconds of this thread: fetching, unpacking, heartbeats

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        if hooks_of(self.app).read_committed:
            consumer._isolation_level = "read_committed"  # before start(): fetches and end offsets
        return consumer

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> Any:
        if self.app.in_recovery:
            max_records = hooks_of(self.app).limits.replay_records
        found = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        self.fetch_cpu = time.thread_time()
        return found

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        # Group offsets serve lag tools alone; Faust would end the process when a broker restarts.
        try:
            consumer = self._ensure_consumer()
            mine = self.assignment()
            await consumer.commit(
                {driver.ensure_aiokafka_TP(tp): at for tp, at in offsets.items() if tp in mine}
            )
        except (KafkaError, ValueError) as exc:
            self.log.warning("group offsets not committed: %s", type(exc).__name__)
            return False
        return True

    def set_paused(self, tps: Iterable[TP], paused: bool) -> None:
        """Stop or start fetching; must run in this thread's loop."""
        consumer = self._ensure_consumer()
        for tp in map(driver.ensure_aiokafka_TP, tps):  # Faust's own TP fails aiokafka's checks
            if consumer._subscription.is_assigned(tp):
                (consumer.pause if paused else consumer.resume)(tp)

    def rejoin(self) -> None:
        """Ask the group for the assignment anew; must run in this thread's loop."""
        self._ensure_consumer()._coordinator.request_rejoin()


class BatchConsumer(driver.Consumer):
    """Hands whole record lists of batch topics to the engine; other topics take Faust's own path."""

    _thread: BatchThread

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def hooks(self) -> Hooks:
        return hooks_of(self.app)

    async def _wait_next_records(self, timeout: float) -> Any:
        if self.flow_active and not self._get_active_partitions():
            await asyncio.sleep(0.02)  # Faust sleeps a whole second here, in every recovery
            return {}, set()
        await self._seek_first()
        longest = min(timeout, self.hooks.limits.turn_seconds)
        records, active = await super()._wait_next_records(longest)
        if records is not None:
            await self._take_batches(records)
            await self._after_poll()
        return records, active

    async def _seek_first(self) -> None:
        """Sources go on where the state ends, not at the group's committed offset.

        Done between two polls, so that no records can be on their way. Whatever else moves a position,
        a rebalance or Faust, moves it to a committed offset or the start: never past what was applied.
        """
        if self.flow_active and not self.app.in_recovery:
            where = self.hooks.seeks()
            try:
                if where:
                    await self.seek_wait(where)
            except IllegalStateError:  # taken away meanwhile
                return
            if self.flow_active:
                self.hooks.sought()

    async def _take_batches(self, records: Any) -> None:
        hooks = self.hooks
        for tp in [
            tp for tp in records if hooks.is_source(tp.topic) or hooks.is_changelog(tp.topic)
        ]:
            batch = records.pop(tp)
            if hooks.is_changelog(tp.topic):
                if self.flow_active:
                    hooks.replay(tp, batch)
            elif self.flow_active and not self.app.in_recovery:
                self.app.monitor.messages_received_total += len(batch)
                await hooks.handle(tp, batch)
            else:
                hooks.stray(tp, batch)

    async def _after_poll(self) -> None:
        recovery: Recovery = tables_of(self.app).recovery
        if self.flow_active and not self.app.in_recovery:
            await self.hooks.after_poll()
        # Asked after each poll: a signal left standing would end the NEXT recovery before it reads.
        if self.flow_active and recovery.in_recovery and not recovery.need_recovery():
            recovery.signal_recovery_end.set()
        else:
            recovery.signal_recovery_end.clear()

    async def perform_seek(self) -> None:
        """Faust seeks to the committed offsets; restored states are checked against them."""
        await super().perform_seek()
        self.hooks.check({tp: self._committed_offset.get(tp) for tp in self.assignment()})

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Stop the network fetch as well: Faust's pause is only a filter on what was fetched."""
        tps = list(tps)
        super().pause_partitions(tps)
        self._in_thread(self._thread.set_paused, tps, True)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Resume all but fused sources and the changelogs of complete partitions."""
        tps = [tp for tp in tps if not self.hooks.stopped(tp)]
        super().resume_partitions(tps)
        self._in_thread(self._thread.set_paused, tps, False)

    def rejoin(self) -> None:
        """Have the group assign anew."""
        self._in_thread(self._thread.rejoin)

    def _in_thread(self, call: Callable[..., None], *args: Any) -> None:
        self._thread.thread_loop.call_soon_threadsafe(call, *args)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's livelock detector knows its own path alone; the engine has a watchdog."""
        if not self.hooks.is_source(tp.topic) and not self.hooks.is_changelog(tp.topic):
            super().verify_event_path(now, tp)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        yield from super()._filter_tps_with_pending_acks(topics)
        for tp in list(self.hooks.committable()):
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        if self.hooks.is_source(tp.topic):
            return self.hooks.committable().get(tp)
        return super()._new_offset(tp)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Flush and freeze while this worker is still a member, then let Faust go on."""
        self.stop_flow()
        tables_of(self.app).recovery.signal_recovery_end.clear()
        await self.hooks.freeze(self._thread._ensure_consumer()._coordinator.generation >= 0)
        with contextlib.suppress(Exception):  # offsets for lag tools must not fail a rebalance
            await self.commit()
        await super().on_partitions_revoked(revoked)

    def answer(self, tp: TP) -> Answer | None:
        """The latest fetch answer about a partition. The order of the three reads matters."""
        consumer = self._thread._consumer
        subscription = consumer._subscription.subscription if consumer is not None else None
        assignment = subscription.assignment if subscription is not None else None
        state = assignment.state_value(driver.ensure_aiokafka_TP(tp)) if assignment else None
        if state is None or state.timestamp is None:
            return None
        at_ms = state.timestamp  # first: the thread writes it last, so the end below is not older
        position = state._position
        end = state.lso if self.hooks.read_committed and state.lso is not None else state.highwater
        return None if position is None or end is None else Answer(at_ms, position, end)

    def fetch_cpu(self) -> float:
        """CPU seconds of the consumer thread."""
        return self._thread.fetch_cpu


class BatchRecovery(Recovery):
    """Faust's recovery; batch tables are done when their claim rows have been read back."""

    def need_recovery(self) -> bool:
        """Whether anything is still to be read. Offsets cannot tell: control records take some."""
        hooks = hooks_of(self.app)
        for tp in self.active_tps:
            if hooks.is_changelog(tp.topic):
                if not hooks.restored(tp):
                    return True
            elif self._behind(tp):
                return True
        return False

    def _behind(self, tp: TP) -> bool:
        high, seen = self.active_highwaters.get(tp), self.active_offsets.get(tp)
        return high is None or (-1 if seen is None else seen) < high


class BatchTableManager(TableManager):
    """Faust's tables; claims partitions before recovery asks where their logs end."""

    @property
    def recovery(self) -> Recovery:
        """The recovery service."""
        if self._recovery is None:
            self._recovery = BatchRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def sleep(self, n: Any, **kwargs: Any) -> None:
        """Faust waits a second at start for tables that are added late; ours are not."""
        await super().sleep(min(float(n), 0.01), **kwargs)

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Claim or keep the partitions first."""
        await hooks_of(self.app).assign(assigned)
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)


def tables_of(app: Any) -> BatchTableManager:
    """The table manager of an app made by `make_app`."""
    tables = app.tables
    assert isinstance(tables, BatchTableManager)
    return tables


def patient_coordinator_lookup(
    producer: aiokafka.AIOKafkaProducer, give_up: Callable[[], bool]
) -> None:
    """Ask again when a connection closes during FindCoordinator.

    aiokafka 0.14 lets such an error end its sender task for good; a clean broker restart causes it.
    """
    sender = producer._sender
    find: Callable[[Any, str], Awaitable[Any]] = sender._find_coordinator

    async def find_coordinator(kind: Any, key: str) -> Any:
        while True:
            try:
                return await find(kind, key)
            except KafkaError as exc:
                if give_up() or not isinstance(exc.__cause__, KafkaConnectionError):
                    raise
                await asyncio.sleep(0.1)

    sender._find_coordinator = find_coordinator


def is_fenced(producer: aiokafka.AIOKafkaProducer) -> bool:
    """Whether aiokafka has given this transactional producer up; it then fails by bare assertions."""
    fatal: bool = producer._txn_manager.is_fatal_error()
    return fatal


def fill_batch(
    builder: Any, rows: Sequence[tuple[bytes, bytes | None]], start: int, at_ms: int
) -> int:
    """Append rows from `start` until the batch is full; return the index of the first left out."""
    append = builder._builder.append  # the wrapper around it costs as much as the work itself
    count = builder._relative_offset
    for index in range(start, len(rows)):
        key, value = rows[index]
        if append(count, at_ms, key=key, value=value, headers=[]) is None:
            builder._relative_offset = count
            return index
        count += 1
    builder._relative_offset = count
    return len(rows)
