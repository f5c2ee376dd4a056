"""SLA outcomes and rule conditions as records: `engagement.sla.v1` and `engagement.signal.v1`."""

from typing import Any, Final

import msgspec
from xxhash import xxh3_128_hexdigest

from schemas.instants import format_ms
from schemas.keys import ConversationKey, encode_key
from schemas.outputs import Signal, SlaEvent
from schemas.states import ConversationState
from stream_app.domain.facts import ConditionChanged, Outcome
from stream_app.domain.policy import AlertRule
from stream_app.domain.rules import Rules

_encode: Final = msgspec.json.Encoder().encode


def sla_event(identity: ConversationKey, fact: Outcome) -> bytes:
    """The record of an outcome."""
    return _encode(_sla(identity, fact, outcome_id(identity, fact), f"sla.{fact.type}"))


def correction(identity: ConversationKey, fact: Outcome) -> bytes:
    """The record that takes an outcome back, because late input showed that it was not so."""
    taken_back = outcome_id(identity, fact)
    event = _sla(
        identity, fact, xxh3_128_hexdigest(f"corrected|{taken_back}".encode()), "sla.corrected"
    )
    event.corrects, event.reason = taken_back, "late_input"
    return _encode(event)


def outcome_id(identity: ConversationKey, fact: Outcome) -> str:
    """The same fact has the same id after any crash and in any replay."""
    key = encode_key(*identity).decode()
    n = f"{fact.n}.{fact.at}.{fact.due}.{fact.elapsed}"
    return xxh3_128_hexdigest(f"{key}|{fact.clock}|{fact.instance}|{fact.type}|{n}".encode())


def _sla(identity: ConversationKey, fact: Outcome, event_id: str, kind: str) -> SlaEvent:
    channel, team, priority = fact.group
    late = fact.elapsed - fact.target if fact.target else 0
    return SlaEvent(
        id=event_id,
        type=kind,
        tenant=identity.tenant,
        source=identity.source,
        conversation=identity.id,
        clock=fact.clock,
        instance=fact.instance,
        time=format_ms(fact.at),
        due=format_ms(fact.due) if fact.due else None,
        target=fact.target / 1000 if fact.target else None,
        elapsed=fact.elapsed / 1000,
        late_by=max(0, late) / 1000,
        reason=fact.reason or None,
        channel=channel,
        team=team or None,
        priority=priority or None,
        calendar=fact.calendar,
        policy={"name": fact.policy, "hash": fact.policy_hash},
        caused_by=[f"{cause:016x}" for cause in fact.caused_by],
    )


def signal_key(rule: str, identity: ConversationKey) -> bytes:
    """`rule|tenant|subject`, the subject being `source/id`."""
    return encode_key(rule, identity.tenant, f"{identity.source}/{identity.id}")


def subject_of(
    identity: ConversationKey, fact: ConditionChanged, state: ConversationState
) -> dict[str, str]:
    """What a condition of a conversation is about, as alerts know it."""
    channel, team, priority = fact.group
    subject = {
        "kind": "conversation",
        "source": identity.source,
        "id": identity.id,
        "channel": channel,
        "team": team,
        "priority": priority,
    }
    if state.url:
        subject["url"] = state.url
    if fact.clock:
        subject |= {"clock": fact.clock, "instance": str(fact.instance)}
    return subject


def signal(
    identity: ConversationKey, fact: ConditionChanged, state: ConversationState, rules: Rules
) -> Signal:
    """Is the rule's condition true for this conversation now; epoch, seq and tick come later."""
    rule = next(rule for rule in rules.policy.alerts if rule.name == fact.rule)
    return Signal(
        rule=fact.rule,
        tenant=identity.tenant,
        subject=subject_of(identity, fact, state),
        active=fact.active,
        since=format_ms(fact.since),
        severity=rule.severity,
        value=fact.elapsed / 1000,
        threshold=fact.target / 1000 if fact.target else None,
        explain=_explain(fact, state, rule),
    )


def _explain(fact: ConditionChanged, state: ConversationState, rule: AlertRule) -> dict[str, Any]:
    clock = fact.clock or "unresolved_for"
    explained: dict[str, Any] = {
        "clock": clock,
        "created_at": format_ms(state.created_at),
        "policy_hash": fact.policy_hash,
    }
    if "is" in rule.condition:
        explained["is"] = rule.condition["is"]
    if fact.due:
        explained["due"] = format_ms(fact.due)
    if fact.target:
        explained["target"] = fact.target / 1000
        explained["elapsed"] = fact.elapsed / 1000
        explained["late_by"] = max(0, fact.elapsed - fact.target) / 1000
    explained["calendar"] = fact.calendar
    explained["caused_by"] = [f"{cause:016x}" for cause in fact.caused_by]
    if fact.clock:
        explained["instance"] = fact.instance
    if fact.policy:
        explained["policy"] = fact.policy
    explained["resolved_by"] = _RESOLVED_BY.get(fact.clock, "solving the conversation")
    return explained


_RESOLVED_BY: Final = {
    "first_reply": "a public reply by an agent, or solving the conversation",
    "next_reply": "a public reply by an agent, or solving the conversation",
}
