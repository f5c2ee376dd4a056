"""Reads `engagement.policy.v1`: every version that was ever written, and which one holds.

The topic is small and compacted, so that everybody reads all of it; it belongs to no consumer group.
"""

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from schemas.policies import ACTIVE_KEY, INITIAL_KEY, ActiveRecord, decode_active
from stream_app.adapters.kafka import servers, unreachable
from stream_app.errors import UserError

TOPIC: Final = "engagement.policy.v1"
_WAIT_MS: Final = 100
_PATIENCE: Final = 30.0  # seconds to read everything


@dataclass(slots=True)
class Known:
    """What the topic says. `versions` holds records by hash, undecoded."""

    versions: dict[str, bytes] = field(default_factory=dict)
    active: ActiveRecord | None = None
    initial: ActiveRecord | None = None

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """One record of the topic; a version that was deleted by hand stays known here."""
        if key is None or value is None:
            return
        if key == ACTIVE_KEY:
            self.active = decode_active(value)
        elif key == INITIAL_KEY:
            self.initial = decode_active(value)
        else:
            self.versions[key.decode()] = value


class PolicyTopic:
    """An async context manager; `known` is kept up to date by `read` and `follow`."""

    def __init__(self, broker: str, topic: str) -> None:
        self.known = Known()
        self._broker = broker
        self._place = TopicPartition(topic, 0)
        self._consumer: Any = None
        self._reading = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=servers(self._broker),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=_WAIT_MS,
        )
        try:
            await self._consumer.start()
        except KafkaConnectionError as error:
            await self._consumer.stop()
            raise unreachable(self._broker) from error
        self._consumer.assign([self._place])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self._consumer.stop()

    async def read(self) -> Known:
        """Everything that is in the topic now. Raises UserError when the broker does not tell."""
        try:
            async with self._reading:
                await asyncio.wait_for(self._read(), _PATIENCE)
        except TimeoutError as error:
            raise UserError(
                f"{self._place.topic} could not be read to its end within {_PATIENCE:g} s",
                "is the broker healthy? pegel doctor",
            ) from error
        return self.known

    async def follow(self) -> None:
        """What has come since, if anything; waits a moment for it."""
        async with self._reading:
            await self._take(5 * _WAIT_MS)

    async def _read(self) -> None:
        ends = await self._consumer.end_offsets([self._place])
        while await self._consumer.position(self._place) < ends[self._place]:
            await self._take(_WAIT_MS)

    async def _take(self, wait_ms: int) -> None:
        found = await self._consumer.getmany(self._place, timeout_ms=wait_ms)
        for records in found.values():
            for record in records:
                self.known.take(record.key, record.value)
