"""Clocks that nobody has promised anything for: they only count.

Such a clock has no target, no due, no warning and no breach, and nobody is told what becomes of it; what
remains of the moves of `stream_app.domain.moves` is this. Most clocks of most conversations are so.
"""

from schemas.rows import ClockState, ConversationState

from .clocks import CANCELLED, FULFILLED, OPEN, PAUSED, RUNNING, ClockSpec, Verb
from .facts import Observed
from .rules import Plan
from .turn import Turn, group_of


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
    if verb is Verb.CANCEL:
        clock.status = CANCELLED
        turn.count(f"{spec.name}_cancelled", at, state)
        return
    if verb is Verb.FULFIL or (verb is Verb.RENEW and clock.status in OPEN):
        clock.status = FULFILLED
        turn.facts.append(Observed(spec.name, at, group_of(state), clock.elapsed))
        if verb is Verb.FULFIL:
            return
    if verb is not Verb.GO_ON:
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
