"""An installation without a broker: partitions of conversations, and the agents that read from them.

Input goes through in batches of a given size; what the conversations agent writes to its own source
topic comes back behind the batch, as it would from a broker.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from aiokafka.partitioner import murmur2

from agents.alerts import SIGNALS
from agents.channels import ChannelsJob
from agents.channels import spec as channels
from agents.conversations import ConversationsJob
from agents.conversations import spec as conversations
from schemas import events as wire
from schemas.instants import format_ms, parse_ms
from schemas.keys import decode_key, encode_key
from schemas.outputs import Alert, SlaEvent, View
from schemas.states import ConversationState
from stream_app.domain.alert_delivery import Share
from stream_app.domain.alert_options import lives
from stream_app.domain.fold import settle
from stream_app.domain.policy import Policy
from stream_app.engine.job import Output, Rejected
from stream_app.settings import Settings
from tests.support import alerts, panes
from tests.support.conversations import SOURCE, TOPIC, FakeRecord

TENANT: Final = "acme"
PANES: Final = "engagement.pane.v1"
SLA: Final = "engagement.sla.v1"
_LAST: Final = 1_000  # ms: the margin of a live partition's end, and what a heartbeat needs


class Sent(NamedTuple):
    """An event, and when it is appended (ms)."""

    arrives: int
    event: wire.Event


class Ended(NamedTuple):
    """What a run has come to; equal for equal input."""

    clocks: dict[str, ConversationState]
    views: dict[tuple[str, str], Any]
    alerts: Counter[tuple[Any, ...]]
    outcomes: Counter[str]  # as text, because an event holds lists


@dataclass
class Fleet:
    """The agents, and everything that was written."""

    policy: Policy
    partitions: int = 1
    written: list[Output] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    _back: list[Output] = field(default_factory=list)
    _offset: int = 0
    _now: int = 0

    def __post_init__(self) -> None:
        made = conversations(_settings(self.partitions), self.policy)
        self.jobs: list[ConversationsJob] = []
        for partition in range(self.partitions):
            job = made.new_job(partition)
            assert isinstance(job, ConversationsJob)
            job.restored(None, 1)
            self.jobs.append(job)

    def run(self, sent: Sequence[Sent], batch: int = 1) -> "Fleet":
        """Apply events in order of arrival."""
        for start in range(0, len(sent), batch):
            records = [self._record(one) for one in sent[start : start + batch]]
            self._apply(records)
        return self

    def until(self, instant: int) -> "Fleet":
        """Live time goes on to an instant, or `clock.advance` says so."""
        if self.policy.tenants[TENANT] == "event":
            self._advance(instant)
        for job in self.jobs:
            job.turn(instant + 500, {TOPIC: instant + 500})
        self._flush()
        self._come_back()
        for job in self.jobs:
            job.turn(instant + 500 + _LAST, {TOPIC: instant + 500})
        self._flush()
        return self

    def ended(self) -> Ended:
        """Final clocks, windows, alerts, and the outcomes that were not taken back."""
        return Ended(self._clocks(), self._views(), self._alerts(), self._outcomes())

    def counted(self, name: str) -> int:
        """A counter of the agent, over all partitions."""
        return sum(job.counters.get(name, 0) for job in self.jobs)

    def _record(self, sent: Sent) -> FakeRecord:
        event = sent.event
        key = encode_key(event.tenant, event.source, event.subject)
        return self._made(key, wire.encode_event(event), sent.arrives)

    def _made(self, key: bytes, value: bytes, at: int) -> FakeRecord:
        self._offset += 1
        self._now = max(self._now, at)
        place = (murmur2(key) & 0x7FFFFFFF) % self.partitions
        return FakeRecord(TOPIC, place, self._offset, self._now, key, value)

    def _apply(self, records: Sequence[FakeRecord]) -> None:
        for partition, job in enumerate(self.jobs):
            job.apply([r for r in records if r.partition == partition], self._reject)
        self._flush()
        self._come_back()

    def _come_back(self) -> None:
        while self._back:
            outputs, self._back = self._back, []
            records = [self._made(o.key or b"", o.value or b"", self._now) for o in outputs]
            for partition, job in enumerate(self.jobs):
                job.apply([r for r in records if r.partition == partition], self._reject)
            self._flush()

    def _flush(self) -> None:
        for job in self.jobs:
            outputs = job.collect().outputs
            job.committed()
            self.written += outputs
            self._back += [output for output in outputs if output.topic == TOPIC]

    def _advance(self, until: int) -> None:
        event = wire.Event(
            id="advance", source="pegel", type=wire.CLOCK_ADVANCE, subject=TENANT,
            time=format_ms(until), tenant=TENANT,
            data=wire.Data(tenant=TENANT, until=format_ms(until)),
        )  # fmt: skip
        key = f"control|{wire.CLOCK_ADVANCE}|{TENANT}".encode()
        for partition, job in enumerate(self.jobs):
            record = FakeRecord(TOPIC, partition, 0, until, key, wire.encode_event(event))
            job.apply([record], self._reject)

    def _clocks(self) -> dict[str, ConversationState]:
        found = {}
        for job in self.jobs:
            for key in job.store.rows:
                conversation = job.store.get(key)
                assert conversation is not None
                settle(conversation, 1 << 62)
                found[decode_key(key).id] = conversation.state
        return dict(sorted(found.items()))

    def _views(self) -> dict[tuple[str, str], Any]:
        job = channels(_settings(self.partitions), self.policy).new_job(
            (murmur2(TENANT.encode()) & 0x7FFFFFFF) % self.partitions
        )
        assert isinstance(job, ChannelsJob)
        mine = [o for o in self.written if o.topic == PANES and o.partition in (None, 0)]
        job.apply([panes.FakeRecord(o.value, key=o.key) for o in mine], panes.refuse_nothing)
        job.turn(1_000, {})
        return {place: _shown(view) for place, view in job.views.items()}

    def _alerts(self) -> Counter[tuple[Any, ...]]:
        partition = alerts.Partition(self.policy, Share(0, self.partitions))
        signals = [o for o in self.written if o.topic == SIGNALS and o.partition in (None, 0)]
        partition.apply(*[alerts.FakeRecord(SIGNALS, o.key, o.value) for o in signals])
        assert not partition.rejected
        partition.written += partition.job.collect().outputs
        holds = {name: life.hold for name, life in lives(self.policy).items()}
        return Counter(_episodes(partition.alerts, holds))

    def _outcomes(self) -> Counter[str]:
        found: dict[str, SlaEvent] = {}
        said: Counter[str] = Counter()
        for output in self.written:
            if output.topic == SLA:
                event = msgspec.json.decode(output.value or b"", type=SlaEvent)
                if event.corrects:
                    said[event.corrects] -= 1
                    assert said[event.corrects] >= 0, "what was never said is taken back"
                else:
                    said[event.id] += 1
                    found[event.id] = event
        return Counter({repr(found[one]): n for one, n in said.items() if n})

    def _reject(self, rejected: Rejected) -> bool:
        self.rejected.append(rejected)
        return True


@cache
def _settings(partitions: int) -> Settings:
    return Settings(partitions=partitions)


def _shown(view: View) -> dict[str, Any]:
    # A group in which nobody has ever stood says nothing of a level, another one says 0.
    shown: dict[str, Any] = msgspec.to_builtins(view)
    shown["levels"] = {name: value for name, value in shown["levels"].items() if value}
    return shown


def _episodes(said: Iterable[Alert], holds: Mapping[str, int]) -> Iterator[tuple[Any, ...]]:
    for alert in alerts.fold(said).values():
        lasted = parse_ms(alert.since) - parse_ms(alert.opened_at)
        if alert.state == "resolved" and lasted <= holds[alert.rule]:
            continue  # it never fired, or was found not to have: nothing to anybody
        subject = alert.subject
        yield (
            alert.rule, subject["id"], subject.get("instance"), alert.episode,
            alert.state, alert.since, alert.opened_at,
        )  # fmt: skip


def event(at: int, event_type: str, conversation: str, cause: int, **fields: Any) -> wire.Event:
    """An event of the tenant; its id is the number `cause`."""
    return wire.Event(
        id=f"e{cause}",
        source=SOURCE,
        type=event_type,
        subject=conversation,
        time=format_ms(at),
        tenant=TENANT,
        data=wire.Data(**fields),
    )
