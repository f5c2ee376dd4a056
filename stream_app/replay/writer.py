"""Writes records to explicit partitions of one topic: in order, in large batches, with backpressure.

`add` only fills batches in memory; `room` sends the full ones and waits while too many are on their
way; `flush` sends everything and returns when the broker has it. Records of a partition keep their
order. The producer is idempotent where the broker can be (a retry writes nothing twice).
"""

import asyncio
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from schemas.events import STRUCTURED
from stream_app.adapters.kafka import connect, servers, unreachable
from stream_app.errors import UserError

BATCH_BYTES: Final = 128 * 1024
BATCHES_ON_THE_WAY: Final = 64
_LONGEST_GOODBYE: Final = 10.0  # seconds
_HEADERS: Final = [STRUCTURED]


class TopicWriter:
    """An async context manager; `partitions` is known inside it."""

    def __init__(self, broker: str, topic: str) -> None:
        self.topic = topic
        self.partitions = 0
        self.idempotent = False
        self._broker = broker
        self._producer: Any = None
        self._open: list[Any] = []
        self._full: list[tuple[int, Any]] = []
        self._sent: deque[asyncio.Future[Any]] = deque()

    async def __aenter__(self) -> Self:
        self.partitions = await _partitions(self._broker, self.topic)
        self._producer = await self._connect()
        self._open = [self._producer.create_batch() for _ in range(self.partitions)]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            for future in self._sent:
                future.cancel()
            # Closing waits for what is on its way; a broker that is gone must not hold us up for long.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._producer.stop(), _LONGEST_GOODBYE)

    def add(self, partition: int, key: bytes, value: bytes) -> None:
        """Put a record behind those of its partition. Call `room` every few hundred records."""
        batch = self._open[partition]
        if batch.append(timestamp=None, key=key, value=value, headers=_HEADERS) is None:
            self._full.append((partition, batch))
            batch = self._open[partition] = self._producer.create_batch()
            # An empty batch takes any record; whether it is too large is the broker's decision.
            batch.append(timestamp=None, key=key, value=value, headers=_HEADERS)

    async def room(self) -> None:
        """Send the batches that are full; wait while too many are on their way."""
        full, self._full = self._full, []
        for partition, batch in full:
            await self._send(partition, batch)
        while self._sent and (self._sent[0].done() or len(self._sent) > BATCHES_ON_THE_WAY):
            await self._delivered(self._sent.popleft())

    async def flush(self) -> None:
        """Send everything, and return when the broker has acknowledged all of it."""
        await self.push()
        while self._sent:
            await self._delivered(self._sent.popleft())

    async def push(self) -> None:
        """Send everything that has been added, without waiting for the answers."""
        await self.room()
        for partition, batch in enumerate(self._open):
            if batch.record_count():
                self._open[partition] = self._producer.create_batch()
                await self._send(partition, batch)

    async def _send(self, partition: int, batch: Any) -> None:
        try:
            sent = await self._producer.send_batch(batch, self.topic, partition=partition)
        except KafkaError as error:
            raise self._refused(error) from error
        self._sent.append(sent)

    async def _delivered(self, sent: asyncio.Future[Any]) -> None:
        try:
            await sent
        except KafkaError as error:
            raise self._refused(error) from error

    def _refused(self, error: KafkaError) -> UserError:
        problem = f"{self._broker} does not take records for {self.topic}: {error!r}"
        return UserError(problem, "is the broker up and the topic writable?")

    async def _connect(self) -> Any:
        try:
            producer = await self._started(idempotent=True)
        except KafkaConnectionError as error:
            raise unreachable(self._broker) from error
        except KafkaError:  # small brokers hand out no producer ids
            producer = await self._started(idempotent=False)
        else:
            self.idempotent = True
        return producer

    async def _started(self, *, idempotent: bool) -> Any:
        producer = AIOKafkaProducer(
            bootstrap_servers=servers(self._broker),
            enable_idempotence=idempotent,
            acks="all",
            max_batch_size=BATCH_BYTES,
            max_request_size=8 * BATCH_BYTES,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer


async def _partitions(broker: str, topic: str) -> int:
    # Asked of the administration, because asking a producer would create the topic with defaults.
    async with connect(broker) as admin:
        found = (await admin.topics()).get(topic)
    if found is None:
        raise UserError(f"{broker} has no topic {topic}", "create it: pegel topics apply")
    return found.partitions
