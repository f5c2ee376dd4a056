"""What a pane counts, each with a small number (a code): the vocabulary of panes and windows.

Rows and running totals are flat mappings from code to integer, so that adding and taking back is one
loop whatever is counted. Rule: codes are stored, so the tables below only ever grow at their end.
A name that is not in them comes from a newer agent and is left out.
"""

from collections.abc import Mapping
from typing import Final

VOLUMES: Final = (
    "messages_in", "messages_out", "opened", "solved", "reopened", "first_contact_solved",
    "self_served",
)  # fmt: skip
CLOCKS: Final = (
    "first_reply", "next_reply", "full_resolution", "first_resolution", "total_resolution",
    "periodic_update", "pausable_update", "requester_wait", "agent_work", "agent_wait",
)  # fmt: skip
OUTCOMES: Final = ("met", "missed", "breached", "cancelled", "late", "abandoned", "at_risk")
SHOWN_CLOCKS: Final = 3  # the first clocks are shown even when nothing was observed

_CLOCK_BASE: Final = 64
_CLOCK_STRIDE: Final = 16
_SUM: Final = _CLOCK_STRIDE - 1
HIST_BASE: Final = 1024
HIST_BITS: Final = (
    11  # 2048 buckets reach further than any duration: GAMMA**2000 ms is 7 million years
)
MAX_BUCKET: Final = (1 << HIST_BITS) - 2


def outcome_code(clock: int, outcome: str) -> int:
    """The code of `<clock>_<outcome>`; `clock` is the index in CLOCKS."""
    return _CLOCK_BASE + clock * _CLOCK_STRIDE + OUTCOMES.index(outcome)


def sum_code(clock: int) -> int:
    """The code of `<clock>_ms`."""
    return _CLOCK_BASE + clock * _CLOCK_STRIDE + _SUM


def _check(bucket: int) -> None:
    if not -1 <= bucket <= MAX_BUCKET:
        raise ValueError(f"no histogram bucket: {bucket}")


def bucket_code(clock: int, bucket: int) -> int:
    """The code of one histogram bucket. Raises ValueError for a number that is no bucket."""
    _check(bucket)
    return HIST_BASE + (clock << HIST_BITS) + bucket + 1


def bucket_of_code(code: int) -> tuple[int, int]:
    """(clock, bucket) of a code from `bucket_code`."""
    place = code - HIST_BASE
    return place >> HIST_BITS, (place & ((1 << HIST_BITS) - 1)) - 1


COUNT_CODES: Final[Mapping[str, int]] = {name: code for code, name in enumerate(VOLUMES)} | {
    f"{clock}_{outcome}": outcome_code(index, outcome)
    for index, clock in enumerate(CLOCKS)
    for outcome in OUTCOMES
}
SUM_CODES: Final[Mapping[str, int]] = {
    f"{clock}_ms": sum_code(index) for index, clock in enumerate(CLOCKS)
}
_HIST_BASES: Final = {clock: bucket_code(index, 0) for index, clock in enumerate(CLOCKS)}


def flatten(
    counts: Mapping[str, int], sums: Mapping[str, int], hist: Mapping[str, Mapping[int, int]]
) -> dict[int, int]:
    """The contents of a pane record by code, without zeros. Raises ValueError for a false bucket."""
    values = {COUNT_CODES[name]: n for name, n in counts.items() if n and name in COUNT_CODES}
    for name, n in sums.items():
        if n and name in SUM_CODES:
            values[SUM_CODES[name]] = n
    for clock, buckets in hist.items():
        base = _HIST_BASES.get(clock)
        if base is not None and buckets:
            _check(min(buckets))
            _check(max(buckets))
            for bucket, n in buckets.items():
                if n:
                    values[base + bucket] = n
    return values
