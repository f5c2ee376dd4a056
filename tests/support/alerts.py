"""Building blocks for alert tests: policies, records, and a partition with its changelog in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from agents.alerts import ALERTS, COMMANDS, SIGNALS, AlertsJob
from schemas.commands import Command, encode_command
from schemas.events import CLOCK_ADVANCE, Data, Event, encode_event
from schemas.instants import format_ms, parse_ms
from schemas.keys import control_key, encode_key
from schemas.outputs import Alert, Signal, TenantClock
from stream_app.domain.alert_delivery import Share
from stream_app.domain.alert_episode import Seen
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule, Calendar, Policy, Receiver
from stream_app.domain.versions import Versions
from stream_app.engine.job import Output, Rejected

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
T0 = 1_767_950_000_000
RULE = "ticket_unresolved"


@dataclass(frozen=True)
class FakeRecord:
    """As much of a Kafka record as a job looks at."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp: int = T0
    partition: int = 0
    offset: int = 0
    headers: Sequence[tuple[str, bytes]] = ()


def rule(name: str = RULE, to: tuple[str, ...] = ("oncall",), **options: Any) -> AlertRule:
    """An alert rule; `hold` is its `for`."""
    condition = {"unresolved_for": 48 * HOUR, "for": options.pop("hold", 0)}
    severity = options.pop("severity", "warning")
    return AlertRule(name, condition, ALWAYS, severity=severity, to=to, options=options)


def policy(*rules: AlertRule, clock: str = "live", calendar: Calendar = ALWAYS) -> Policy:
    """A policy with one Alertmanager (oncall, in `calendar`) and one webhook (support)."""
    receivers = {
        "oncall": Receiver("oncall", "alertmanager", calendar),
        "support": Receiver("support", "webhook", ALWAYS, url="https://x.test"),
    }
    return Policy(
        "hash-1",
        {"acme": clock},
        frozenset({"email"}),
        alerts=rules or (rule(),),
        receivers=receivers,
    )


def subject(conversation: str = "T-1", **more: str) -> dict[str, str]:
    """A conversation as signals name it."""
    found = {"kind": "conversation", "source": "zendesk/acme", "id": conversation}
    return found | {"channel": "email", "team": "", "priority": "normal"} | more


def seen(active: bool, since: int, seq: int, **more: Any) -> Seen:
    """A signal as the core sees it; `since` and `tick` are offsets from T0."""
    tick = more.pop("tick", since)
    values = {
        "rule": RULE,
        "tenant": "acme",
        "subject": more.pop("subject", subject()),
        "epoch": more.pop("epoch", 1),
        "severity": "",
        "explain": more.pop("explain", {"due": "then"}),
    }
    return Seen(active=active, since=T0 + since, tick=T0 + tick, seq=seq, **values, **more)


def signal_key(conversation: str = "T-1", rule_name: str = RULE) -> bytes:
    """The key under which a conversation's signals of a rule are written."""
    return encode_key(rule_name, "acme", f"zendesk/acme/{conversation}")


def signal(active: bool, since: int, seq: int, **more: Any) -> FakeRecord:
    """A record of the signal topic; instants are offsets from T0."""
    name, conversation = more.pop("rule", RULE), more.pop("conversation", "T-1")
    tick = more.pop("tick", since)
    found = Signal(
        rule=name,
        tenant="acme",
        subject=more.pop("subject", subject(conversation)),
        active=active,
        since=format_ms(T0 + since),
        tick=format_ms(T0 + tick),
        mode=more.pop("mode", "live"),
        explain=more.pop("explain", {"age": 172_800, "calendar": "always"}),
        epoch=more.pop("epoch", 1),
        seq=seq,
        **more,
    )
    return FakeRecord(SIGNALS, signal_key(conversation, name), msgspec.json.encode(found))


def many(count: int, mode: str = "live") -> list[FakeRecord]:
    """So many conversations whose condition begins to hold, one after the other."""
    found = [f"T-{n:03}" for n in range(1, count + 1)]
    return [signal(True, n, n, conversation=c, mode=mode) for n, c in enumerate(found, start=1)]


def heartbeat(tick: int, seq: int, *, partition: int = 0, mode: str = "live") -> FakeRecord:
    """A heartbeat of a source partition for the tenant; `tick` is an offset from T0."""
    text = format_ms(T0 + tick)
    found = Signal(
        agent="conversations",
        source_partition=partition,
        epoch=1,
        seq=seq,
        clocks={"acme": TenantClock(watermark=text, tick=text, mode=mode)},
    )
    key = f"heartbeat|conversations|{partition}".encode()
    return FakeRecord(SIGNALS, key, msgspec.json.encode(found))


def advance(until: int) -> FakeRecord:
    """`clock.advance` for the tenant; `until` is an offset from T0."""
    event = Event(
        id="a",
        source="replay/x",
        type=CLOCK_ADVANCE,
        subject="acme",
        time=format_ms(T0),
        tenant="acme",
        data=Data(tenant="acme", until=format_ms(T0 + until)),
    )
    return FakeRecord(SIGNALS, control_key(CLOCK_ADVANCE, "acme"), encode_event(event))


def command(action: str, alert: str, at: int, **more: Any) -> FakeRecord:
    """A record of the command topic, appended at an offset from T0."""
    conversation = more.pop("conversation", "T-1")
    value = encode_command(Command(action=action, alert=alert, actor="agent-7", **more))
    return FakeRecord(COMMANDS, signal_key(conversation), value, timestamp=T0 + at)


@dataclass
class Partition:
    """An alerts job with its changelog, its meta row and what it has written, in memory."""

    policy: Policy | Versions = field(default_factory=policy)
    share: Share = field(default_factory=lambda: Share(0, 1))
    changelog: dict[bytes, bytes] = field(default_factory=dict)
    meta: bytes | None = None
    written: list[Output] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    unflushed: list[FakeRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A new owner takes over from what is durable, and reads on from there."""
        self.job = AlertsJob(self.policy, self.share, commands=COMMANDS, output=ALERTS)
        self.job.load("alerts", list(self.changelog.items()))
        self.job.restored(self.meta, 2)
        self.job.apply(self.unflushed, self._reject)

    def apply(self, *records: FakeRecord) -> "Partition":
        """Apply records without a flush."""
        self.unflushed += records
        assert self.job.apply(records, self._reject) == len(records)
        return self

    def flush(self) -> "Partition":
        """One flush that succeeds."""
        if self.job.changed:
            changes = self.job.collect()
            for row in changes.rows:
                if row.value is None:
                    self.changelog.pop(row.key, None)
                else:
                    self.changelog[row.key] = row.value
            self.meta = changes.meta
            self.written += changes.outputs
            self.unflushed.clear()
            self.job.committed()
        return self

    def feed(self, *records: FakeRecord) -> "Partition":
        """Apply and flush."""
        return self.apply(*records).flush()

    @property
    def alerts(self) -> list[Alert]:
        """Everything on the alert topic."""
        return [msgspec.json.decode(out.value or b"", type=Alert) for out in self.written]

    def states(self) -> list[tuple[int, str]]:
        """Episode and state of each record on the alert topic."""
        return [(alert.episode, alert.state) for alert in self.alerts]

    def _reject(self, rejected: Rejected) -> bool:
        self.rejected.append(rejected)
        return True


def offset(text: str) -> int:
    """An instant of the wire as an offset from T0."""
    return parse_ms(text) - T0


def fold(alerts: Iterable[Alert]) -> Mapping[str, Alert]:
    """What a reader of the alert topic ends up with: the newest record of each alert."""
    return {alert.alert: alert for alert in alerts}
