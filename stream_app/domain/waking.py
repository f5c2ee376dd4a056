"""When a conversation has to be woken next: a stored deadline is a hint, and is made anew here."""

from schemas.states import ConversationState

from . import conditions, provisional
from .rules import Change, Rules
from .turn import Turn


def next_wake(state: ConversationState, turn: Turn, rules: Rules) -> int:
    """The next instant at which anything can change; 0 for never."""
    best = 0 if state.expired else expiry(state, turn)
    clocks = state.clocks
    for index in rules.timed[state.sla] if clocks else ():
        clock = clocks[index]
        if 0 < clock.warn_at < best:
            best = clock.warn_at
        if 0 < clock.breach_at < best:
            best = clock.breach_at
    if state.status == "snoozed" and 0 < state.snoozed_until < best:
        best = state.snoozed_until
    if turn.rules.changes:  # late input may have brought it to life before them
        for change in turn.rules.changes[1:]:
            if is_unseen(change, state) and conditions.is_counted(state):
                best = min(best, change.after)
    due = conditions.next_due(state)
    return due if 0 < due < best else best


def expiry(state: ConversationState, turn: Turn) -> int:
    """When the row goes: after the retention or the greatest age; what nobody opened is forgotten first."""
    policy = turn.rules.active.policy
    if not state.status:
        return provisional.goes_at(state, policy, turn.tenant)
    if state.ended_at:
        return state.ended_at + policy.retention
    return state.created_at + policy.max_open_age


def is_unseen(change: Change, state: ConversationState) -> bool:
    """Whether a change of the policy is still to come for the conversation."""
    if max(state.last_time, state.last_timer) > change.after:
        return False
    return bool(state.status) and (state.watched or state.policy) != change.rules.hash
