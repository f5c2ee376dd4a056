"""Reads the view and the alert topic into a store, from the beginning and then for ever.

1. A session connects, reads all views up to the ends that it found, and only then hands them over:
   screens never see half a picture. Alerts come after that, because there may be a month of them; until
   all have been read there are none, and it is said how far that is.
2. While it is alive it asks the broker for the ends once a second. A consumer alone says nothing when
   its broker is gone; a broker that does not answer this question in time is lost.
3. A session that is lost ends. What was read stays, marked as lost since the last sign of life, until
   the next session has read everything anew.
4. What was written before the session began was received when the broker took it, not now: a view
   that a dead worker left behind is old from the start. So is what comes very late afterwards.

No consumer group, no offsets: every wall reads everything for itself.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.instants import format_ms
from stream_app.adapters.clock import now_ms as wall_clock
from stream_app.adapters.kafka import servers
from stream_app.adapters.topics import topic_name
from stream_app.settings import Settings
from stream_app.wall.backlog import SETTLED_SECONDS, Backlog
from stream_app.wall.store import Store

VIEWS: Final = "engagement.view.v1"
ALERTS: Final = "engagement.alert.v1"
_PROBE_EVERY: Final = 1.0
_PROBE_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 10.0
_BACKOFF: Final = (0.2, 0.5, 1.0, 2.0, 3.0)
_WAIT_MS: Final = 200  # for records, while there should be more
_LATE_MS: Final = 10_000  # more than clocks of machines differ; such a record is as old as it says
_MOST_RECORDS: Final = 2_000  # at once, so that requests are answered in between

_log = logging.getLogger(__name__)


class FeedState(NamedTuple):
    """Whether what is shown still comes in; `since`: when it last did.

    `alerts_read`: the share of the alerts that has been read; below 1 nobody can know which there are.
    """

    connected: bool
    since_ms: int | None
    problem: str | None
    alerts_read: float = 1.0

    def content(self) -> dict[str, Any]:
        """As it is told to others."""
        since = format_ms(self.since_ms) if self.since_ms is not None else None
        return {
            "connected": self.connected,
            "since": since,
            "problem": self.problem,
            "alerts_read": self.alerts_read,
        }


class LostError(Exception):
    """The session cannot go on, for the reason that it says."""


class Feed:
    """Keeps `store` up to date; `news` is set when there is something new to tell."""

    def __init__(self, settings: Settings, now_ms: Callable[[], int] = wall_clock) -> None:
        self.store = Store()
        self.state = FeedState(False, None, "the feed has not been read yet", 0.0)
        self.sessions = 0  # grows when all views or all alerts have been read: a new picture
        self.news = asyncio.Event()
        self._settings = settings
        self._now_ms = now_ms
        self._alive_ms: int | None = None
        self._views = topic_name(settings, VIEWS)
        self._alerts = topic_name(settings, ALERTS)

    async def run(self) -> None:
        """Read until cancelled, whatever happens to the broker."""
        failures = 0
        while True:
            before = self.sessions
            try:
                await self._session()
            except (KafkaError, OSError, TimeoutError, LostError) as problem:
                self._lose(problem)
            failures = 0 if self.sessions > before else failures + 1
            await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])

    async def _session(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=servers(self._settings.broker),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 << 20,
        )
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await consumer.start()
            partitions = await self._assign(consumer)
            views = [each for each in partitions if each.topic == self._views]
            alerts = [each for each in partitions if each.topic == self._alerts]
            consumer.pause(*alerts)
            self._begin(await self._read_views(consumer, views))
            backlog = Backlog(await _ends(consumer, alerts))
            consumer.resume(*alerts)
            await self._follow(consumer, partitions, backlog)
        finally:
            await _close(consumer)

    async def _assign(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        """All partitions of both topics; the client notices by itself when there are more."""
        topics = (self._views, self._alerts)
        async with asyncio.timeout(_CONNECT_SECONDS):
            known = await consumer.topics()
        for topic in topics:
            if topic not in known:  # subscribing to it could create it
                raise LostError(f"topic {topic} does not exist: pegel topics apply")
        consumer.subscribe(topics=topics)
        async with asyncio.timeout(_CONNECT_SECONDS):
            while {partition.topic for partition in consumer.assignment()} != set(topics):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return sorted(consumer.assignment())

    async def _read_views(
        self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
    ) -> Store:
        """Read up to the ends; of each view only the last record is looked into."""
        ends = await _ends(consumer, partitions)
        newest: dict[bytes, tuple[bytes | None, int]] = {}
        loop = asyncio.get_running_loop()
        heard = loop.time()
        while not await _reached(consumer, ends):
            fetched = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=_MOST_RECORDS)
            for records in fetched.values():
                for record in records:
                    newest[record.key or b""] = record.value, record.timestamp
            if fetched:
                heard = loop.time()
            elif loop.time() - heard > SETTLED_SECONDS:
                await _ends(consumer, partitions)  # raises when the broker is gone
                break
        now, store = self._now_ms(), Store()
        for key, (value, written) in newest.items():
            store.put_view(key, value, min(now, written))
        return store

    def _begin(self, store: Store) -> None:
        self.store = store
        self.sessions += 1
        self._sign_of_life()
        self.state = FeedState(True, None, None, alerts_read=0.0)
        _log.info("views are read: %d tenants", len(store.tenants()))
        self.news.set()

    async def _follow(
        self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition], backlog: Backlog
    ) -> None:
        reading = asyncio.create_task(self._read(consumer, backlog))
        probing = asyncio.create_task(self._probe(consumer, partitions))
        try:
            done, _ = await asyncio.wait({reading, probing}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _end(reading, probing)

    async def _read(self, consumer: AIOKafkaConsumer, backlog: Backlog) -> None:
        while True:
            if not backlog.done:
                self._progress(await backlog.reached(consumer), backlog)
            fetched = await consumer.getmany(
                timeout_ms=1_000 if backlog.done else _WAIT_MS, max_records=_MOST_RECORDS
            )
            now = self._now_ms()
            for partition, records in fetched.items():
                for record in records:
                    if partition.topic == self._views:
                        at = now if now - record.timestamp <= _LATE_MS else record.timestamp
                        self.store.put_view(record.key or b"", record.value, at)
                    else:
                        store = self.store if backlog.done else backlog.store
                        store.put_alert(record.key or b"", record.value)
            if fetched:
                self._sign_of_life()
                self.news.set()

    def _progress(self, share: float, backlog: Backlog) -> None:
        """Alerts are handed over when all have been read; until then it is said how many."""
        if backlog.done:
            self.store.take_alerts(backlog.store)
            self.sessions += 1
            _log.info("alerts are read")
        if share != self.state.alerts_read:
            self.state = self.state._replace(alerts_read=share)
            self.news.set()

    async def _probe(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        while True:
            await asyncio.sleep(_PROBE_EVERY)
            asked = self._now_ms()
            try:
                await _ends(consumer, partitions)
            except (KafkaError, OSError, TimeoutError) as problem:
                if self._alive_ms is not None and self._alive_ms > asked:
                    continue  # slow, not gone: records have come since
                self._lose(problem)  # now: to end a session without a broker takes its time
                raise
            self._sign_of_life()

    def _sign_of_life(self) -> None:
        self._alive_ms = self._now_ms()

    def _lose(self, problem: BaseException) -> None:
        if isinstance(problem, LostError):
            text = str(problem)
        else:
            text = f"no Kafka broker answers at {self._settings.broker}"
        if self.state.problem != text:
            _log.warning("the feed is lost: %s", text)
        self.state = FeedState(False, self._alive_ms, text, self.state.alerts_read)
        self.news.set()


async def _ends(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
) -> Mapping[TopicPartition, int]:
    async with asyncio.timeout(_PROBE_SECONDS):
        ends: Mapping[TopicPartition, int] = await consumer.end_offsets(partitions)
    return ends


async def _reached(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for partition, end in ends.items():
        if await consumer.position(partition) < end:
            return False
    return True


async def _close(consumer: AIOKafkaConsumer) -> None:
    """Stop it. Without a broker that may take for ever, and nobody waits for that."""
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait({stopping}, timeout=_PROBE_SECONDS)
    await _end(stopping)


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and give them a moment: the client has places where it swallows that."""
    for task in tasks:
        task.cancel()
    done, left = await asyncio.wait(tasks, timeout=_PROBE_SECONDS)
    for task in done:
        if not task.cancelled() and task.exception() is not None:
            _log.debug("ended with %r", task.exception())
    if left:
        _log.debug("left behind: %s", left)
