"""A person takes a conversation out of the figures, or puts it back, and it stays known who and why.

Rules:
1. From the exclusion on nothing of the conversation is counted and no promise of it is told; its alerts
   end. Promises that were running are told as cancelled, with the reason `excluded`.
2. Its clocks go on unheard, so that an inclusion finds them as they would have been. What happened in
   between stays uncounted.
3. The last acts stay in the row for as long as it exists: when, what, by whom, why.
"""

from typing import Final

from schemas.states import ConversationState

from . import conditions
from .clocks import OPEN
from .facts import Act, ConditionChanged, Fact, MergedInto, Outcome, PassedOn
from .moves import Move, say
from .steps import Step
from .turn import Turn

EXCLUDED: Final = "excluded"
INCLUDED: Final = "included"
_ACTS_KEPT: Final = 8


def exclude(state: ConversationState, step: Step, turn: Turn) -> None:
    """Take the conversation out."""
    if not state.excluded:
        _cancel_promises(state, step, turn)
    state.excluded = turn.changed = True
    _remember(EXCLUDED, state, step, turn)


def include(state: ConversationState, step: Step, turn: Turn) -> None:
    """Put it back; alert rules that hold begin now."""
    if state.excluded:
        conditions.reconsider(state, step.time)
    state.excluded, turn.changed = False, True
    _remember(INCLUDED, state, step, turn)


def silence(turn: Turn, before: int) -> None:
    """Of an excluded conversation: alerts end and acts are told, figures hear nothing."""
    turn.facts[before:] = [fact for fact in turn.facts[before:] if _is_told(fact)]


def _is_told(fact: Fact) -> bool:
    if isinstance(fact, Outcome):
        return fact.reason == EXCLUDED
    return isinstance(fact, ConditionChanged | Act | MergedInto | PassedOn)


def _cancel_promises(state: ConversationState, step: Step, turn: Turn) -> None:
    for number, clock in enumerate(state.clocks):
        if clock.status in OPEN:
            told = len(turn.facts)
            say("cancelled", Move(state, number, step.time, step.cause, turn), reason=EXCLUDED)
            for index in range(told, len(turn.facts)):
                fact = turn.facts[index]
                if isinstance(fact, Outcome):
                    causes = (*fact.caused_by, step.cause)
                    turn.facts[index] = fact._replace(caused_by=causes)


def _remember(what: str, state: ConversationState, step: Step, turn: Turn) -> None:
    by, why = (str(word or "") for word in step.operand)
    turn.facts.append(Act(what, step.time, by, why))
    state.acts = [*state.acts, (step.time, what, by, why)][-_ACTS_KEPT:]
