"""The clock timeline of one conversation: what started, paused and ended each clock, and why."""

from typing import Any

from schemas.instants import format_ms
from schemas.keys import ConversationKey, encode_key
from schemas.states import ClockState, ConversationState
from stream_app.domain.clocks import CLOCK_INDEX, CLOCK_NAMES, shown_status
from stream_app.domain.counting import elapsed_at
from stream_app.domain.facts import (
    Act,
    ConditionChanged,
    Counted,
    Fact,
    MergedInto,
    Observed,
    Outcome,
    PassedOn,
    TakenBack,
)
from stream_app.domain.fold import timeline
from stream_app.domain.ticks import TenantTick
from stream_app.domain.turn import Turn
from stream_app.records.outcomes import outcome_id

from .store import Store


def explain(
    store: Store, identity: ConversationKey, turn: Turn, tick: TenantTick
) -> dict[str, Any] | None:
    """Status, clocks and recent timeline; None when the store does not hold the conversation."""
    conversation = store.get(encode_key(*identity))
    if conversation is None:
        return None
    state = conversation.state
    facts = timeline(conversation, tick.tick, turn)
    return {
        "tenant": identity.tenant,
        "source": identity.source,
        "conversation": identity.id,
        "as_of": format_ms(tick.tick),
        "status": state.status or "provisional",
        **_attributes(state),
        "clocks": [
            _clock(name, clock, state, turn, tick.tick)
            for name, clock in zip(CLOCK_NAMES, state.clocks, strict=False)
        ],
        "conditions": [
            {"rule": c.rule, "active": c.active, "due": _instant(c.due), "since": _instant(c.since)}
            for c in state.conditions
        ],
        "timeline": [line for fact in facts if (line := _line(identity, fact))],
        "corrected_times": conversation.generation,
    }


def _attributes(state: ConversationState) -> dict[str, Any]:
    return {
        "channel": state.channel,
        "team": state.team or None,
        "priority": state.priority or None,
        "tags": state.tags,
        "url": state.url or None,
        "created_at": _instant(state.created_at),
        "created_by": state.created_by or None,
        "waiting_since": _instant(state.waiting_since),
        "ended_at": _instant(state.ended_at),
        "reopen_count": state.reopen_count,
        "merged_into": state.merged_into or None,
        "excluded": state.excluded,
        "acts": [
            {"at": format_ms(at), "what": what, "by": by or None, "reason": why or None}
            for at, what, by, why in state.acts
        ],
        "last_event_at": _instant(state.last_time),
        "next_wake_at": _instant(state.next_wake),
    }


def _clock(
    name: str, clock: ClockState, state: ConversationState, turn: Turn, now: int
) -> dict[str, Any]:
    rules = turn.rules.of(state.policy)
    calendar, sla = rules.plan(state.sla, CLOCK_INDEX[name]).calendar, rules.sla(state.sla)
    elapsed = elapsed_at(clock, now, calendar)
    return {
        "clock": name,
        "is": shown_status(clock),
        "instance": clock.instance,
        "started_at": _instant(clock.started_at),
        "ended_at": _instant(clock.ended_at),
        "due": _instant(clock.due),
        "target": clock.target / 1000 if clock.target else None,
        "elapsed": elapsed / 1000,
        "late_by": max(0, elapsed - clock.target) / 1000 if clock.target else 0,
        "left": (clock.target - elapsed) / 1000 if clock.target and clock.since else None,
        "calendar": calendar.name,
        "policy": {"name": sla.name if sla else None, "hash": state.policy},
        "caused_by": [f"{cause:016x}" for cause in (clock.started_by, clock.ended_by) if cause],
        "spans": [[format_ms(start), format_ms(end), name] for start, end, name in clock.spans],
    }


_TOLD = ("_at_risk", "_late", "_abandoned")


def _line(identity: ConversationKey, fact: Fact) -> dict[str, Any] | None:
    match fact:
        case Outcome():
            return _outcome_line(identity, fact)
        case Counted() if not fact.name.endswith(_TOLD):
            return {"at": format_ms(fact.at), "what": fact.name}
        case Counted() | Observed() | TakenBack():
            return None  # something beside it says the same
        case ConditionChanged():
            word = "true" if fact.active else "over"
            return {"at": format_ms(fact.since), "what": f"alert rule {fact.rule} is {word}"}
        case Act():
            return _act_line(fact)
        case MergedInto():
            return {"at": format_ms(fact.at), "what": f"merged into {fact.target}"}
        case PassedOn():
            return {"at": format_ms(fact.time), "what": f"passed on to {fact.target}"}


def _outcome_line(identity: ConversationKey, fact: Outcome) -> dict[str, Any]:
    line = {
        "at": format_ms(fact.at),
        "what": f"{fact.clock} {fact.type}",
        "id": outcome_id(identity, fact),
        "due": _instant(fact.due),
        "elapsed": fact.elapsed / 1000,
    }
    return {**line, "reason": fact.reason} if fact.reason else line


def _act_line(fact: Act) -> dict[str, Any]:
    why = f": {fact.why}" if fact.why else ""
    return {"at": format_ms(fact.at), "what": f"{fact.what} by {fact.by or 'somebody'}{why}"}


def _instant(ms: int) -> str | None:
    return format_ms(ms) if ms else None
