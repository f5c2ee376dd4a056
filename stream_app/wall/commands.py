"""Writes what people ask for to `engagement.command.v1`: at most once, and said when it is certain."""

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.commands import Command, encode_command
from stream_app.adapters.kafka import servers
from stream_app.adapters.topics import topic_name
from stream_app.settings import Settings
from stream_app.wall.answers import Refusal

TOPIC: Final = "engagement.command.v1"
_SECONDS: Final = 5.0


class CommandWriter:
    """One producer, started by the first command, so that a wall that only shows needs no right to write."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = topic_name(settings, TOPIC)
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def write(self, key: bytes, command: Command) -> str:
        """Write a command; its place in the topic, `partition-offset`. Raises Refusal."""
        try:
            async with asyncio.timeout(_SECONDS):
                producer = await self._started()
                sent = await producer.send_and_wait(self._topic, encode_command(command), key)
        except (KafkaError, OSError, TimeoutError) as problem:
            raise Refusal(
                503,
                "the command could not be written down: Kafka does not take it",
                "try again; whether it was taken shows in the alert",
            ).retry_after(5) from problem
        return f"{sent.partition}-{sent.offset}"

    async def close(self) -> None:
        """Stop, without waiting long."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                async with asyncio.timeout(_SECONDS):
                    await producer.stop()
            except (KafkaError, OSError, TimeoutError):
                return

    async def _started(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=servers(self._settings.broker),
                    acks="all",
                    request_timeout_ms=int(_SECONDS * 1000),
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
