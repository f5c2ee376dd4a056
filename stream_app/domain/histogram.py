"""Log-bucket histograms of durations: a mapping from bucket number to how many values fell into it.

Responsible for the bucket scheme alone. A histogram is a plain `dict[int, int]`, so that it adds up
exactly, in any order, and a value can be taken back; nothing but integers is ever stored. A value
is known afterwards with a relative error of at most 1 % (`ALPHA`), whatever its size.

Bucket i >= 0 holds the milliseconds in (GAMMA**(i-1), GAMMA**i]; bucket -1 holds everything <= 0.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

ALPHA: Final = 0.01
GAMMA: Final = (1 + ALPHA) / (1 - ALPHA)
ZERO_BUCKET: Final = -1

_BUCKETS_PER_E: Final = 1 / math.log(GAMMA)
_CENTRE: Final = 2 / (
    GAMMA + 1
)  # scales a bucket's upper end to where both ends are equally far off
_PARTS: Final = 1_000_000  # quantiles are ranked in whole parts: 0.07 * 100 is not 7 in floats


def bucket_of(ms: int) -> int:
    """The bucket of a duration in milliseconds."""
    return math.ceil(math.log(ms) * _BUCKETS_PER_E) if ms > 0 else ZERO_BUCKET


def estimate(bucket: int) -> float:
    """The milliseconds that a bucket stands for, within 1 % of every value in it."""
    return _CENTRE * GAMMA**bucket if bucket > ZERO_BUCKET else 0.0


def total(hist: Mapping[int, int]) -> int:
    """How many values a histogram holds."""
    return sum(hist.values())


def quantile(hist: Mapping[int, int], q: float) -> float | None:
    """The value (ms) of rank ceil(q * n), at least the first; None when there are no values."""
    found = quantiles(hist, (q,))
    return found[0] if found else None


def quantiles(hist: Mapping[int, int], qs: Sequence[float]) -> list[float]:
    """Several quantiles at once; empty when there are no values."""
    buckets = sorted(hist)
    seen = list(accumulate(hist[bucket] for bucket in buckets))
    return [estimate(buckets[place]) for place in places(seen, qs)]


def places(seen: Sequence[int], qs: Sequence[float]) -> list[int]:
    """Where the values of rank ceil(q * n), at least the first, stand in running totals of n."""
    count = seen[-1] if seen else 0
    if count <= 0:
        return []
    return [bisect_left(seen, max(1, -(-round(q * _PARTS) * count // _PARTS))) for q in qs]


def maximum(hist: Mapping[int, int]) -> float | None:
    """The greatest value (ms): that of the top bucket in use; None when there are no values."""
    top = max((bucket for bucket, n in hist.items() if n > 0), default=None)
    return None if top is None else estimate(top)


def merge(into: dict[int, int], other: Mapping[int, int], sign: int = 1) -> None:
    """Add `other` to `into`, or with `sign` -1 take it back. Buckets that become empty go."""
    for bucket, n in other.items():
        left = into.get(bucket, 0) + sign * n
        if left:
            into[bucket] = left
        else:
            into.pop(bucket, None)
