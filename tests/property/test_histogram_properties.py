"""Histograms add up exactly, in any order, can be taken back, and are off by at most 1 %."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stream_app.domain import histogram

MS = st.integers(min_value=-10, max_value=400 * 86_400_000)
VALUES = st.lists(MS, min_size=1, max_size=60)
TOLERANCE = histogram.ALPHA + 1e-9


def of(values: list[int]) -> dict[int, int]:
    return dict(Counter(histogram.bucket_of(ms) for ms in values))


def merged(*parts: dict[int, int]) -> dict[int, int]:
    result: dict[int, int] = {}
    for part in parts:
        histogram.merge(result, part)
    return result


def close(found: float | None, exact: int) -> bool:
    return found is not None and abs(found - max(exact, 0)) <= TOLERANCE * max(exact, 0)


@given(MS)
def test_every_value_is_known_within_one_per_cent(ms: int) -> None:
    assert close(histogram.estimate(histogram.bucket_of(ms)), ms)


@given(MS, MS)
def test_a_greater_value_never_has_a_smaller_bucket(a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert histogram.bucket_of(low) <= histogram.bucket_of(high)


@given(VALUES, st.integers(min_value=0, max_value=1000))
def test_a_quantile_is_within_one_per_cent_of_the_value_of_its_rank(
    values: list[int], permille: int
) -> None:
    rank = max(1, math.ceil(permille * len(values) / 1000))
    assert close(histogram.quantile(of(values), permille / 1000), sorted(values)[rank - 1])


@given(VALUES)
def test_the_maximum_is_within_one_per_cent(values: list[int]) -> None:
    assert close(histogram.maximum(of(values)), max(values))


@given(VALUES, VALUES, VALUES)
def test_merging_is_associative_and_commutative(a: list[int], b: list[int], c: list[int]) -> None:
    left = merged(merged(of(a), of(b)), of(c))
    right = merged(of(a), merged(of(c), of(b)))
    assert left == right == of(a + b + c)


@given(VALUES, st.integers(min_value=1, max_value=100))
def test_the_order_of_values_does_not_matter(values: list[int], salt: int) -> None:
    shuffled = sorted(values, key=lambda ms: (ms * salt * 7919) % 101)
    assert merged(*(of([ms]) for ms in shuffled)) == of(values)


@given(VALUES)
def test_every_value_is_counted_exactly_once(values: list[int]) -> None:
    assert histogram.total(of(values)) == len(values)


@given(VALUES, VALUES)
def test_what_was_merged_can_be_taken_back(kept: list[int], taken: list[int]) -> None:
    hist = of(kept + taken)
    histogram.merge(hist, of(taken), -1)
    assert hist == of(kept)


@given(VALUES, VALUES)
def test_taking_back_before_adding_comes_to_the_same(a: list[int], b: list[int]) -> None:
    hist: dict[int, int] = {}
    histogram.merge(hist, of(b), -1)
    histogram.merge(hist, of(a))
    histogram.merge(hist, of(b))
    assert hist == of(a)
