"""Events and control records on their way to the topic of conversations.

Knows which partition an event belongs to, and tells the workers how far event time has come:
`clock.advance` goes to every partition, because a partition without events would stand still.
"""

from typing import Final, Protocol

from aiokafka.partitioner import murmur2

from schemas.events import CLOCK_ADVANCE, CLOCK_LIVE, Data, Event, encode_event
from schemas.instants import format_ms
from schemas.keys import control_key, encode_key

ADVANCE_AFTER: Final = 500  # events; then at the next change of the instant
ADVANCE_AT_LATEST: Final = 1_000  # events
_PLACES: Final = 200_000


class Writer(Protocol):
    """Where records go; see TopicWriter."""

    @property
    def partitions(self) -> int: ...

    def add(self, partition: int, key: bytes, value: bytes) -> None: ...


class Outbox:
    """Puts events in their partitions. Counts what it has sent."""

    def __init__(self, writer: Writer) -> None:
        self.events = 0
        self.controls = 0
        self._writer = writer
        self._places: dict[tuple[str, str, str], tuple[int, bytes]] = {}

    def send(self, event: Event) -> None:
        """One event of a conversation."""
        identity = (event.tenant, event.source, event.subject)
        place = self._places.get(identity)
        if place is None:
            place = self._place(identity)
        self._writer.add(place[0], place[1], encode_event(event))
        self.events += 1

    def advance(self, tenant: str, until: int) -> None:
        """Tell every partition that the tenant's event time has reached `until` (ms)."""
        text = format_ms(until)
        self._control(CLOCK_ADVANCE, tenant, text, Data(tenant=tenant, until=text))

    def go_live(self, tenant: str, at: int) -> None:
        """Tell every partition that from here on the tenant runs on live time."""
        self._control(CLOCK_LIVE, tenant, format_ms(at), Data(tenant=tenant))

    def _place(self, identity: tuple[str, str, str]) -> tuple[int, bytes]:
        if len(self._places) >= _PLACES:
            self._places.clear()
        key = encode_key(*identity)
        place = self._places[identity] = (partition_of(key, self._writer.partitions), key)
        return place

    def _control(self, event_type: str, tenant: str, time: str, data: Data) -> None:
        control = Event(
            id=f"{tenant}:{event_type}:{time}:{self.controls}",
            source="pegel/input",
            type=event_type,
            subject=tenant,
            time=time,
            tenant=tenant,
            data=data,
        )
        key, value = control_key(event_type, tenant), encode_event(control)
        for partition in range(self._writer.partitions):
            self._writer.add(partition, key, value)
        self.controls += self._writer.partitions


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a record key, as Kafka's Java client chooses it."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


class EventTime:
    """When a tenant on event time is told how far it has come.

    Events of one instant belong together: what is due at it comes after all of them. So `clock.advance`
    waits for the instant to change, and if that takes too long it stays one millisecond behind.
    """

    def __init__(self, outbox: Outbox, tenant: str) -> None:
        self.latest = 0
        self._outbox = outbox
        self._tenant = tenant
        self._since = 0

    def before(self, time: int) -> None:
        """Call it before sending each event of the tenant, with the event's time."""
        if self._since >= ADVANCE_AFTER and time > self.latest:
            self.reach(self.latest)
        elif self._since >= ADVANCE_AT_LATEST - 1:
            self.reach(self.latest - 1)
        self.latest = max(self.latest, time)
        self._since += 1

    def reach(self, until: int) -> None:
        """Tell the workers now."""
        self.latest = max(self.latest, until)
        self._outbox.advance(self._tenant, until)
        self._since = 0
