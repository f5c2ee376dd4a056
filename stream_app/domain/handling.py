"""How a conversation was handled up to its first solve: at the first contact, or without a person.

Rules:
1. Solved at first contact: when it is solved for the first time, people have answered exactly once.
2. Self-served: no person has answered by then, and a bot did, or somebody other than an agent solved
   it. Who solved it counts where the event says so; an agent who closes it by hand has handled it.
3. A conversation that is reopened was neither: what was counted is taken back where it was counted.
4. Both are shares of all first solves.
"""

from typing import Final

from schemas.states import ConversationState

from .facts import TakenBack
from .steps import STATUS, Step
from .turn import Turn, group_of

FIRST_CONTACT: Final = "first_contact_solved"
SELF_SERVED: Final = "self_served"
_MANY: Final = 2  # more answers than this are not told apart


def answered_by_person(state: ConversationState) -> None:
    """A person has answered in public."""
    if state.replies < _MANY:
        state.replies += 1


def answered_by_bot(state: ConversationState) -> None:
    """A bot has answered in public."""
    state.bot_replied = True


def solved(state: ConversationState, step: Step, turn: Turn) -> None:
    """It is solved for the first time."""
    name = _handled(state, _solver(step))
    state.handled = [name, *group_of(state)] if name else []
    if name:
        turn.count(name, step.time, state)


def reopened(state: ConversationState, turn: Turn) -> None:
    """It is reopened; called while `ended_at` still says when it was solved."""
    if state.handled:
        name, channel, team, priority = state.handled
        turn.facts.append(TakenBack(name, state.ended_at, (channel, team, priority)))
        state.handled = []


def _handled(state: ConversationState, by: str) -> str:
    if state.replies == 1:
        return FIRST_CONTACT
    if state.replies or by == "agent":
        return ""
    return SELF_SERVED if by or state.bot_replied else ""


def _solver(step: Step) -> str:
    """Who changed the status; "" when the event does not say."""
    if step.kind != STATUS or len(step.operand) < 3:
        return ""
    return str(step.operand[2])
