"""A conversations job without a broker: events in, decoded outputs out, restart from its rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agents.conversations import ConversationsJob, spec
from schemas import events as wire
from schemas.instants import format_ms
from schemas.keys import control_key, encode_key
from stream_app.domain.policy import Policy
from stream_app.domain.versions import Versions
from stream_app.engine.job import Output, Rejected
from stream_app.settings import Settings
from tests.support.talk import clock, make_policy

SOURCE = "helpdesk/acme"
TOPIC = "support.conversation.v1"


class FakeRecord(NamedTuple):
    """What a consumer would hand over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = (wire.STRUCTURED,)


@dataclass
class JobRun:
    """One source partition; `flush` is what the engine would write."""

    policy: Policy = field(default_factory=make_policy)
    partitions: int = 1
    rejected: list[Rejected] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    log: list[tuple[str, bytes, bytes | None]] = field(default_factory=list)  # not compacted
    meta: bytes | None = None
    epoch: int = 1
    offset: int = 0
    wall: int = 0

    def __post_init__(self) -> None:
        self.versions = Versions(self.policy)
        self.job = self._new_job()
        self.job.restored(None, self.epoch)

    def event(
        self, at: str, event_type: str, conversation: str = "T-1", **fields: Any
    ) -> FakeRecord:
        """The record of an event; `arrives`, `id`, `tenant`, `ingest` may be given."""
        self.offset += 1
        arrives = clock(fields.pop("arrives", at))
        event = wire.Event(
            id=fields.pop("id", f"e{self.offset}"),
            source=SOURCE,
            type=event_type,
            subject=conversation,
            time=format_ms(clock(at)),
            tenant=fields.pop("tenant", "acme"),
            ingest=fields.pop("ingest", None),
            hops=fields.pop("hops", None),
            data=wire.Data(**fields),
        )
        key = encode_key(event.tenant, SOURCE, conversation)
        return FakeRecord(TOPIC, 0, self.offset, arrives, key, wire.encode_event(event))

    def control(self, at: str, event_type: str, tenant: str, **fields: Any) -> FakeRecord:
        """A control record."""
        self.offset += 1
        data = wire.Data(tenant=tenant, **fields)
        event = wire.Event(
            id="c",
            source="pegel",
            type=event_type,
            subject=tenant,
            time=format_ms(clock(at)),
            data=data,
        )
        key = control_key(event_type, tenant)
        return FakeRecord(TOPIC, 0, self.offset, clock(at), key, wire.encode_event(event))

    def take(self, *records: FakeRecord) -> int:
        """Apply records as one batch; how many were consumed."""
        return self.job.apply(records, self._reject)

    def activate(self, at: str, policy: Policy) -> None:
        """Another version holds from here on."""
        self.versions.add(policy)
        self.take(self.control(at, wire.POLICY_ACTIVATE, "", hash=policy.hash))

    def created(self, at: str, conversation: str = "T-1", **fields: Any) -> None:
        """A ticket created by a customer in `email`, team `tier1`, priority `normal`."""
        fields = {
            "channel": "email",
            "status": "new",
            "priority": "normal",
            "team": "tier1",
            "created_by": "customer",
        } | fields
        self.take(self.event(at, wire.TICKET_CREATED, conversation, **fields))

    def asks(self, at: str, conversation: str = "T-1", **fields: Any) -> None:
        """A customer message."""
        message = {"message": "m", "direction": "in", "author": "customer"} | fields
        self.take(self.event(at, wire.MESSAGE_CREATED, conversation, **message))

    def replies(self, at: str, conversation: str = "T-1", **fields: Any) -> None:
        """A public message of an agent."""
        message = {"message": "m", "direction": "out", "author": "agent"} | fields
        self.take(self.event(at, wire.MESSAGE_CREATED, conversation, **message))

    def status(self, at: str, to: str, conversation: str = "T-1", **fields: Any) -> None:
        """A status change."""
        self.take(self.event(at, wire.TICKET_STATUS_CHANGED, conversation, to=to, **fields))

    def at_end(self, at: str) -> None:
        """The partition's end has been reached at a wall time; 500 ms of margin are added."""
        self.wall = clock(at) + 500
        self.job.turn(self.wall, {TOPIC: self.wall})

    def flush(self) -> list[Output]:
        """What a flush writes; rows and meta go to the log."""
        changes = self.job.collect()
        for row in changes.rows:
            self.log.append((row.table, row.key, row.value))
        self.meta = changes.meta
        self.job.committed()
        self.outputs += changes.outputs
        return changes.outputs

    def rows(self, table: str) -> dict[bytes, bytes | None]:
        """The newest rows of a table; None is a tombstone."""
        return {key: value for owner, key, value in self.log if owner == table}

    def restart(self) -> None:
        """Lose the process; a new owner restores from rows and meta."""
        self.job, self.epoch = self._new_job(), self.epoch + 1
        for table, key, value in self.log:
            self.job.load(table, [(key, value)])
        self.job.restored(self.meta, self.epoch)

    def sent(self, topic: str, **fields: Any) -> list[dict[str, Any]]:
        """Decoded outputs of a topic so far whose fields have these values."""
        values = [json.loads(o.value) for o in self.outputs if o.topic == topic and o.value]
        return [value for value in values if _matches(value, fields)]

    def levels(self) -> Mapping[str, int]:
        """Levels over all groups, zeros left out."""
        total: dict[str, int] = {}
        for _, levels in self.job.levels():
            for name, n in levels.items():
                if n and not name.endswith("_since"):
                    total[name] = total.get(name, 0) + n
        return total

    def totals(self) -> Mapping[str, int]:
        """Durable counts over all groups."""
        total: dict[str, int] = {}
        for _, totals in self.job.totals():
            for name, n in totals.counts.items():
                total[name] = total.get(name, 0) + n
        return total

    def _reject(self, rejected: Rejected) -> bool:
        self.rejected.append(rejected)
        return True

    def _new_job(self) -> ConversationsJob:
        job = spec(Settings(partitions=self.partitions), self.versions).new_job(0)
        assert isinstance(job, ConversationsJob)
        return job


def _matches(value: dict[str, Any], fields: dict[str, Any]) -> bool:
    return all(value.get(name) == wanted for name, wanted in fields.items())
