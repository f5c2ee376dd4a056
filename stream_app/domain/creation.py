"""A creation that is heard of so late that nothing can be folded again: the conversation is older.

Rules:
1. The creation is the earlier of the two. Ages of alert rules and levels count from it.
2. Clocks that began with the conversation and are open have counted since then, unless they stand still
   in the status that it was created with; one whose target is past by that breaches now.
3. A conversation that a customer created has been waiting since then, where its first reply is owed.
4. What has ended stays as it was told.
"""

from schemas.states import ConversationState

from . import conditions
from .clocks import CLOCKS, FIRST_REPLY, OPEN, Happening
from .moves import Move, start_earlier
from .steps import Step, created
from .turn import Turn

_REASON = "created_earlier"


def create_earlier(state: ConversationState, step: Step, turn: Turn) -> None:
    """Move the creation of an open or solved conversation back to that of a late `ticket.created`."""
    since, before = created(step), state.created_at
    state.created_at, state.created_by = since, str(step.operand[4])
    turn.changed = turn.promised = True
    for number, spec in enumerate(CLOCKS):
        if Happening.OPENED in spec.verbs and state.clocks[number].status in OPEN:
            move = Move(state, number, step.time, step.cause, turn)
            if step.operand[1] not in move.plan.pause_on:
                start_earlier(move, since, before, _REASON)
    first = state.clocks[FIRST_REPLY]
    if state.created_by == "customer" and first.status in OPEN:
        state.waiting_since = min(state.waiting_since or since, since)
        move = Move(state, FIRST_REPLY, step.time, step.cause, turn)
        start_earlier(move, since, first.started_at, _REASON)
    conditions.watch(state, conditions.alert_rules(state, turn))
    conditions.reconsider(state, step.time)
