"""Reads whole topics as a careful consumer does (read_committed), and asks how far a group is."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

T = TypeVar("T")
Place = tuple[str, int]
"""Topic and partition."""

_LOOK_BACK: Final = 50  # offsets from the end in which the last record is looked for first


class Topics:
    """The topics of one broker. Every call connects anew: for tests, not for traffic."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    def records(self, topic: str) -> list[Any]:
        """Every record that is committed, in the order of each partition."""
        return _run(self._with_consumer(lambda consumer: _everything(consumer, topic)))

    def values(self, topic: str) -> list[dict[str, Any]]:
        """Decoded values; tombstones are left out."""
        return [json.loads(record.value) for record in self.records(topic) if record.value]

    def newest(self, topic: str) -> dict[bytes, dict[str, Any]]:
        """What a compacted topic says at last, by key; what was removed is not in it."""
        found: dict[bytes, dict[str, Any]] = {}
        for record in self.records(topic):
            if record.value:
                found[record.key] = json.loads(record.value)
            else:
                found.pop(record.key, None)
        return found

    def next_offsets(self, topics: Iterable[str]) -> dict[Place, int]:
        """The offset after the last record of every partition (the end counts markers too)."""
        names = list(topics)
        return _run(self._with_consumer(lambda consumer: _after_last(consumer, names)))

    def committed(self, group: str) -> Mapping[Place, int]:
        """How far the group says that it is."""
        return _run(self._committed(group))

    async def _with_consumer(self, work: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            fetch_max_wait_ms=50,
        )
        await consumer.start()
        try:
            return await work(consumer)
        finally:
            await consumer.stop()

    async def _committed(self, group: str) -> Mapping[Place, int]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(group)
        finally:
            await admin.close()
        return {(place.topic, place.partition): at.offset for place, at in found.items()}


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


async def _everything(consumer: Any, topic: str) -> list[Any]:
    places = await _places(consumer, [topic])
    consumer.assign(places)
    return await _read_on(consumer, await consumer.end_offsets(places))


async def _after_last(consumer: Any, topics: list[str]) -> dict[Place, int]:
    places = await _places(consumer, topics)
    consumer.assign(places)
    begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    found = {(place.topic, place.partition): begins[place] for place in places}
    for look_back in (_LOOK_BACK, None):  # all of it when there were only markers at the end
        for place in places:
            if found[place.topic, place.partition] == begins[place]:
                start = begins[place] if look_back is None else ends[place] - look_back
                consumer.seek(place, max(begins[place], start))
        for record in await _read_on(consumer, ends):
            found[record.topic, record.partition] = record.offset + 1
    return found


async def _read_on(consumer: Any, ends: Mapping[TopicPartition, int]) -> list[Any]:
    found: list[Any] = []
    for place, end in ends.items():
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                found.extend(records)
    return found


async def _places(consumer: Any, topics: list[str]) -> list[TopicPartition]:
    await consumer._client.force_metadata_update()
    return [
        TopicPartition(topic, number)
        for topic in topics
        for number in sorted(consumer.partitions_for_topic(topic) or ())
    ]
