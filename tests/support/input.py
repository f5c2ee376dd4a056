"""Doubles for the sending side: a writer in memory and a clock that the test moves."""

import json
from dataclasses import dataclass, field
from typing import Any

from schemas.events import CONTROL_TYPES, Data, Event
from schemas.instants import format_ms


@dataclass
class MemoryWriter:
    """Keeps records by partition; `flushed` is how many there were at the last flush."""

    partitions: int = 3
    records: list[tuple[int, bytes, dict[str, Any]]] = field(default_factory=list)
    flushed: int = 0
    broken: Exception | None = None

    def add(self, partition: int, key: bytes, value: bytes) -> None:
        self.records.append((partition, key, json.loads(value)))

    async def room(self) -> None:
        if self.broken is not None:
            raise self.broken

    async def push(self) -> None:
        await self.room()

    async def flush(self) -> None:
        await self.room()
        self.flushed = len(self.records)

    def events(self) -> list[str]:
        """Ids of the events of conversations, in the order in which they were added."""
        return [value["id"] for _, _, value in self.records if value["type"] not in CONTROL_TYPES]

    def controls(self, partition: int) -> list[str]:
        """What a partition was told: an instant for an advance, `live` for going live."""
        found = [v for p, _, v in self.records if p == partition and v["type"] in CONTROL_TYPES]
        return [value["data"].get("until", "live") for value in found]

    def order(self, partition: int) -> list[str]:
        """Everything in a partition: ids of events, `|until` of advances, `|live`."""
        return [
            f"|{v['data'].get('until', 'live')}" if v["type"] in CONTROL_TYPES else v["id"]
            for p, _, v in self.records
            if p == partition
        ]


@dataclass
class ManualTime:
    """A clock in seconds and ms that only sleeping moves."""

    start: int = 0  # ms
    seconds: float = 0.0
    naps: list[float] = field(default_factory=list)

    def steady(self) -> float:
        return self.seconds

    def now(self) -> int:
        return self.start + round(self.seconds * 1000)

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.seconds += seconds


def event(ms: int, event_id: str = "", subject: str = "C", tenant: str = "past") -> Event:
    """A customer's message at an instant."""
    return Event(
        id=event_id or f"e{ms}",
        source="test/input",
        type="support.message.created.v1",
        subject=subject,
        time=format_ms(ms),
        tenant=tenant,
        data=Data(message="m", direction="in", author="customer", visibility="public", kind="text"),
    )
