"""Alerts as far as they were written when a session began: read apart, so that nobody sees half of them.

A month of alerts is kept, and each may have been written many times: which of them are open is known
only at the end.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream_app.wall.store import Store

# Without getting any further, that is the end: markers of transactions take offsets too.
SETTLED_SECONDS: Final = 2.0


class Backlog:
    """What is to be read up to `ends`; records go into `store` until it is `done`."""

    def __init__(self, ends: Mapping[TopicPartition, int]) -> None:
        self.store = Store()
        self.done = False
        self._ends = ends
        self._began: Mapping[TopicPartition, int] | None = None
        self._last = (-1, 0.0)  # what was left, and since when

    async def reached(self, consumer: AIOKafkaConsumer) -> float:
        """The share that has been read, in whole percents; 1 when it is done."""
        places = {each: await consumer.position(each) for each in self._ends}
        self._began = self._began or places
        left = sum(max(0, end - places[each]) for each, end in self._ends.items())
        whole = sum(max(0, end - self._began[each]) for each, end in self._ends.items())
        self.done = not left or self._is_settled(left)
        return 1.0 if self.done else min(0.99, (whole - left) * 100 // whole / 100)

    def _is_settled(self, left: int) -> bool:
        now = asyncio.get_running_loop().time()
        before, since = self._last
        if left != before:
            self._last = left, now
            return False
        return now - since > SETTLED_SECONDS
