"""What is usual in a channel: mean and variance of every slot of the season, learnt as weeks go by.

Rules
1. A slot's mean is an exponentially weighted mean of its seasons: the plain mean of the first five,
   then a fifth of each new one.
2. All slots move together by the `level`, the ratio of what came to what was expected over some two
   days: growth and slow weeks must not wait for every slot to be seen again.
3. Between slots the rate changes linearly where it rises or falls on both sides, and jumps where it
   has a peak, so that a slot's sum stays what it is.
4. The variance of a forecast is that of the count (`volume_noise`), of the slot's own past, and of
   the mean, which is known from few seasons.
5. What was noticed as unusual counts as if it had been a standard deviation off, everything else up
   to three. A day with unusual hours counts not at all.
6. When the second season of a slot contradicts the first, the one that resembles the same time on
   other days is believed.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt
from statistics import median
from typing import Final, NamedTuple

from stream_app.domain.tails import Spread
from stream_app.domain.volume_noise import Noise
from stream_app.domain.volume_season import MINUTE, Season

SPANS: Final = (3 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE)
LONGEST: Final = SPANS[-1]
_PACE: Final = 0.2
_MOST_SEEN: Final = 20  # more makes no difference
_CLIP, _CLIP_FLAGGED, _CLIP_NOISE = 3.0, 1.0, 4.0
_CONTRADICTION: Final = 3.5
_LEVEL_FADES: Final = 2 * 86_400_000  # half of it
_LEVEL_HOLDS: Final = 100.0  # messages that say "as always"
_LEAST: Final = 0.25  # messages per slot; a slot without any may still see one
_OWN_SLOTS: Final = 4.0  # seasons after which a slot's own variance counts as much as the channel's


def _uncertainty() -> tuple[float, ...]:
    """By seasons seen: the variance of the mean as a share of that of one season."""
    found = [1.0, 1.0]
    for seen in range(1, _MOST_SEEN):
        pace = max(1.0 / (seen + 1), _PACE)
        found.append((1.0 - pace) ** 2 * found[-1] + pace**2)
    return tuple(found)


_UNCERTAIN: Final = _uncertainty()


class Forecast(NamedTuple):
    """What is expected over a stretch of time; `seen` is of its least known slot."""

    mean: float
    seen: int


@dataclass(slots=True)
class Usual:
    """The baseline of one channel. Floats are kept as they are stored, so that a restart changes nothing."""

    season: Season
    means: "array[float]" = field(default_factory=lambda: array("f"))
    variances: "array[float]" = field(default_factory=lambda: array("f"))
    seen: "array[int]" = field(default_factory=lambda: array("B"))
    noises: dict[int, Noise] = field(default_factory=lambda: {span: Noise() for span in SPANS})
    came: float = 0.0  # of late, faded
    due: float = 0.0

    def __post_init__(self) -> None:
        if not self.means:
            slots = self.season.slots
            self.means, self.variances = array("f", bytes(4 * slots)), array("f", bytes(4 * slots))
            self.seen = array("B", bytes(slots))

    @property
    def level(self) -> float:
        return (self.came + _LEVEL_HOLDS) / (self.due + _LEVEL_HOLDS)

    def forecast(self, start: int, end: int, *, resting: bool = False) -> Forecast:
        """What is expected in [start, end); with `resting` as on a day without hours."""
        total, seen = 0.0, _MOST_SEEN
        for number, first, last in self.season.pieces(start, end):
            other = self.season.resting_slot(number) if resting else None
            slot = number if other is None else other
            total += self._share(slot, first, last)
            if self.seen[slot] < seen:
                seen = self.seen[slot]
        least = _LEAST * (end - start) / self.season.slot
        return Forecast(max(total * self.level, least), seen)

    def spread(self, forecast: Forecast, start: int, end: int) -> Spread:
        """How the count of [start, end) is distributed if nothing is unusual."""
        mean, span = forecast.mean, end - start
        linear, quadratic = self.noises[span if span in self.noises else LONGEST].shares()
        share = span / self.season.slot
        unknown = self._unknown(forecast, share)
        variance = linear * mean + quadratic * mean * mean + unknown
        return Spread(mean, max(variance, self._own_variance(start, share) + unknown))

    def learn(self, end: int, count: Callable[[int, int], int], *, flagged: bool) -> None:
        """Take over the slot that ends at `end`."""
        start = end - self.season.slot
        slot = self.season.slot_at(start)
        came, level = count(start, end), self.level
        if self.season.is_irregular(start):
            return
        if not self.seen[slot]:
            self.means[slot], self.seen[slot] = came / level, 1
            return
        spread = self._slot_spread(start, end)
        if self.seen[slot] == 1 and self._contradicts(came, spread):
            self._settle(slot, came / level)
            return
        if not flagged:
            self._learn_noise(start, end, count)
            self._learn_level(self.means[slot], _clipped(came, spread, _CLIP))
        self._learn_slot(
            slot, _clipped(came, spread, _CLIP_FLAGGED if flagged else _CLIP), level, spread
        )

    def _learn_slot(self, slot: int, came: float, level: float, spread: Spread) -> None:
        seen = self.seen[slot]
        pace = max(1.0 / (seen + 1), _PACE)
        self.means[slot] += pace * (came / level - self.means[slot])
        squared = (came - spread.mean) ** 2 / (1.0 + _UNCERTAIN[seen])
        own = 1.0 if seen == 1 else pace
        self.variances[slot] += own * (squared - self.variances[slot])
        self.seen[slot] = min(seen + 1, _MOST_SEEN)

    def _learn_noise(self, start: int, end: int, count: Callable[[int, int], int]) -> None:
        for span, noise in self.noises.items():
            noise.fade()
            for at in range(start, end - min(span, end - start) + 1, span):
                until = min(at + span, end)
                forecast = self.forecast(at, until)
                spread = self.spread(forecast, at, until)
                off = _clipped(count(at, until), spread, _CLIP_NOISE) - spread.mean
                unknown = self._unknown(forecast, (until - at) / self.season.slot)
                # The share of the difference that is the forecast's own.
                noise.add(forecast.mean, off * off * (1.0 - unknown / spread.variance))

    def _learn_level(self, mean: float, came: float) -> None:
        fading = 0.5 ** (self.season.slot / _LEVEL_FADES)
        self.came = self.came * fading + came
        self.due = self.due * fading + mean

    def _unknown(self, forecast: Forecast, share: float) -> float:
        """The variance of a forecast that comes from the few seasons its mean is made of."""
        linear, quadratic = self.noises[LONGEST].shares()
        mean = forecast.mean
        return _UNCERTAIN[forecast.seen] * (linear * mean * share + quadratic * mean * mean)

    def _own_variance(self, start: int, share: float) -> float:
        slot = self.season.slot_at(start)
        seen, mean = self.seen[slot], float(self.means[slot])
        if seen < 2 or mean <= 0.0:
            return 0.0
        weight = seen / (seen + _OWN_SLOTS)
        linear, quadratic = self.noises[LONGEST].shares()
        usual = linear * mean + quadratic * mean * mean
        both = weight * float(self.variances[slot]) + (1.0 - weight) * usual
        return both * share * share

    def _slot_spread(self, start: int, end: int) -> Spread:
        slot = self.season.slot_at(start)
        mean = max(self.means[slot] * self.level, _LEAST)
        return self.spread(Forecast(mean, self.seen[slot]), start, end)

    def _contradicts(self, came: int, spread: Spread) -> bool:
        off = abs(came - spread.mean)
        apart = off > _CONTRADICTION * sqrt(spread.variance)
        return apart and max(came, spread.mean) > 1.5 * min(came, spread.mean)

    def _settle(self, slot: int, came: float) -> None:
        per_day = self.season.slots // 7 if self.season.weekly else self.season.slots
        others = [
            self.means[other]
            for other in range(slot % per_day, self.season.slots, per_day)
            if other != slot and self.seen[other]
        ]
        first = self.means[slot]
        like = median(others) if others else (first + came) / 2
        self.means[slot] = min((first, came), key=lambda value: abs(value - like))
        # Seen once as before: nothing confirms it yet.

    def _share(self, slot: int, start: float, end: float) -> float:
        """The mean over a part of a slot; the rate is `mean * (1 + slope * (place - 1/2))`."""
        means = self.means
        mean = means[slot]
        if not mean:
            return 0.0
        before, after = mean - means[slot - 1], means[(slot + 1) % len(means)] - mean
        slope = 0.0
        if before * after > 0.0:
            slope = before if abs(before) <= abs(after) else after
        place = (start + end - 1.0) / 2.0
        return max(0.0, (end - start) * (mean + slope * place))


def _clipped(came: float, spread: Spread, deviations: float) -> float:
    reach = deviations * sqrt(spread.variance)
    return max(spread.mean - reach, min(spread.mean + reach, came))
