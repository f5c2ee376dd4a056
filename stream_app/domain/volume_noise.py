"""How much counts scatter around what was expected: variance = linear * mean + quadratic * mean².

Customers who write in several messages make counts scatter by a multiple of the mean, busy and slow
days by a share of it. Both shares come from past differences between a count and its forecast, by
least squares in which every slot weighs by how well it can be known; old ones fade.
"""

from dataclasses import dataclass, field
from typing import Final

_PRIOR: Final = (1.1, 0.01)  # held for as long as little has been seen
_PRIOR_WEIGHT: Final = 40.0
_LEAST_MEAN: Final = 0.5  # below it a difference says next to nothing
_LEAST_QUADRATIC: Final = 0.001
_FADING: Final = 1.0 - 1.0 / 700.0  # a slot of half an hour counts for some two weeks


@dataclass(slots=True)
class Noise:
    """Faded sums over past slots, for counts over one span."""

    weight: float = 0.0
    means: float = 0.0
    squares: float = 0.0
    relative: float = 0.0  # squared differences by their mean
    differences: float = 0.0  # squared differences
    _shares: tuple[float, float] | None = field(default=None, compare=False, repr=False)

    def sums(self) -> tuple[float, float, float, float, float]:
        """All that is kept."""
        return self.weight, self.means, self.squares, self.relative, self.differences

    def fade(self) -> None:
        """A slot has passed."""
        self._shares = None
        self.weight *= _FADING
        self.means *= _FADING
        self.squares *= _FADING
        self.relative *= _FADING
        self.differences *= _FADING

    def add(self, mean: float, difference: float) -> None:
        """`difference` is squared, and free of what the forecast itself did not know."""
        if mean < _LEAST_MEAN:
            return
        self._shares = None
        self.weight += 1.0
        self.means += mean
        self.squares += mean * mean
        self.relative += difference / mean
        self.differences += difference

    def shares(self) -> tuple[float, float]:
        """(linear, quadratic); linear is at least 1, that of a Poisson count."""
        if self._shares is None:
            self._shares = self._blend()
        return self._shares

    def _blend(self) -> tuple[float, float]:
        linear, quadratic = self._fit()
        own = self.weight / (self.weight + _PRIOR_WEIGHT)
        return (
            max(1.0, own * linear + (1.0 - own) * _PRIOR[0]),
            max(_LEAST_QUADRATIC, own * quadratic + (1.0 - own) * _PRIOR[1]),
        )

    def _fit(self) -> tuple[float, float]:
        if self.weight < 1.0:
            return _PRIOR
        spread = self.weight * self.squares - self.means * self.means
        if spread > 1e-6 * self.means * self.means:
            linear = (self.relative * self.squares - self.differences * self.means) / spread
            quadratic = (self.weight * self.differences - self.means * self.relative) / spread
        else:  # always the same mean: one share is all that can be told
            linear, quadratic = self.relative / self.weight, 0.0
        if quadratic < 0.0:
            linear, quadratic = self.relative / self.weight, 0.0
        if linear < 1.0:
            linear, quadratic = 1.0, max(0.0, (self.differences - self.means) / self.squares)
        return linear, quadratic
