"""A conversation as a state machine: steps and timers in, facts out.

`apply` and `wake` change the state that they are given and add facts to the turn; they read nothing else.

Rules beside those of the clock table:
1. Customer messages, creations and agents' public messages open a conversation; else it is provisional
   (`stream_app.domain.provisional`).
2. A customer message reopens what is solved, closed, pending or snoozed, unless a status event at its
   instant solves it again. Nothing revives merged, deleted and spam.
3. `waiting_since` is the oldest unanswered customer message; a reply or a solve clears it.
4. Timers at an instant run after the steps at that instant.
5. Another policy version is adopted with the next step after the change, its alert rules at once.
"""

from collections.abc import Callable
from typing import Final

from schemas.states import ClockState, ConversationState

from . import conditions, handling, provisional, steps
from .absorbing import absorb, pass_on
from .attributes import ATTRIBUTE_HANDLERS, adopt_rules
from .clocks import CLOCKS, Happening
from .creation import create_earlier
from .exclusion import exclude, include, silence
from .facts import MergedInto
from .levels import LIVE_STATUSES, TERMINAL_STATUSES, URGENCY, flags_of
from .moves import Move, breach, happen, refresh_pauses, warn
from .rules import Change
from .steps import Operand, Step, created, number
from .turn import Turn
from .waking import expiry, is_unseen, next_wake

_REVIVED_BY_CUSTOMER: Final = frozenset({"solved", "closed", "pending_customer", "snoozed"})
_QUESTION, _REPLY = Happening.QUESTION, Happening.REPLY  # naming a member costs a search
_SOLVED, _REOPENED = Happening.SOLVED, Happening.REOPENED


def apply(state: ConversationState, step: Step, turn: Turn) -> None:
    """Apply one step. Steps must come in order of (time, rank); see `fold` for those that do not."""
    if state.status in TERMINAL_STATUSES or state.expired:
        pass_on(state, step, turn)
        return
    before, kind = len(turn.facts), step.kind
    turn.changed, turn.promised = not state.status, False
    if state.status:
        rules = turn.rules.at(step.time) if turn.rules.changes else turn.rules.active
        if state.policy != rules.hash:
            adopt_rules(state, step, turn, rules)
        _HANDLERS[kind](state, step, turn)
    elif kind in steps.OPENING:
        _open(state, step, turn)
    elif kind in ATTRIBUTE_HANDLERS:
        ATTRIBUTE_HANDLERS[kind](state, step, turn)
    else:
        provisional.end_unopened(state, step)
    state.last_time, state.last_rank = step.time, steps.rank(step)
    if turn.changed:
        _settle(state, step.time, turn, False)
    if state.excluded:
        silence(turn, before)


def wake(state: ConversationState, until: int, turn: Turn) -> None:
    """Run every timer before `until` (exclusive), in order."""
    if turn.rules.changes:
        for change in turn.rules.changes[1:]:
            if change.after < until and is_unseen(change, state):
                change_alert_rules(state, change, turn)
    while 0 < state.next_wake < until:
        _fire(state, state.next_wake, turn)


def change_alert_rules(state: ConversationState, change: Change, turn: Turn) -> None:
    """From an instant on other alert rules hold; what is promised changes with the next step only."""
    while 0 < state.next_wake < change.after:
        _fire(state, state.next_wake, turn)
    if conditions.is_counted(state):
        conditions.change_rules(state, change.after, turn, change.rules)
        state.last_timer = change.after
        _settle(state, change.after, turn, True)


def _fire(state: ConversationState, at: int, turn: Turn) -> None:
    before = len(turn.facts)
    for index, clock in enumerate(state.clocks):
        while 0 < clock.warn_at <= at:
            warn(Move(state, index, at, 0, turn))
        if 0 < clock.breach_at <= at:
            breach(Move(state, index, at, 0, turn))
    if state.status == "snoozed" and 0 < state.snoozed_until <= at:
        _change_status(state, "open", Step(at, steps.STATUS, 0, ["open", 0]), turn)
    conditions.ripen(state, at, turn)
    if expiry(state, turn) <= at:
        _let_go(state, at, turn)
    state.last_timer = at
    _settle(state, at, turn, True)
    if state.excluded:
        silence(turn, before)


