"""The bucket scheme at its edges, with figures worked out by hand."""

import math

import pytest

from stream_app.domain import histogram


def test_one_millisecond_is_in_bucket_zero_and_nothing_is_below() -> None:
    assert histogram.bucket_of(1) == 0
    assert histogram.bucket_of(0) == histogram.ZERO_BUCKET
    assert histogram.bucket_of(-5) == histogram.ZERO_BUCKET


def test_the_zero_bucket_stands_for_zero() -> None:
    assert histogram.estimate(histogram.ZERO_BUCKET) == 0.0


def test_a_bucket_is_the_logarithm_rounded_up() -> None:
    gamma = 1.01 / 0.99
    assert histogram.bucket_of(60_000) == math.ceil(math.log(60_000) / math.log(gamma))


def test_an_estimate_lies_between_the_two_ends_of_its_bucket() -> None:
    gamma = 1.01 / 0.99
    assert histogram.estimate(100) == pytest.approx(2 * gamma**100 / (gamma + 1))
    assert gamma**99 < histogram.estimate(100) < gamma**100


def test_an_empty_histogram_has_neither_quantile_nor_maximum() -> None:
    assert histogram.quantile({}, 0.5) is None
    assert histogram.maximum({}) is None
    assert histogram.maximum({7: 0}) is None


@pytest.mark.parametrize(
    ("q", "rank"), [(0.0, 1), (0.01, 1), (0.07, 7), (0.5, 50), (0.95, 95), (0.951, 96), (1.0, 100)]
)
def test_a_quantile_is_the_value_of_rank_ceil_q_times_n(q: float, rank: int) -> None:
    hist = dict.fromkeys(range(1, 101), 1)
    assert histogram.quantile(hist, q) == histogram.estimate(rank)


def test_several_quantiles_may_fall_into_one_bucket() -> None:
    assert histogram.quantiles({3: 10}, (0.5, 0.9, 0.99)) == [histogram.estimate(3)] * 3


def test_taking_back_the_only_value_leaves_nothing_behind() -> None:
    hist = {5: 1}
    histogram.merge(hist, {5: 1}, -1)
    assert hist == {}
