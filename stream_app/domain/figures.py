"""Turns the running totals of a window into what a view shows: counts, seconds, quantiles, ratios.

Names and meanings: `<clock>_seconds` are the observations of fulfilled instances, `<clock>_met_ratio`
is met / (met + missed), where an unanswered instance past due counts as missed. A window without
observations has count 0 and sum 0 and nothing else; a ratio of nothing is left out.
"""

from bisect import bisect_left
from functools import cache
from itertools import accumulate
from typing import Any, Final, NamedTuple

from stream_app.domain import histogram, measures
from stream_app.domain.panes import Values

QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
_RANKS: Final = tuple(QUANTILES.values())


class _Clock(NamedTuple):
    """Where the figures of one clock stand among the codes, and what they are called."""

    seconds: str
    ratio: str
    outcomes: tuple[tuple[str, int], ...]
    met: int
    missed: int
    total_ms: int
    first: int  # codes of its buckets: from here
    end: int  # to before here
    always: bool


def _clock(index: int, name: str) -> _Clock:
    return _Clock(
        seconds=f"{name}_seconds",
        ratio=f"{name}_met_ratio",
        outcomes=tuple((f"{name}_{o}", measures.outcome_code(index, o)) for o in measures.OUTCOMES),
        met=measures.outcome_code(index, "met"),
        missed=measures.outcome_code(index, "missed"),
        total_ms=measures.sum_code(index),
        first=measures.bucket_code(index, histogram.ZERO_BUCKET),
        end=measures.bucket_code(index + 1, histogram.ZERO_BUCKET),
        always=index < measures.SHOWN_CLOCKS,
    )


_CLOCKS: Final = tuple(_clock(index, name) for index, name in enumerate(measures.CLOCKS))


def window_figures(values: Values) -> dict[str, Any]:
    """One window of a view."""
    figures: dict[str, Any] = {
        name: values.get(code, 0) for code, name in enumerate(measures.VOLUMES)
    }
    codes = sorted(values)
    for clock in _CLOCKS:
        first, end = bisect_left(codes, clock.first), bisect_left(codes, clock.end)
        outcomes = [(name, values.get(code, 0)) for name, code in clock.outcomes]
        if not (clock.always or first < end or any(n for _, n in outcomes)):
            continue
        figures[clock.seconds] = _seconds(values, codes[first:end], clock)
        figures.update(outcomes)
        met, missed = values.get(clock.met, 0), values.get(clock.missed, 0)
        if met + missed > 0:
            figures[clock.ratio] = met / (met + missed)
    return figures


def _seconds(values: Values, codes: list[int], clock: _Clock) -> dict[str, Any]:
    seen = list(accumulate(map(values.__getitem__, codes)))
    if not seen or seen[-1] <= 0:
        return {"count": 0, "sum": 0}
    total = values.get(clock.total_ms, 0) / 1000
    shown: dict[str, Any] = {"count": seen[-1], "sum": total, "mean": total / seen[-1]}
    for name, place in zip(QUANTILES, histogram.places(seen, _RANKS), strict=True):
        shown[name] = _seconds_of(codes[place])
    return shown


@cache  # as many as there are buckets
def _seconds_of(code: int) -> float:
    _clock_index, bucket = measures.bucket_of_code(code)
    return float(f"{histogram.estimate(bucket) / 1000:.6g}")
