"""How surprising a count is: exact tails and quantiles of Poisson and negative binomial counts.

A spread whose variance is not above its mean is Poisson, else negative binomial with that mean and
variance. Tails are regularised incomplete gamma and beta functions (series and continued fractions),
right to about nine digits from one message a day to a million an hour. What is done with a
surprise stands in `volume_watch`.
"""

import math
from typing import Final, NamedTuple

_TINY: Final = 1e-300
_EPSILON: Final = 1e-12
_MOST_STEPS: Final = 100_000  # about the square root of the largest count is needed
_POISSON: Final = 1.000_001  # variance over mean, up to which a count is taken for Poisson


class Spread(NamedTuple):
    """The distribution of a count, by its mean (> 0) and variance."""

    mean: float
    variance: float

    def at_least(self, count: int) -> float:
        """The probability of `count` or more."""
        if count <= 0:
            return 1.0
        if self.variance <= self.mean * _POISSON:
            return _gamma(count, self.mean)
        share, size = self._binomial()
        return _beta(1.0 - share, count, size)

    def at_most(self, count: int) -> float:
        """The probability of `count` or less."""
        if count < 0:
            return 0.0
        if self.variance <= self.mean * _POISSON:
            return _gamma_above(count + 1, self.mean)
        share, size = self._binomial()
        return _beta(share, size, count + 1)

    def quantile(self, share: float) -> int:
        """The smallest count that, with everything below it, has a probability of at least `share`."""
        step = max(1, int(math.sqrt(self.variance)))
        high = max(0, int(self.mean))
        while self.at_most(high) < share:
            high += step
        low = high - step
        while low >= 0 and self.at_most(low) >= share:
            low, high = low - step, low
        low = max(low, -1)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.at_most(middle) >= share else (middle, high)
        return high

    def _binomial(self) -> tuple[float, float]:
        share = self.mean / self.variance
        return share, self.mean * share / (1.0 - share)


def _gamma(shape: float, at: float) -> float:
    """P(shape, at), the regularised lower incomplete gamma function."""
    if at >= shape + 1.0:
        return 1.0 - _gamma_fraction(shape, at)
    return _gamma_series(shape, at)


def _gamma_above(shape: float, at: float) -> float:
    """Q(shape, at) = 1 - P(shape, at), without the loss of small values."""
    if at >= shape + 1.0:
        return _gamma_fraction(shape, at)
    return 1.0 - _gamma_series(shape, at)


def _gamma_series(shape: float, at: float) -> float:
    term = total = 1.0 / shape
    for step in range(1, _MOST_STEPS):
        term *= at / (shape + step)
        total += term
        if term < total * _EPSILON:
            break
    return total * math.exp(shape * math.log(at) - at - math.lgamma(shape))


def _gamma_fraction(shape: float, at: float) -> float:
    lead = at + 1.0 - shape
    over, under = 1.0 / _TINY, 1.0 / lead
    value = under
    for step in range(1, _MOST_STEPS):
        factor = -step * (step - shape)
        lead += 2.0
        under = 1.0 / _held(factor * under + lead)
        over = _held(lead + factor / over)
        value *= over * under
        if abs(over * under - 1.0) < _EPSILON:
            break
    return value * math.exp(shape * math.log(at) - at - math.lgamma(shape))


def _beta(at: float, first: float, second: float) -> float:
    """I_at(first, second), the regularised incomplete beta function."""
    if at <= 0.0:
        return 0.0
    front = math.exp(
        math.lgamma(first + second)
        - math.lgamma(first)
        - math.lgamma(second)
        + first * math.log(at)
        + second * math.log1p(-at)
    )
    if at < (first + 1.0) / (first + second + 2.0):
        return front * _beta_fraction(at, first, second) / first
    return 1.0 - front * _beta_fraction(1.0 - at, second, first) / second


def _beta_fraction(at: float, first: float, second: float) -> float:
    over = 1.0
    under = 1.0 / _held(1.0 - (first + second) * at / (first + 1.0))
    value = under
    for step in range(1, _MOST_STEPS):
        twice = first + 2 * step
        even = step * (second - step) * at / ((twice - 1.0) * twice)
        odd = -(first + step) * (first + second + step) * at / (twice * (twice + 1.0))
        for factor in (even, odd):
            under = 1.0 / _held(1.0 + factor * under)
            over = _held(1.0 + factor / over)
            value *= over * under
        if abs(over * under - 1.0) < _EPSILON:
            break
    return value


def _held(value: float) -> float:
    """Kept away from zero, so that a fraction can go on."""
    return value if abs(value) > _TINY else _TINY
