"""The volume of one channel: what came in each minute, what is usual, and what is going on.

Counts are by minute of the epoch, of the last hours only. `judged` is the instant up to which
verdicts have been given; everything that is given is a function of the counts and of what
was kept from before, so a restart goes on as if nothing had been.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from stream_app.domain.tails import Spread
from stream_app.domain.volume_season import MINUTE, Season
from stream_app.domain.volume_usual import LONGEST, SPANS, Usual
from stream_app.domain.volume_watch import NORMAL, SCREEN, Change, Limits, Sight, Watch

KEPT: Final = 6 * 3_600_000
LEARNING: Final = "learning"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the policy says of volumes, and how late input may come. Durations are milliseconds."""

    learn_for: int
    limits: Limits
    lateness: int


@dataclass(slots=True)
class ChannelVolume:
    """State of one channel, or of all together."""

    season: Season
    rules: Rules
    usual: Usual
    watch: Watch = field(default_factory=Watch)
    since: int = 0  # the first minute in which something came; 0 before
    judged: int = 0
    counts: dict[int, int] = field(default_factory=dict)

    def add(self, at: int, n: int) -> None:
        """Messages that came at `at`; a negative number takes some back."""
        minute = at // MINUTE
        self.counts[minute] = self.counts.get(minute, 0) + n
        if not self.since and n > 0:
            self.since = minute * MINUTE

    def count(self, start: int, end: int) -> int:
        """What came in [start, end), whole minutes."""
        get = self.counts.get
        return sum([get(minute, 0) for minute in range(start // MINUTE, end // MINUTE)])

    def step(self, at: int, *, complete: bool) -> tuple[bool, Change | None]:
        """The minute that ends at `at` is over: learn, then judge. Whether rows changed, and the verdict.

        Without `complete` counts may lack something: nothing is learnt and nothing judged.
        """
        self.judged = at
        learnt = complete and self._learn(at - self.rules.lateness)
        if at % KEPT == 0:
            self._forget(at)
        if not complete or not self.since:
            return learnt, None
        if self.is_learning(at) or (self.watch.verdict == NORMAL and self._within_chance(at)):
            return learnt, None
        sights = self.sights(at)
        if sights is None:
            return learnt, None
        calm = self.watch.calm
        change = self.watch.judge(at, sights, self.rules.limits)
        return learnt or change is not None or calm != self.watch.calm, change

    def is_learning(self, at: int) -> bool:
        """Whether it is too early for verdicts."""
        return not self.since or at - self.since < self.rules.learn_for

    def sights(self, at: int) -> dict[int, Sight] | None:
        """What is seen now over every span; None where nothing is known of the time of the week."""
        regular = not self.season.is_irregular(at - MINUTE)
        found = {}
        for span in SPANS:
            usual = self.usual_spread(at - span, at)
            if usual is None:
                return None
            opened = regular and self.season.open_throughout(at - span, at)
            found[span] = Sight(span, self.count(at - span, at), usual, opened)
        return found

    def usual_spread(self, start: int, end: int) -> Spread | None:
        """How the count of a stretch is usually distributed."""
        forecast = self.usual.forecast(start, end)
        return self.usual.spread(forecast, start, end) if forecast.seen else None

    def resting_mean(self, start: int, end: int) -> float | None:
        """What to expect on a day with unusual hours; None on every other day."""
        if not self.season.is_irregular(end - MINUTE):
            return None
        return self.usual.forecast(start, end, resting=True).mean

    def points(self, at: int, step: int) -> Iterator[tuple[int, int]]:
        """The stretches of the past hours that are over, oldest first."""
        last = at - at % step
        first = max(last - KEPT, self.since - self.since % step)
        yield from ((start, start + step) for start in range(first, last, step))

    def _within_chance(self, at: int) -> bool:
        """Whether no span is worth a closer look: no count varies less than a Poisson count."""
        for span in SPANS:
            mean = self.usual.forecast(at - span, at).mean
            off = self.count(at - span, at) - mean
            if off * off >= SCREEN * SCREEN * mean:
                return False
        return True

    def _learn(self, end: int) -> bool:
        if not self.since or not self.season.ends_at(end) or end - self.season.slot < self.since:
            return False
        flagged = self.watch.flags(end - self.season.slot, end)
        self.usual.learn(end, self.count, flagged=flagged)
        return True

    def _forget(self, at: int) -> None:
        oldest = (at - KEPT - self.rules.lateness - max(self.season.slot, LONGEST)) // MINUTE
        for minute in [minute for minute in self.counts if minute < oldest]:
            del self.counts[minute]


def verdict_of(channel: ChannelVolume, at: int) -> str:
    """normal, spike, drop or learning."""
    return LEARNING if channel.is_learning(at) else channel.watch.verdict or NORMAL
