"""What each verb of the clock table does to a clock's figures, and the facts that it leaves behind."""

from collections.abc import Callable, Iterable
from typing import Final

from schemas.states import ClockState, ConversationState

from .clocks import (
    CANCELLED,
    CLOCK_INDEX,
    CLOCKS,
    FULFILLED,
    IDLE,
    OPEN,
    PAUSED,
    REACTIONS,
    RUNNING,
    UNANSWERED,
    ClockSpec,
    Happening,
    Verb,
)
from .counting import close_span, elapsed_at, reach_step, set_timers, start_span
from .facts import Observed, Outcome
from .levels import LIVE_STATUSES
from .plain import is_plain, move_plain, pause_plain, resume_plain
from .turn import Turn, group_of

_ALL: Final = range(len(CLOCKS))


class Move:
    """A clock about to move: everything that the verbs below look at."""

    __slots__ = ("at", "cause", "clock", "number", "plan", "rules", "spec", "state", "turn")

    def __init__(
        self, state: ConversationState, number: int, at: int, cause: int, turn: Turn
    ) -> None:
        """Of clock `number` at an instant, caused by an event (0: by a timer)."""
        turn.promised = True
        self.state: Final = state
        self.number: Final = number
        self.at: Final = at
        self.cause: Final = cause
        self.turn: Final = turn
        self.rules: Final = turn.rules.of(state.policy)  # the policy version of the conversation
        self.spec: Final = CLOCKS[number]
        self.plan: Final = self.rules.plans[state.sla][number]
        self.clock = state.clocks[number]


def happen(state: ConversationState, happening: Happening, at: int, cause: int, turn: Turn) -> None:
    """Let every clock react to a happening, as the tables say."""
    clocks, plans = state.clocks, turn.rules.of(state.policy).plans[state.sla]
    for number, verb, allowed, waits, spec in REACTIONS[happening]:
        clock = clocks[number]
        if not allowed[clock.status] or (waits and not _may_begin(state, spec)):
            continue
        turn.changed = True
        plan = plans[number]
        if is_plain(clock, plan):
            move_plain(verb, clock, (spec, plan, state), at, turn)
            continue
        move = Move(state, number, at, cause, turn)
        if verb is _CANCEL:
            cancel(move, spec.cancel_reason.get(happening, "ended"))
        else:
            _VERBS[verb](move)


def begin(move: Move) -> None:
    """A new instance starts counting, or starts paused."""
    clock, plan = move.clock, move.plan
    _reset(clock)
    if plan.kept:
        clock.started_at, clock.started_by, clock.target = move.at, move.cause, plan.within
    if move.state.status in plan.pause_on:
        clock.status = PAUSED
    else:
        clock.status, clock.since = RUNNING, move.at
        if plan.target is not None:
            set_timers(clock, move.at, plan.target, move.rules)
    if move.rules.traced:
        _trace("activated", move)


def renew(move: Move) -> None:
    """The open instance is fulfilled, and the next one begins."""
    if move.clock.status in OPEN:
        fulfil(move)
        move.turn.renewed[move.number] = move.clock
        following = ClockState()
        following.instance = move.clock.instance
        move.clock = move.state.clocks[move.number] = following
    begin(move)


def fulfil(move: Move) -> None:
    """The clock ends as promised, or late."""
    clock = move.clock
    _close(move)
    if clock.target and clock.elapsed > clock.target and not clock.breached:
        breach(move)  # its due was past before it could be reached: it has just gone on
    _end(move, FULFILLED)
    group = group_of(move.state)
    move.turn.facts.append(Observed(move.spec.name, move.at, group, clock.elapsed))
    if clock.target or move.rules.traced:
        _count_once(move, "met")
        if clock.breached:
            move.turn.count(f"{move.spec.name}_late", move.at, move.state)
        say("fulfilled", move, n=clock.ends)


def cancel(move: Move, reason: str) -> None:
    """The clock ends without an answer; a breach that it had stays counted."""
    _close(move)
    _end(move, CANCELLED)
    move.turn.count(f"{move.spec.name}_cancelled", move.at, move.state)
    if reason == UNANSWERED and move.clock.target and not move.clock.breached:
        move.turn.count(f"{move.spec.name}_abandoned", move.at, move.state)
    if move.plan.kept:
        move.clock.reason = reason
        say("cancelled", move, n=move.clock.instance)


def go_on(move: Move) -> None:
    """The same instance runs again after a reopening."""
    clock = move.clock
    since = clock.ended_at if move.spec.counts_solved else move.at
    clock.status, clock.ended_at, clock.ended_by = RUNNING, 0, 0
    if move.plan.kept:
        clock.reason = "reopened"
    start_span(clock, move.at, since, move.plan.target, move.rules)
    if move.rules.traced:
        _trace("resumed", move)
    _miss_past(move)  # no pause may hide it


def pause(move: Move) -> None:
    """The clock stands still; its due is unknown until it goes on."""
    _close(move)
    move.clock.status = PAUSED
    if not move.clock.breached:
        move.clock.due = 0
    if move.rules.traced:
        _trace("paused", move)


def resume(move: Move) -> None:
    """The clock counts again, with the rest of its target ahead."""
    move.clock.status = RUNNING
    start_span(move.clock, move.at, move.at, move.plan.target, move.rules)
    if move.rules.traced:
        _trace("resumed", move)


