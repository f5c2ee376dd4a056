"""The volume of one channel: what came in every ten seconds, what is usual, and what is going on.

Counts are by steps of ten seconds, of the last hours only. `judged` is the instant up to which
verdicts have been given; everything that is given is a function of the counts and of what
was kept from before, so a restart goes on as if nothing had been.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from stream_app.domain.tails import Spread
from stream_app.domain.volume_season import MINUTE, STEP, Season
from stream_app.domain.volume_usual import LONGEST, SPANS, Usual
from stream_app.domain.volume_watch import (
    NORMAL,
    Change,
    Limits,
    Sight,
    Watch,
    spans_at,
    worth_a_look,
)

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
    idle_until: int = 0  # while it learns, most steps have nothing to do: the next that may have
    counts: dict[int, int] = field(default_factory=dict)  # by number of the step
    _came: tuple[int, list[int]] = field(default=(-1, []), compare=False, repr=False)
    _due: dict[int, list[float]] = field(default_factory=dict, compare=False, repr=False)

    def add(self, at: int, n: int) -> None:
        """Messages that came at `at`; a negative number takes some back."""
        step = at // STEP
        self.counts[step] = self.counts.get(step, 0) + n
        if at < self.judged:
            self._came = (-1, [])
        if not self.since and n > 0:
            self.since = at - at % MINUTE
            self.idle_until = 0

    def count(self, start: int, end: int) -> int:
        """What came in [start, end), whole steps."""
        get = self.counts.get
        return sum([get(step, 0) for step in range(start // STEP, end // STEP)])

    def go_on(self, at: int, end: int, *, complete: bool) -> bool:
        """Every step from `at` to `end` is over, at most a minute's. Whether rows changed.

        Without `complete`, for any time: counts may lack something, so nothing is learnt nor judged.
        """
        changed = False
        if not complete:
            if at // KEPT < end // KEPT:
                self._forget(end)
        elif end >= self.idle_until and not (end - at == MINUTE and self._is_quiet(at, end)):
            for step in range(at + STEP, end + STEP, STEP):
                if step >= self.idle_until:
                    changed |= self.step(step)[0]
        self.judged = end
        return changed

    def step(self, at: int) -> tuple[bool, Change | None]:
        """The step that ends at `at` is over: learn, then judge. Whether rows changed, and the verdict."""
        self.judged = at
        learnt = self._learn(at - self.rules.lateness)
        if at % KEPT == 0:
            self._forget(at)
        if not self.since:
            return learnt, None
        if self.is_learning(at):
            self.idle_until = self._until_something(at)
            return learnt, None
        nothing_on = self.watch.verdict == NORMAL
        if self._within_chance(at) if nothing_on else at % MINUTE:
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
        """Whether nothing can be unusual here, as nearly always: found without computing any tail.

        What is expected is taken to change evenly within a minute.
        """
        minute, share = at - at % MINUTE, at % MINUTE / MINUTE
        due, later = self._expected_at(minute), self._expected_at(minute + MINUTE)
        came, limits = self._came_until(at), self.rules.limits
        for n, span in enumerate(spans_at(at)):
            mean = due[n] + share * (later[n] - due[n])
            if worth_a_look(span, came[n], mean, limits) and (
                came[n] > mean or self.season.is_open(at - MINUTE)
            ):
                return False
        return True

    def _is_quiet(self, start: int, end: int) -> bool:
        """Whether no step of this whole minute, all counts complete, can have anything to do.

        Asked of the most and the least that can have come by any of its steps, and of the least and the
        most that is expected: what is not worth a look there is not worth one in between.
        """
        if self.watch.verdict != NORMAL or self.is_learning(start) or end % KEPT == 0:
            return False
        if self._slot_ends(start) <= end:
            return False
        came, fresh = self._came_until(start), self.count(start, end)
        due, later, limits = self._expected_at(start), self._expected_at(end), self.rules.limits
        until_end = []
        for n, span in enumerate(SPANS):
            gone = self.count(start - span, end - span)
            least, most = min(due[n], later[n]), max(due[n], later[n])
            if worth_a_look(span, came[n] + fresh, least, limits) or worth_a_look(
                span, came[n] - gone, most, limits
            ):
                return False
            until_end.append(came[n] + fresh - gone)
        self._came = (end, until_end)
        return True

    def _came_until(self, at: int) -> list[int]:
        """The counts of all spans that end at `at`; from those a step ago where they are known."""
        if self._came[0] == at:
            return self._came[1]
        if self._came[0] == at - STEP:
            get, new = self.counts.get, at // STEP - 1
            fresh = get(new, 0)
            came = [
                n + fresh - get(new - span // STEP, 0)
                for n, span in zip(self._came[1], SPANS, strict=True)
            ]
        else:
            came = [self.count(at - span, at) for span in SPANS]
        self._came = (at, came)
        return came

    def _expected_at(self, at: int) -> list[float]:
        """What is expected over all spans that end at `at`, a whole minute."""
        found = self._due.get(at)
        if found is None:
            if len(self._due) > 1:  # but the end of this minute is the beginning of the next
                del self._due[min(self._due)]
            found = [self.usual.forecast(at - span, at).mean for span in SPANS]
            self._due[at] = found
        return found

    def _learn(self, end: int) -> bool:
        if not self.since or not self.season.ends_at(end) or end - self.season.slot < self.since:
            return False
        flagged = self.watch.flags(end - self.season.slot, end)
        self.usual.learn(end, self.count, flagged=flagged)
        self._due.clear()
        return True

    def _until_something(self, at: int) -> int:
        """When a slot may end, learning does, or counts are forgotten: whichever comes first."""
        return min(self._slot_ends(at), self.since + self.rules.learn_for, at - at % KEPT + KEPT)

    def _slot_ends(self, at: int) -> int:
        """When the next slot may be learnt: late input has had its time by then."""
        return self.season.next_end(at - self.rules.lateness) + self.rules.lateness

    def _forget(self, at: int) -> None:
        oldest = (at - KEPT - self.rules.lateness - max(self.season.slot, LONGEST)) // STEP
        for step in [step for step in self.counts if step < oldest]:
            del self.counts[step]


def verdict_of(channel: ChannelVolume, at: int) -> str:
    """normal, spike, drop or learning."""
    return LEARNING if channel.is_learning(at) else channel.watch.verdict or NORMAL
