"""From conversations to alerts through both agents' jobs: what one writes is what the other reads."""

import msgspec
import pytest

from agents import conversations
from agents.alerts import SIGNALS
from schemas.events import (
    CLOCK_ADVANCE,
    MESSAGE_CREATED,
    TICKET_CREATED,
    TICKET_STATUS_CHANGED,
    Data,
    Event,
    encode_event,
)
from schemas.instants import format_ms
from schemas.keys import control_key, encode_key
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule, Policy, SlaPolicy, Target
from stream_app.engine.job import PartitionJob, Rejected
from stream_app.settings import Settings
from tests.support.alerts import HOUR, MINUTE, T0, FakeRecord, Partition, offset, policy, rule

SOURCE = "support.conversation.v1"
HEADERS = (("content-type", b"application/cloudevents+json"),)


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


def advance(until: int) -> FakeRecord:
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
    """A conversations partition whose signals an alerts partition reads at once."""

    def __init__(self, rules: Policy) -> None:
        self.rejected: list[Rejected] = []
        made = conversations.spec(Settings(partitions=1), rules).new_job(0)
        self.conversations: PartitionJob = made
        self.conversations.restored(None, 1)
        self.alerts = Partition(rules)

    def feed(self, *records: FakeRecord) -> "Chain":
        assert self.conversations.apply(records, self._reject) == len(records)
        self.conversations.turn(T0 + 900 * 24 * HOUR, {})
        changes = self.conversations.collect()
        self.conversations.committed()
        signals = [out for out in changes.outputs if out.topic == SIGNALS]
        self.alerts.feed(*[FakeRecord(SIGNALS, out.key, out.value) for out in signals])
        assert not self.rejected
        assert not self.alerts.rejected
        return self

    def _reject(self, rejected: Rejected) -> bool:
        self.rejected.append(rejected)
        return True

    @property
    def story(self) -> list[tuple[int, str, int]]:
        return [(a.episode, a.state, offset(a.since)) for a in self.alerts.alerts]


CREATED = event(TICKET_CREATED, 0, status="new", channel="email", created_by="customer")


def test_a_ticket_unresolved_for_48_hours_fires_at_that_very_moment() -> None:
    chain = Chain(policy(rule(), clock="event")).feed(CREATED, advance(48 * HOUR - 1))
    assert chain.story == []
    chain.feed(advance(49 * HOUR))
    assert chain.story == [(1, "firing", 48 * HOUR)]


def test_solving_it_resolves_and_reopening_it_is_the_second_episode() -> None:
    chain = Chain(policy(rule(), clock="event")).feed(CREATED)
    chain.feed(event(TICKET_STATUS_CHANGED, 50 * HOUR, to="solved"))
    chain.feed(event(TICKET_STATUS_CHANGED, 51 * HOUR, to="open"), advance(52 * HOUR))
    assert chain.story == [
        (1, "firing", 48 * HOUR),
        (1, "resolved", 50 * HOUR),
        (2, "firing", 51 * HOUR),
    ]


def test_an_event_that_comes_late_takes_the_alert_back() -> None:
    solved_before = event(TICKET_STATUS_CHANGED, 48 * HOUR - MINUTE, to="solved")
    chain = Chain(policy(rule(), clock="event")).feed(CREATED)
    chain.feed(event(MESSAGE_CREATED, 48 * HOUR + MINUTE, direction="out", author="agent",
                     visibility="private", kind="note", message="m"))  # fmt: skip
    assert chain.story == [(1, "firing", 48 * HOUR)]
    chain.feed(solved_before)
    assert [state for _, state, _ in chain.story] == ["firing", "resolved"]
    assert chain.alerts.alerts[-1].reason == "corrected"


@pytest.fixture
def breaches() -> Policy:
    target = Target(5 * MINUTE, ALWAYS)
    sla = SlaPolicy("chat", {"first_reply": target, "next_reply": target}, ALWAYS)
    names = ("first_reply", "next_reply")
    alerts = tuple(
        AlertRule(f"{name}_breached", {"clock": name, "is": "breached"}, ALWAYS, to=("oncall",))
        for name in names
    )
    return Policy(
        "h",
        {"acme": "event"},
        frozenset({"email"}),
        sla=(sla,),
        alerts=alerts,
        receivers=policy().receivers,
    )


def message(at: int, direction: str) -> FakeRecord:
    author = "customer" if direction == "in" else "agent"
    values = {"author": author, "visibility": "public", "kind": "text", "message": f"m{at}"}
    return event(MESSAGE_CREATED, at, direction=direction, **values)


def test_each_streak_of_a_clock_is_an_episode_of_its_own_instance(breaches: Policy) -> None:
    chain = Chain(breaches).feed(CREATED, message(10 * MINUTE, "out"))
    chain.feed(message(20 * MINUTE, "in"), message(30 * MINUTE, "out"))
    chain.feed(message(40 * MINUTE, "in"), message(50 * MINUTE, "out"))
    assert chain.story == [
        (1, "firing", 5 * MINUTE),
        (1, "resolved", 10 * MINUTE),
        (1, "firing", 25 * MINUTE),
        (1, "resolved", 30 * MINUTE),
        (2, "firing", 45 * MINUTE),
        (2, "resolved", 50 * MINUTE),
    ]
    instances = [a.subject["instance"] for a in chain.alerts.alerts]
    assert instances == ["1", "1", "1", "1", "2", "2"]


def test_what_conversations_explain_is_what_people_read(breaches: Policy) -> None:
    chain = Chain(breaches).feed(CREATED, advance(7 * MINUTE))
    [row] = chain.alerts.job.episodes()
    assert row.explain["clock"] == "first_reply"
    assert row.explain["calendar"] == "always"
    held = chain.alerts.alerts[0]
    assert held.notified == []  # event time: recorded, told to nobody
    assert set(row.explain) >= {"clock", "calendar", "due", "target", "policy", "policy_hash"}
