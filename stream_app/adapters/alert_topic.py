"""Reads `engagement.alert.v1` as a careful consumer does: all that is committed, then what follows.

No consumer group, no offsets kept: whoever asks reads for himself. What the records mean is not
known here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.outputs import Alert
from stream_app.adapters.kafka import servers, unreachable
from stream_app.adapters.topics import topic_name
from stream_app.errors import UserError
from stream_app.settings import Settings

TOPIC: Final = "engagement.alert.v1"
_CONNECT_SECONDS: Final = 15.0
_WAIT_MS: Final = 200
_SILENT_SECONDS: Final = 15.0  # without progress; half of the alerts would be worse than none
_decode = msgspec.json.Decoder(Alert).decode


class Told(NamedTuple):
    """One record: what it says, under which key, and when the broker took it."""

    key: bytes
    alert: Alert
    written_ms: int


class AlertTopic:
    """The alert topic from its beginning; made by `alert_topic`."""

    def __init__(self, consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> None:
        self._consumer, self._places = consumer, places

    async def everything(
        self, progress: Callable[[int], None] = lambda _missing: None
    ) -> AsyncIterator[Told]:
        """What was committed when this was called, in the order of each partition.

        `progress` is told how many offsets are still to be read.
        """
        ends = await self._consumer.end_offsets(self._places)
        before, deadline = -1, 0.0
        loop = asyncio.get_running_loop()
        while (missing := await self._missing(ends)) > 0:
            progress(missing)
            if missing != before:
                before, deadline = missing, loop.time() + _SILENT_SECONDS
            elif loop.time() > deadline:
                raise UserError(
                    f"{TOPIC} could not be read to its end", "is every broker up? `pegel doctor`"
                )
            for told in await self.more():
                yield told

    async def more(self) -> list[Told]:
        """What has come since; nothing after a moment without a record."""
        fetched = await self._consumer.getmany(timeout_ms=_WAIT_MS)
        told = []
        for records in fetched.values():
            for record in records:
                alert = _read(record.value)
                if alert is not None:
                    told.append(Told(record.key or b"", alert, record.timestamp))
        return told

    async def _missing(self, ends: Mapping[TopicPartition, int]) -> int:
        """Offsets still to be read; markers of transactions are among them."""
        return sum([max(0, end - await self._consumer.position(p)) for p, end in ends.items()])


@asynccontextmanager
async def alert_topic(settings: Settings) -> AsyncIterator[AlertTopic]:
    """The topic, for as long as this is entered. Raises UserError when it cannot be read."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers(settings.broker),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    try:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await consumer.start()
                places = await _places(consumer, topic_name(settings, TOPIC))
        except (KafkaError, OSError, TimeoutError) as error:
            raise unreachable(settings.broker) from error
        yield AlertTopic(consumer, places)
    finally:
        await consumer.stop()


async def _places(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    """All partitions of the topic, assigned."""
    if topic not in await consumer.topics():  # subscribing to it could create it
        raise UserError(f"topic {topic} does not exist", "pegel topics apply")
    consumer.subscribe(topics=[topic])
    while not consumer.assignment():  # noqa: ASYNC110 -- without a group nothing tells of it
        await asyncio.sleep(0.01)
    return sorted(consumer.assignment())


def _read(value: bytes | None) -> Alert | None:
    """None for what is no alert: a newer worker's, or a tombstone."""
    try:
        return _decode(value or b"")
    except msgspec.DecodeError:
        return None