def _settle(state: ConversationState, at: int, turn: Turn, over: bool) -> None:
    rules = turn.rules.of(state.policy)
    if state.clocks:
        watched = conditions.alert_rules(state, turn) if state.watched else rules
        conditions.refresh(state, at, turn, watched, over)
        turn.renewed.clear()
        known = state.flags and not turn.promised
        state.flags = flags_of(state, state.flags & URGENCY if known else None)
    state.next_wake = next_wake(state, turn, rules)


def _let_go(state: ConversationState, at: int, turn: Turn) -> None:
    if state.status or provisional.is_forgotten(state, turn.rules.active.policy):
        _expire(state, at, turn)
    else:
        provisional.forget(state)


def _expire(state: ConversationState, at: int, turn: Turn) -> None:
    if state.status in LIVE_STATUSES:
        turn.count("expired", at, state)
        happen(state, Happening.ENDED, at, 0, turn)
    state.expired = True


def _open(state: ConversationState, step: Step, turn: Turn) -> None:
    """The first opening step: creation, a message, or what another conversation left."""
    created_at, created_by, status = step.time, "agent", "new"
    if step.kind == steps.CREATED:
        ATTRIBUTE_HANDLERS[steps.CREATED](state, step, turn)
        created_at, status, created_by = created(step), str(step.operand[1]), str(step.operand[4])
    elif step.kind == steps.ABSORBED:
        created_at = number(step, 0)  # what is unanswered, the handler below takes over
    else:
        ATTRIBUTE_HANDLERS[steps.CREATED](state, _as_creation(step), turn)
        created_by = "customer" if step.kind == steps.QUESTION else "agent"
    _found(state, step.time, (created_at, created_by), turn)
    turn.count("opened", created_at, state)
    happen(state, Happening.OPENED, created_at, step.cause, turn)
    if created_by == "customer":
        state.waiting_since = created_at
        happen(state, Happening.OPENED_BY_CUSTOMER, created_at, step.cause, turn)
    if step.kind != steps.CREATED:
        _HANDLERS[step.kind](state, step, turn)
    elif status != "new":
        _change_status(state, status, step, turn)


def _found(state: ConversationState, at: int, created: tuple[int, str], turn: Turn) -> None:
    created_at, created_by = created
    rules = turn.rules.at(at)
    state.status, state.created_at, state.created_by = "new", created_at, created_by
    state.live_since, state.policy = created_at, rules.hash
    state.sla = rules.match(turn.tenant, state.channel, state.team, state.priority, state.tags)
    state.clocks = [ClockState() for _ in CLOCKS]
    conditions.watch(state, rules)


def _as_creation(step: Step) -> Step:
    channel, team, priority = step.operand
    operand: Operand = [channel, "new", priority, team, "", [], None]
    return Step(step.time, step.kind, step.cause, operand)


def _created_again(state: ConversationState, step: Step, turn: Turn) -> None:
    # A bare message had opened it; the creation that comes afterwards fills in its fields.
    ATTRIBUTE_HANDLERS[steps.CREATED](state, step, turn)
    if created(step) < state.created_at:
        create_earlier(state, step, turn)
    status = str(step.operand[1])
    if state.status == "new" and status != "new":
        _change_status(state, status, step, turn)


def _question(state: ConversationState, step: Step, turn: Turn) -> None:
    turn.count("messages_in", step.time, state)
    if turn.overruled:
        return  # a status event at this instant keeps it solved
    if state.status in _REVIVED_BY_CUSTOMER:
        _change_status(state, "open", step, turn)
    if not state.waiting_since:
        state.waiting_since, turn.changed = step.time, True
    happen(state, _QUESTION, step.time, step.cause, turn)


