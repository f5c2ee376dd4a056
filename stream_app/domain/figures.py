"""Turns the running totals of a window into what a view shows: counts, seconds, quantiles, ratios.

Names and meanings: `<clock>_seconds` are the observations of fulfilled instances. Service level has
three readings: `<clock>_met_ratio` is met / (met + missed), where an unanswered instance past due counts
as missed; `<clock>_answered_ratio` looks at what was answered alone, met / (met + late);
`<clock>_offered_ratio` also counts against us what was solved unanswered before it was due,
met / (met + missed + abandoned). A window without observations has count 0 and sum 0 and nothing else;
a ratio of nothing is left out.
"""

from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from itertools import accumulate
from typing import Any, Final, NamedTuple

from stream_app.domain import histogram, measures
from stream_app.domain.panes import Values

QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
STATISTICS: Final = ("mean", *QUANTILES)
_RANKS: Final = tuple(QUANTILES.values())


class _Ratio(NamedTuple):
    """A share: how many of one count there are among several."""

    name: str
    part: int
    whole: tuple[int, ...]


class _Clock(NamedTuple):
    """Where the figures of one clock stand among the codes, and what they are called."""

    seconds: str
    ratios: tuple[_Ratio, ...]
    outcomes: tuple[tuple[str, int], ...]
    total_ms: int
    first: int  # codes of its buckets: from here
    end: int  # to before here
    always: bool


READINGS: Final = {
    "met": ("met", "missed"),
    "answered": ("met", "late"),
    "offered": ("met", "missed", "abandoned"),
}
"""Service level in three readings: the share that was met, of what."""


def _clock(index: int, name: str) -> _Clock:
    code = {o: measures.outcome_code(index, o) for o in measures.OUTCOMES}
    return _Clock(
        seconds=f"{name}_seconds",
        ratios=tuple(
            _Ratio(f"{name}_{reading}_ratio", code["met"], tuple(code[o] for o in whole))
            for reading, whole in READINGS.items()
        ),
        outcomes=tuple((f"{name}_{o}", n) for o, n in code.items()),
        total_ms=measures.sum_code(index),
        first=measures.bucket_code(index, histogram.ZERO_BUCKET),
        end=measures.bucket_code(index + 1, histogram.ZERO_BUCKET),
        always=index < measures.SHOWN_CLOCKS,
    )


_CLOCKS: Final = tuple(_clock(index, name) for index, name in enumerate(measures.CLOCKS))
_RATIOS: Final = {ratio.name: ratio for clock in _CLOCKS for ratio in clock.ratios}
_FIRST_SOLVE: Final = _CLOCKS[measures.CLOCKS.index("first_resolution")]
_HANDLED: Final = {
    "first_contact_ratio": measures.COUNT_CODES["first_contact_solved"],
    "self_service_ratio": measures.COUNT_CODES["self_served"],
}
"""Shares of all conversations that were solved for the first time."""
RATIOS: Final = (*_RATIOS, *_HANDLED)


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
        for ratio in clock.ratios:
            whole = sum([values.get(code, 0) for code in ratio.whole])
            if whole > 0:
                figures[ratio.name] = values.get(ratio.part, 0) / whole
    first_solves = figures.get(_FIRST_SOLVE.seconds, {}).get("count", 0)
    if first_solves:
        figures.update((name, values.get(c, 0) / first_solves) for name, c in _HANDLED.items())
    return figures


def ratio_parts(values: Values, name: str) -> tuple[int, int]:
    """A share of `RATIOS` as how many of how many; the second is 0 where there is nothing."""
    if name in _HANDLED:
        first, end = _FIRST_SOLVE.first, _FIRST_SOLVE.end
        solves = sum(n for code, n in values.items() if first <= code < end)
        return values.get(_HANDLED[name], 0), solves
    ratio = _RATIOS[name]
    return values.get(ratio.part, 0), sum(values.get(code, 0) for code in ratio.whole)


def statistic_of(name: str) -> tuple[str, str] | None:
    """`first_reply_p90_seconds` is p90 of the clock first_reply; None for what is no time."""
    if not name.endswith("_seconds"):
        return None
    clock, _, word = name.removesuffix("_seconds").rpartition("_")
    return (clock, word) if word in STATISTICS else (name.removesuffix("_seconds"), "p90")


def figure_of(figures: Mapping[str, Any], name: str) -> tuple[float | None, int]:
    """A figure of a shown window by its name, and of how many things it is; None without any."""
    statistic = statistic_of(name)
    if statistic is None:
        return figures.get(name), counted_in(figures, name)
    seconds = figures.get(f"{statistic[0]}_seconds", {"count": 0})
    return seconds.get(statistic[1]), seconds["count"]


def codes_of(name: str) -> frozenset[int]:
    """The codes that a figure is made of; none for one that nothing is counted for yet."""
    statistic = statistic_of(name)
    if statistic is not None:
        clock = _CLOCKS[measures.CLOCKS.index(statistic[0])]
        return frozenset({clock.total_ms, *range(clock.first, clock.end)})
    if name in _HANDLED:
        return frozenset({_HANDLED[name], *range(_FIRST_SOLVE.first, _FIRST_SOLVE.end)})
    if name in _RATIOS:
        return frozenset({_RATIOS[name].part, *_RATIOS[name].whole})
    return frozenset({measures.COUNT_CODES[name]} if name in measures.COUNT_CODES else ())


def counted_in(figures: Mapping[str, Any], name: str) -> int:
    """How many things a count or a ratio of a shown window stands for."""
    if name in _HANDLED:
        return int(figures.get(_FIRST_SOLVE.seconds, {}).get("count", 0))
    if name not in _RATIOS:
        return int(figures.get(name, 0))
    clock, reading, _ = name.rsplit("_", 2)
    return sum(int(figures.get(f"{clock}_{outcome}", 0)) for outcome in READINGS[reading])


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
