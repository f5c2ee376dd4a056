"""Events of conversations, written to a real topic as their source would."""

from dataclasses import dataclass

from schemas import events as wire
from schemas.instants import format_ms
from schemas.keys import encode_key
from stream_app.adapters.clock import now_ms
from stream_app.replay.outbox import partition_of
from stream_app.replay.writer import TopicWriter


@dataclass(frozen=True, slots=True)
class Desk:
    """One source of conversations, and the number of partitions that its topic has."""

    source: str
    partitions: int
    tenant: str = "default"

    def partition(self, name: str) -> int:
        """Where a conversation's events go."""
        return partition_of(self._key(name), self.partitions)

    def event(self, name: str, kind: str, data: wire.Data, at: int | None = None) -> wire.Event:
        """Something that happened to a conversation, now or at a given instant."""
        return wire.Event(
            id=f"{kind}-{name}",
            source=self.source,
            type=kind,
            subject=name,
            time=format_ms(now_ms() if at is None else at),
            tenant=self.tenant,
            data=data,
        )

    def opened(self, name: str, channel: str = "email", at: int | None = None) -> wire.Event:
        """A customer opens a conversation."""
        data = wire.Data(channel=channel, status="new", created_by="customer")
        return self.event(name, wire.TICKET_CREATED, data, at)

    def add(self, writer: TopicWriter, event: wire.Event) -> None:
        """Give an event to a writer, which is not flushed."""
        key = self._key(event.subject)
        writer.add(partition_of(key, self.partitions), key, wire.encode_event(event))

    def _key(self, name: str) -> bytes:
        return encode_key(self.tenant, self.source, name)
