"""How a clock counts: spans of calendar time, due instants, warning steps.

A clock's figures are `elapsed` (closed spans) plus the span since `since`. Closed spans keep their
calendar, because a target that changes later may have been reached inside one of them.
"""

from schemas.states import ClockState

from .clocks import RUNNING
from .policy import Calendar, Target
from .rules import Rules


def elapsed_at(clock: ClockState, at: int, calendar: Calendar) -> int:
    """Counted time at an instant; `calendar` is that of the running span."""
    if not clock.since:
        return clock.elapsed
    return clock.elapsed + calendar.elapsed(clock.since, at)


def start_span(clock: ClockState, at: int, since: int, target: Target | None, rules: Rules) -> None:
    """Count from `since`, and set the timers as they stand at `at` (now)."""
    clock.since = since
    set_timers(clock, at, target, rules)


def close_span(clock: ClockState, at: int, calendar: Calendar, keep: bool) -> None:
    """Stop counting at `at`; timers fall silent. What was counted is kept apart where it may matter."""
    if clock.since:
        if at > clock.since:
            clock.elapsed += calendar.elapsed(clock.since, at)
            if keep:
                clock.spans = (*clock.spans, (clock.since, at, calendar.name))
        clock.since = 0
    clock.breach_at = clock.warn_at = 0


def set_timers(clock: ClockState, at: int, target: Target | None, rules: Rules) -> None:
    """Recompute due, breach and warning instants of a counting clock at `at`.

    A breached clock keeps the promise that it missed: target and due. A due that is past already makes
    the breach timer fire now. Warning steps that the target no longer has, or has later, are not reached.
    """
    clock.breach_at = clock.warn_at = 0
    if clock.breached:
        return
    clock.target = target.within if target else 0
    if clock.warned:
        _take_steps_back(clock, at, target)
    if target is not None and not clock.started_at:
        clock.started_at = clock.since or at  # promised only now: what was before is not known
    if target is None or (clock.status != RUNNING and clock.elapsed < target.within):
        clock.due = 0
        return
    clock.due = reached_at(clock, target.within, target.calendar, rules)
    clock.breach_at = max(clock.due, at)
    _set_warning(clock, at, target, rules)


def reach_step(clock: ClockState, at: int, target: Target | None, rules: Rules) -> bool:
    """One more warning step is reached; returns whether it is the first time in this instance."""
    clock.warned, clock.warn_at = clock.warned + 1, 0
    if target is not None:
        _set_warning(clock, at, target, rules)
    return clock.warned > clock.told


def _set_warning(clock: ClockState, at: int, target: Target, rules: Rules) -> None:
    if clock.warned < len(target.warn):
        step = reached_at(clock, target.warn[clock.warned], target.calendar, rules)
        clock.warn_at = max(step, at)


def _take_steps_back(clock: ClockState, at: int, target: Target | None) -> None:
    """Of the steps that were reached those stay that are so under this target."""
    clock.told = max(clock.told, clock.warned)
    counted = elapsed_at(clock, at, target.calendar) if target else 0
    steps = target.warn[: clock.warned] if target else ()
    clock.warned = sum(step <= counted for step in steps)


def reached_at(clock: ClockState, amount: int, calendar: Calendar, rules: Rules) -> int:
    """The instant at which the counted time reaches, or reached, `amount`."""
    if amount > clock.elapsed or not clock.spans:
        return calendar.due(clock.since, max(0, amount - clock.elapsed))
    left = amount
    for start, end, name in clock.spans:
        span_calendar = rules.calendar(name)
        counted = span_calendar.elapsed(start, end)
        if counted >= left:
            return span_calendar.due(start, left)
        left -= counted
    return calendar.due(clock.since, left)
