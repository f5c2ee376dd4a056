"""Which step comes after which: what the order of arrival may decide, and what it must not.

Rules:
1. Steps are ordered by their time, then by the rank of their kind; equals keep their order of arrival.
2. What several merges hand over at one instant arrives in an order that says how fast workers are: it
   goes by its content.
3. A status event at the instant of a question may say that it did not reopen anything.
"""

from schemas.states import ConversationState

from .levels import SOLVED_STATUSES
from .steps import ABSORBED, STATUS, Step, moved_to, number, rank


def is_in_order(state: ConversationState, step: Step) -> bool:
    """Whether a step can be applied to a state without anything being folded again."""
    if step.time <= state.last_timer:
        return False
    if step.time != state.last_time:
        return step.time > state.last_time
    place = rank(step)
    if place == state.last_rank and step.kind == ABSORBED:
        return False
    return place >= state.last_rank and not _overrules(state, step)


def _overrules(state: ConversationState, step: Step) -> bool:
    """Whether a status event says that the question at this instant did not reopen anything."""
    reopened = state.reopen_count and state.live_since == step.time
    return bool(reopened) and step.kind == STATUS and step.operand[0] in SOLVED_STATUSES


def insert(steps: list[Step], step: Step) -> None:
    """Put a step where it belongs."""
    order = _order(step)
    index = len(steps)
    while index and _order(steps[index - 1]) > order:
        index -= 1
    steps.insert(index, step)


def _order(step: Step) -> tuple[int, ...]:
    if step.kind == ABSORBED:
        return step.time, rank(step), number(step, 0), number(step, 1), step.cause
    return step.time, rank(step)


def behind(state: ConversationState, step: Step) -> Step:
    """The step as if it had come right after all that is known: what is too late re-folds nothing.

    It must not depend on where the base stands, because packing rows moves the base at its leisure.
    """
    return moved_to(step, max(state.last_time, state.last_timer, step.time) + 1)