def _reply(state: ConversationState, step: Step, turn: Turn) -> None:
    turn.count("messages_out", step.time, state)
    if state.waiting_since:
        state.waiting_since, turn.changed = 0, True
    happen(state, _REPLY, step.time, step.cause, turn)


def _agent_reply(state: ConversationState, step: Step, turn: Turn) -> None:
    handling.answered_by_person(state)
    _reply(state, step, turn)


def _bot_reply(state: ConversationState, step: Step, turn: Turn) -> None:
    handling.answered_by_bot(state)
    sla = turn.rules.of(state.policy).sla(state.sla)
    if sla is not None and sla.bot_counts:
        _reply(state, step, turn)
    else:
        turn.count("messages_out", step.time, state)


def _message_in(state: ConversationState, step: Step, turn: Turn) -> None:
    turn.count("messages_in", step.time, state)


def _message_out(state: ConversationState, step: Step, turn: Turn) -> None:
    turn.count("messages_out", step.time, state)


def _note(_state: ConversationState, _step: Step, _turn: Turn) -> None:
    """Moves nothing."""


def _status(state: ConversationState, step: Step, turn: Turn) -> None:
    turn.changed = True
    _change_status(state, str(step.operand[0]), step, turn)
    until = number(step, 1) if state.status == "snoozed" else 0
    state.snoozed_until = max(until, step.time) if until else 0


def _change_status(state: ConversationState, to: str, step: Step, turn: Turn) -> None:
    """Go to another status; solving, reopening and ending are told by live or not, before and after."""
    if to == state.status:
        return
    turn.changed = True
    if to in TERMINAL_STATUSES:
        _end(state, to, step, turn)
        return
    before, state.status = state.status, to
    if before in LIVE_STATUSES and to in LIVE_STATUSES:
        differing = turn.rules.of(state.policy).differing[state.sla][before, to]
        refresh_pauses(state, step.time, step.cause, turn, differing)
        return
    if before in LIVE_STATUSES:
        state.ended_at, state.waiting_since = step.time, 0
        turn.count("solved", step.time, state)
        if not state.reopen_count:
            handling.solved(state, step, turn)
        happen(state, _SOLVED, step.time, step.cause, turn)
    elif to in LIVE_STATUSES:
        state.reopen_count += 1
        handling.reopened(state, turn)
        state.ended_at, state.live_since = 0, step.time
        turn.count("reopened", step.time, state)
        happen(state, _REOPENED, step.time, step.cause, turn)
    refresh_pauses(state, step.time, step.cause, turn)


def _end(state: ConversationState, status: str, step: Step, turn: Turn) -> None:
    turn.changed = True
    happen(state, Happening.ENDED, step.time, step.cause, turn)
    state.status, state.waiting_since, state.ended_at = status, 0, step.time


def _merged(state: ConversationState, step: Step, turn: Turn) -> None:
    target = str(step.operand[0])
    turn.facts.append(MergedInto(target, step.time, state.created_at, state.waiting_since))
    state.merged_into = target
    _end(state, "merged", step, turn)


def _deleted(state: ConversationState, step: Step, turn: Turn) -> None:
    _end(state, "deleted", step, turn)


def _spam(state: ConversationState, step: Step, turn: Turn) -> None:
    _end(state, "spam", step, turn)


_BY_KIND: Final[dict[int, Callable[[ConversationState, Step, Turn], None]]] = {
    **ATTRIBUTE_HANDLERS,
    steps.CREATED: _created_again,
    steps.ABSORBED: absorb,
    steps.QUESTION: _question,
    steps.REPLY: _agent_reply,
    steps.BOT_REPLY: _bot_reply,
    steps.MESSAGE_IN: _message_in,
    steps.MESSAGE_OUT: _message_out,
    steps.NOTE: _note,
    steps.STATUS: _status,
    steps.MERGED: _merged,
    steps.DELETED: _deleted,
    steps.SPAM: _spam,
    steps.EXCLUDED: exclude,
    steps.INCLUDED: include,
}
_HANDLERS: Final = tuple(_BY_KIND.get(kind, _note) for kind in range(steps.INCLUDED + 1))
