"""A conversations partition whose signals an alerts partition reads at once; both may die at any time."""

import msgspec

from agents import conversations
from agents.alerts import SIGNALS
from schemas.events import CLOCK_ADVANCE, MESSAGE_CREATED, Data, Event, encode_event
from schemas.instants import format_ms
from schemas.keys import control_key, encode_key
from schemas.outputs import SlaEvent
from stream_app.domain.policy import Policy
from stream_app.engine.job import Output, PartitionJob, Rejected
from stream_app.settings import Settings
from tests.support.alerts import T0, FakeRecord, Partition, offset

SOURCE = "support.conversation.v1"
SLA = "engagement.sla.v1"
HEADERS = (("content-type", b"application/cloudevents+json"),)
LATER = T0 + 900 * 24 * 3_600_000


def event(event_type: str, at: int, conversation: str = "T-1", **data: str) -> FakeRecord:
    """An input event that arrives as it happens."""
    found = Event(
        id=f"{conversation}:{event_type}:{at}",
        source="zendesk/acme",
        type=event_type,
        subject=conversation,
        time=format_ms(T0 + at),
        tenant="acme",
        data=msgspec.convert(data, Data),
    )
    key = encode_key("acme", "zendesk/acme", conversation)
    return FakeRecord(SOURCE, key, encode_event(found), timestamp=T0 + at, headers=HEADERS)


def message(at: int, direction: str) -> FakeRecord:
    """A public message of the customer (in) or of an agent (out)."""
    author = "customer" if direction == "in" else "agent"
    values = {"author": author, "visibility": "public", "kind": "text", "message": f"m{at}"}
    return event(MESSAGE_CREATED, at, direction=direction, **values)


def advance(until: int) -> FakeRecord:
    """Event time has come that far."""
    found = Event(
        id=f"advance:{until}",
        source="replay/test",
        type=CLOCK_ADVANCE,
        subject="acme",
        time=format_ms(T0 + until),
        tenant="acme",
        data=Data(tenant="acme", until=format_ms(T0 + until)),
    )
    key = control_key(CLOCK_ADVANCE, "acme")
    return FakeRecord(SOURCE, key, encode_event(found), timestamp=T0 + until, headers=HEADERS)


class Chain:
    """Both partitions, what they have written, and what was refused (nothing may be)."""

    def __init__(self, rules: Policy) -> None:
        self.rejected: list[Rejected] = []
        self.written: list[Output] = []  # by the conversations agent
        self._rows: dict[tuple[str, bytes], bytes] = {}
        self._meta: bytes | None = None
        self._rules, self._epoch = rules, 0
        self.conversations = self._owner()
        self.alerts = Partition(rules)

    def feed(self, *records: FakeRecord, dies: str = "never") -> "Chain":
        """Records in, signals across; `before_writing` and `after_writing` both owners die."""
        self._apply(records)
        if dies == "before_writing":
            self.conversations = self._owner()
            self._apply(records)
        signals = [output for output in self._flush() if output.topic == SIGNALS]
        self.alerts.apply(*[FakeRecord(SIGNALS, out.key, out.value) for out in signals])
        if dies == "before_writing":
            self.alerts.start()
        self.alerts.flush()
        if dies == "after_writing":
            self.conversations = self._owner()
            self.alerts.start()
        assert not self.rejected
        assert not self.alerts.rejected
        return self

    @property
    def story(self) -> list[tuple[int, str, int]]:
        """Episode, state and since of each record of an alert."""
        return [(a.episode, a.state, offset(a.since)) for a in self.alerts.alerts]

    @property
    def outcomes(self) -> list[SlaEvent]:
        """What was written of the clocks."""
        values = [output.value for output in self.written if output.topic == SLA]
        return [msgspec.json.decode(value or b"", type=SlaEvent) for value in values]

    def _owner(self) -> PartitionJob:
        self._epoch += 1
        job = conversations.spec(Settings(partitions=1), self._rules).new_job(0)
        for (table, key), value in self._rows.items():
            job.load(table, [(key, value)])
        job.restored(self._meta, self._epoch)
        return job

    def _apply(self, records: tuple[FakeRecord, ...]) -> None:
        assert self.conversations.apply(records, self._reject) == len(records)
        self.conversations.turn(LATER, {})

    def _flush(self) -> list[Output]:
        changes = self.conversations.collect()
        for row in changes.rows:
            if row.value is None:
                self._rows.pop((row.table, row.key), None)
            else:
                self._rows[row.table, row.key] = row.value
        self._meta = changes.meta
        self.conversations.committed()
        self.written += changes.outputs
        return changes.outputs

    def _reject(self, rejected: Rejected) -> bool:
        self.rejected.append(rejected)
        return True