def breach(move: Move) -> None:
    """The target is missed. `at` is the instant of the breach, `due` may lie before it."""
    clock = move.clock
    clock.breached, clock.breach_at, clock.warn_at = True, 0, 0
    _count_once(move, "missed")
    move.turn.count(f"{move.spec.name}_breached", move.at, move.state)
    reason = "" if clock.due == move.at else clock.reason or "past_due"
    say("breached", move, reason=reason)


def redue(move: Move) -> None:
    """Start or target have changed: a due that is past now is missed at this very instant."""
    set_timers(move.clock, move.at, move.plan.target, move.rules)
    _miss_past(move)


def start_earlier(move: Move, since: int, before: int, reason: str) -> None:
    """An open clock that seemed to begin at `before` has counted from `since` on."""
    clock, calendar = move.clock, move.plan.calendar
    clock.elapsed += calendar.elapsed(since, before)
    if move.plan.kept:
        clock.spans = ((since, before, calendar.name), *clock.spans)
        clock.started_at, clock.started_by = since, move.cause
        clock.reason = reason
    redue(move)


def warn(move: Move) -> None:
    """One more warning step is reached; several at one instant are told once each."""
    clock = move.clock
    if not reach_step(clock, move.at, move.plan.target, move.rules):
        return
    if clock.warned == 1:
        move.turn.count(f"{move.spec.name}_at_risk", move.at, move.state)
    say("at_risk", move, n=clock.warned)


def refresh_pauses(
    state: ConversationState, at: int, cause: int, turn: Turn, numbers: Iterable[int] = _ALL
) -> None:
    """Pause and resume open clocks, those of `numbers`, as the present status and targets want it."""
    plans = turn.rules.of(state.policy).plans[state.sla]
    status, clocks = state.status, state.clocks
    for number in numbers:
        clock = clocks[number]
        if clock.status not in OPEN:
            continue
        plan = plans[number]
        paused = status in plan.pause_on
        if paused is (clock.status == PAUSED):
            continue
        if is_plain(clock, plan):
            pause_plain(clock, plan, at) if paused else resume_plain(clock, at)
        elif paused:
            pause(Move(state, number, at, cause, turn))
        else:
            resume(Move(state, number, at, cause, turn))


def say(kind: str, move: Move, *, n: int = 0, reason: str = "") -> None:
    """Leave an outcome with all that is needed to check it by hand; without a promise there is none."""
    if not move.clock.target and not move.rules.traced:
        return
    clock, state, sla = move.clock, move.state, move.rules.sla(move.state.sla)
    calendar = move.plan.calendar
    move.turn.facts.append(
        Outcome(
            kind,
            move.spec.name,
            clock.instance,
            n,
            move.at,
            clock.due,
            clock.target,
            elapsed_at(clock, move.at, calendar),
            reason or (clock.reason if kind == "cancelled" else ""),
            group_of(state),
            calendar.name,
            sla.name if sla else "",
            state.policy,
            tuple(cause for cause in (clock.started_by, clock.ended_by) if cause),
        )
    )


def _miss_past(move: Move) -> None:
    if not move.clock.breached and 0 < move.clock.due < move.at:
        breach(move)


def _trace(kind: str, move: Move) -> None:
    n = move.clock.ends * 1000 + len(move.clock.spans)
    say(kind, move, n=n)


def _close(move: Move) -> None:
    plan = move.plan
    close_span(move.clock, move.at, plan.calendar, plan.kept)


def _reset(clock: ClockState) -> None:
    clock.instance += 1
    clock.breached = clock.counted = False
    clock.elapsed = clock.since = clock.due = clock.warned = clock.told = clock.ends = 0
    clock.started_at = clock.started_by = clock.ended_at = clock.ended_by = clock.target = 0
    clock.reason, clock.spans = "", ()


def _end(move: Move, status: int) -> None:
    clock = move.clock
    clock.status = status
    if move.plan.kept:
        clock.ended_at, clock.ended_by = move.at, move.cause
        clock.ends += 1
        if move.spec.name in _END_FOR_GOOD:
            clock.spans = ()  # never asked again


def _count_once(move: Move, name: str) -> None:
    # Each instance stands once in the met/missed ratio; without a target it stands in none.
    if move.clock.target and not move.clock.counted:
        move.clock.counted = True
        move.turn.count(f"{move.spec.name}_{name}", move.at, move.state)


def _may_begin(state: ConversationState, spec: ClockSpec) -> bool:
    # Nothing is owed while solved, nor before the clock that comes first has ended.
    status = state.clocks[CLOCK_INDEX[spec.after]].status
    return status not in OPEN and status != IDLE and state.status in LIVE_STATUSES


_END_FOR_GOOD: Final = frozenset(
    spec.name for spec in CLOCKS if Verb.GO_ON not in spec.verbs.values()
)
_CANCEL: Final = Verb.CANCEL  # a member of an enum costs a search each time it is named
_VERBS: Final[dict[Verb, Callable[[Move], None]]] = {
    Verb.BEGIN: begin,
    Verb.STREAK: begin,
    Verb.RENEW: renew,
    Verb.FULFIL: fulfil,
    Verb.GO_ON: go_on,
}
