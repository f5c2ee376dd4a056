"""A conversation that nobody has opened: what is known of it, and for how long.

Rules:
1. Attributes are kept for whoever opens it, and forgotten when it has been silent for the lateness.
2. What ends a conversation for good (merged, deleted, spam) does so before anybody opened it, too: what
   comes after it counts nowhere, or goes to the conversation that it was merged into. Nothing is owed by
   it then, so nothing is taken over.
3. The row goes later than what it says is forgotten: what a merge hands over may come back long after,
   and turn out to have opened it. Until then its steps can be folded again.
"""

from typing import Final

from schemas.states import ConversationState

from .policy import Policy
from .steps import DELETED, MERGED, SPAM, Step, is_ending
from .ticks import EVENT, KEPT

_ENDS: Final = {MERGED: "merged", DELETED: "deleted", SPAM: "spam"}
_BLANK: Final = ConversationState()


def end_unopened(state: ConversationState, step: Step) -> None:
    """Take in a step that opens nothing: at most it ends what nobody has heard of."""
    if is_ending(step):
        state.status = _ENDS.get(step.kind) or str(step.operand[0])
        state.merged_into = str(step.operand[0]) if step.kind == MERGED else ""
        state.ended_at = step.time


def is_forgotten(state: ConversationState, policy: Policy) -> bool:
    """Whether it has been silent for so long that what it said holds no more."""
    return state.last_timer >= state.last_time + policy.allowed_lateness


def forget(state: ConversationState) -> None:
    """Let go of what it said; the row stays as one of which nothing is known."""
    state.channel, state.team, state.priority = _BLANK.channel, _BLANK.team, _BLANK.priority
    state.assignee, state.tags, state.url = _BLANK.assignee, [], _BLANK.url


def goes_at(state: ConversationState, policy: Policy, tenant: str) -> int:
    """When it is forgotten, and after that when its row goes."""
    silent = state.last_time + policy.allowed_lateness
    if not is_forgotten(state, policy):
        return silent
    return silent + (policy.retention if policy.tenants.get(tenant) == EVENT else KEPT)
