"""Goals: how a figure of the whole tenant stands against what is to be reached over a span of time.

Rules:
1. Shares and counts are to be reached or passed; times, and counts of what went wrong, are not to be
   passed.
2. `met` or `missed` is said of the span that ends now. While less than the span has been seen, a count
   that is not reached yet is `on_track` when it will be at this pace.
3. Without data, or while a source partition is missing, the state is `unknown`, with the reason.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from stream_app.domain import measures
from stream_app.domain.figures import codes_of, figure_of, window_figures
from stream_app.domain.ledger import HOUR_MS, Ledger
from stream_app.domain.panes import Values
from stream_app.domain.policy import Goal
from stream_app.domain.spans import span_name

_WRONG: Final = ("_missed", "_breached", "_cancelled", "_late", "_abandoned", "_at_risk")


class Ground(NamedTuple):
    """What goals of a tenant are judged on. `since` is the first instant that was ever reached."""

    as_of: int
    since: int
    complete: bool


def ledger_for(goals: Sequence[Goal], longest: int) -> Ledger | None:
    """A ledger that holds what long goals need; None when the windows do for all of them."""
    far = [goal for goal in goals if goal.over > longest]
    if not far:
        return None
    codes = frozenset(code for goal in far for code in codes_of(goal.metric))
    return Ledger(max(goal.over for goal in far) + HOUR_MS, codes)


def progress(goal: Goal, values: Values, ground: Ground) -> dict[str, Any]:
    """One entry of a view's `goals`."""
    value, count = figure_of(window_figures(values), goal.metric)
    timed = goal.metric.endswith("_seconds")
    target = goal.target / 1000 if timed else goal.target
    shown: dict[str, Any] = {
        "name": goal.name,
        "metric": goal.metric,
        "over": span_name(goal.over),
        "target": target,
        "count": count,
    }
    if not ground.complete:
        return {**shown, "state": "unknown", "reason": "source partitions are missing"}
    if value is None or not _is_counted(goal.metric):
        return {**shown, "state": "unknown", "reason": "no data"}
    low = timed or goal.metric.endswith(_WRONG) or goal.metric == "reopened"
    reached = value <= target if low else value >= target
    state = "met" if reached else "missed"
    if not reached and not low and goal.metric in measures.COUNT_CODES:
        seen = min(goal.over, ground.as_of - ground.since)
        if 0 < seen < goal.over and value * goal.over / seen >= target:
            state = "on_track"
    return {**shown, "value": value, "state": state}


def together(window: Mapping[int, int], ledger: Mapping[int, int]) -> Values:
    """The longest window and what lies before it."""
    total = dict(window)
    for code, n in ledger.items():
        total[code] = total.get(code, 0) + n
    return total


def _is_counted(metric: str) -> bool:
    return bool(codes_of(metric))
