"""Taking over what a merged conversation still owed: the older question, and the clock that it starts.

Rule: `absorbed` with an oldest unanswered message moves the start of the open reply clock
(`first_reply` while it is owed, else the present `next_reply`, opening one if none runs) to the earlier
instant. Creation and resolution stay; a solved target stays solved.
"""

from typing import Final

from schemas.states import ConversationState

from .clocks import CLOCK_INDEX, FIRST_REPLY, OPEN, Happening
from .facts import PassedOn
from .levels import LIVE_STATUSES
from .moves import Move, happen, start_earlier
from .steps import Step, is_ending, number, rank
from .turn import Turn

_NEXT_REPLY: Final = CLOCK_INDEX["next_reply"]


def absorb(state: ConversationState, step: Step, turn: Turn) -> None:
    """Another conversation was merged into this one: take over its oldest unanswered message."""
    oldest = number(step, 1)
    if not oldest or state.status not in LIVE_STATUSES:
        return
    state.waiting_since, turn.changed = min(state.waiting_since or oldest, oldest), True
    happen(state, Happening.QUESTION, step.time, step.cause, turn)
    first = state.clocks[FIRST_REPLY]
    index = FIRST_REPLY if first.status in OPEN else _NEXT_REPLY
    clock = state.clocks[index]
    if clock.status in OPEN and oldest < clock.started_at:
        move = Move(state, index, step.time, step.cause, turn)
        start_earlier(move, oldest, clock.started_at, "absorbed")


def pass_on(state: ConversationState, step: Step, turn: Turn) -> None:
    """What comes after a merge is for the conversation that stays; after any end it counts nowhere else.

    It moves the conversation's time all the same: the tail holds it, and must stay in order.
    """
    turn.changed = False
    state.last_time, state.last_rank = step.time, rank(step)
    if state.merged_into and not state.expired and not is_ending(step):
        operand = tuple(tuple(v) if isinstance(v, list) else v for v in step.operand)
        turn.facts.append(PassedOn(state.merged_into, step.time, step.kind, step.cause, operand))
