"""Exact tails and quantiles, against sums of every single probability."""

import math

import pytest

from stream_app.domain.tails import Spread

MEANS = (0.05, 0.7, 3.0, 31.0, 400.0, 9_000.0)


def by_hand(spread: Spread, up_to: int) -> list[float]:
    """The probability of every count from 0 on, one after the other."""
    mean, variance = spread
    if variance <= mean:
        return [math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(up_to)]
    share = mean / variance
    size = mean * share / (1 - share)
    return [
        math.exp(
            math.lgamma(n + size)
            - math.lgamma(size)
            - math.lgamma(n + 1)
            + size * math.log(share)
            + n * math.log1p(-share)
        )
        for n in range(up_to)
    ]


@pytest.mark.parametrize("factor", [1.0, 1.3, 4.0])
@pytest.mark.parametrize("mean", MEANS)
def test_tails_are_the_sums_of_all_probabilities(mean: float, factor: float) -> None:
    spread = Spread(mean, mean * factor)
    far = int(mean + 12 * math.sqrt(spread.variance)) + 60
    chances = by_hand(spread, far)
    for count in (0, 1, int(mean / 2), int(mean), int(mean + 4 * math.sqrt(mean)) + 2):
        assert spread.at_most(count) == pytest.approx(math.fsum(chances[: count + 1]), rel=1e-7)
        assert spread.at_least(count) == pytest.approx(math.fsum(chances[count:]), rel=1e-7)


def test_the_probability_of_silence_is_that_of_a_poisson_count() -> None:
    assert Spread(10.0, 10.0).at_most(0) == pytest.approx(math.exp(-10))
    assert Spread(10.0, 10.0).at_most(-1) == 0
    assert Spread(10.0, 10.0).at_least(0) == 1


def test_more_scatter_makes_the_same_count_less_surprising() -> None:
    poisson, wide = Spread(31.0, 31.0), Spread(31.0, 62.0)
    assert poisson.at_least(60) < 1e-5 < wide.at_least(60)
    assert poisson.at_most(8) < 1e-5 < wide.at_most(8)


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("share", [0.0001, 0.025, 0.5, 0.975, 0.9999])
def test_a_quantile_is_the_smallest_count_that_reaches_its_share(mean: float, share: float) -> None:
    spread = Spread(mean, 1.5 * mean)
    count = spread.quantile(share)
    assert spread.at_most(count) >= share
    assert count == 0 or spread.at_most(count - 1) < share


def test_the_tails_of_great_counts_stay_between_nothing_and_all() -> None:
    spread = Spread(1_000_000.0, 4e10)
    assert 0 < spread.at_least(2_000_000) < 1e-4
    assert 0 < spread.at_most(300_000) < 1e-3
    assert spread.at_most(1_000_000) == pytest.approx(1 - spread.at_least(1_000_001), rel=1e-6)
