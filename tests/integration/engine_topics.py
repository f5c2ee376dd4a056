"""Topics as plain programs see them: make, fill, read to the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def create(bootstrap: str, topics: list[NewTopic]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics(topics)
    finally:
        await admin.close()


async def delete(bootstrap: str, topics: list[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(topics)
    finally:
        await admin.close()


async def produce(
    bootstrap: str, topic: str, rows: list[tuple[int, bytes, bytes]], idempotent: bool
) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=idempotent,
        linger_ms=5,
        max_batch_size=900_000,
        max_request_size=4 << 20,
    )
    await producer.start()
    try:
        futures = [
            await producer.send(topic, value, key, partition) for partition, key, value in rows
        ]
        await asyncio.gather(*futures)
    finally:
        await producer.stop()


@asynccontextmanager
async def reading(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def ends(bootstrap: str, topics: list[str], partitions: int) -> dict[str, int]:
    """End offsets as `topic/partition`."""
    async with reading(bootstrap) as consumer:
        places = [TopicPartition(topic, n) for topic in topics for n in range(partitions)]
        found = await consumer.end_offsets(places)
        return {f"{place.topic}/{place.partition}": end for place, end in found.items()}


async def records(bootstrap: str, topic: str, partitions: int) -> list[Any]:
    """All that a read_committed consumer sees."""
    found: list[Any] = []
    async with reading(bootstrap) as consumer:
        places = [TopicPartition(topic, n) for n in range(partitions)]
        consumer.assign(places)
        last = await consumer.end_offsets(places)
        for place in places:
            while await consumer.position(place) < last[place]:
                for batch in (await consumer.getmany(timeout_ms=100)).values():
                    found.extend(batch)
    return found


async def read(bootstrap: str, topic: str, partitions: int) -> list[tuple[int, bytes, bytes]]:
    """Partition, key and value of all records."""
    return [(r.partition, r.key, r.value) for r in await records(bootstrap, topic, partitions)]


async def headers(bootstrap: str, topic: str, partitions: int) -> list[dict[str, bytes]]:
    """The headers of all records."""
    return [dict(r.headers) for r in await records(bootstrap, topic, partitions)]
