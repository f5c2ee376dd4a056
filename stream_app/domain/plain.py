"""Clocks that nobody has promised anything for: they only count.

Such a clock has no target, no due, no warning and no breach, and nobody is told what becomes of it; what
remains of the moves of `stream_app.domain.moves` is this. Most clocks of most conversations are so.
"""

from typing import Final

from schemas.states import ClockState, ConversationState

from .clocks import CANCELLED, FULFILLED, OPEN, PAUSED, RUNNING, ClockSpec, Verb
from .facts import Observed
from .rules import Plan
from .turn import Turn, group_of

# A member of an enum costs a search each time it is named.
_CANCEL: Final = Verb.CANCEL
_FULFIL: Final = Verb.FULFIL
_GO_ON: Final = Verb.GO_ON
_RENEW: Final = Verb.RENEW


def is_plain(clock: ClockState, plan: Plan) -> bool:
    """Whether nothing is promised for this clock, and nothing was under an older policy version."""
    return not plan.kept and not clock.started_at


def move_plain(
    verb: Verb,
    clock: ClockState,
    about: tuple[ClockSpec, Plan, ConversationState],
    at: int,
    turn: Turn,
) -> None:
    """What a verb of the clock table does to such a clock; the table allows it."""
    spec, plan, state = about
    if clock.since:
        clock.elapsed += plan.calendar.elapsed(clock.since, at)
        clock.since = 0
    if verb is _CANCEL:
        clock.status = CANCELLED
        turn.count(f"{spec.name}_cancelled", at, state)
        return
    if verb is _FULFIL or (verb is _RENEW and clock.status in OPEN):
        clock.status = FULFILLED
        turn.facts.append(Observed(spec.name, at, group_of(state), clock.elapsed))
        if verb is _FULFIL:
            return
    if verb is not _GO_ON:
        clock.instance += 1
        clock.elapsed = 0
    if state.status in plan.pause_on:
        clock.status = PAUSED
    else:
        clock.status, clock.since = RUNNING, at


def pause_plain(clock: ClockState, plan: Plan, at: int) -> None:
    """The clock stands still."""
    clock.elapsed += plan.calendar.elapsed(clock.since, at)
    clock.status, clock.since = PAUSED, 0


def resume_plain(clock: ClockState, at: int) -> None:
    """The clock counts again."""
    clock.status, clock.since = RUNNING, at
