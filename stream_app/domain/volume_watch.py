"""When is a volume a spike or a drop: the verdict of a channel, step by step.

Rules
1. Counts over 3, 5 and 10 minutes are judged every ten seconds, over 30 every minute. `sensitivity` is the
   share of half-hours in which a usual channel may be called unusual; each span has a share of it.
   What three times the usual must show within five minutes the count over five minutes shows best (no
   test of the same level beats it), so that span has most; of a drop it is that over ten.
2. A spike is a count of at least `min_count` and twice what is expected, that is as improbable
   as that. A drop is a count of at most 30 %, over 5 minutes or more, where at least `min_count` are
   expected in 30 minutes; it begins only in open hours and lasts until closing at most.
3. It is over when the last 10 minutes have been in keeping with the expectation for 5 minutes; the
   level for that is far from the level of the beginning. What came before the end is not judged again.
4. An episode of more than a day is the new usual: it goes on, but it is learnt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from stream_app.domain.tails import Spread
from stream_app.domain.volume_season import MINUTE
from stream_app.domain.volume_usual import SPANS

NORMAL, SPIKE, DROP = "normal", "spike", "drop"
# Shares of `sensitivity`. Tests of half an hour overlap, and are not as many as they are.
_OF_SPIKES: Final = dict(zip(SPANS, (0.02, 0.1, 0.02, 0.02), strict=True))
_OF_DROPS: Final = dict(zip(SPANS, (0.0, 0.02, 0.1, 0.02), strict=True))
RISE: Final = 2.0  # times the expectation; less concerns nobody, however certain
FALL: Final = 0.3
SCREEN: Final = 2.0  # standard deviations within which no tail needs to be computed
_MARGIN: Final = 0.95  # by which a look without tails is the more careful one
_BACK: Final = 0.1  # probability from which a count is in keeping again
_BACK_RISE, _BACK_FALL = 1.25, 0.75
_CALM: Final = 5  # minutes
_RECENT: Final = 10 * MINUTE
_KEPT: Final = 12  # episodes that slots still to be learnt may overlap with
_NEW_USUAL: Final = 86_400_000


class Sight(NamedTuple):
    """A count over the span that ends now, and how it would usually be distributed."""

    span: int
    came: int
    usual: Spread
    opened: bool  # open hours throughout


Sights = Mapping[int, Sight]
"""What is seen over each span (ms) that ends now."""


class Limits(NamedTuple):
    """From what on a count is unusual."""

    min_count: int
    sensitivity: float


class Change(NamedTuple):
    """The verdict became another one."""

    at: int
    verdict: str


@dataclass(slots=True)
class Watch:
    """What is going on in one channel."""

    verdict: str = NORMAL
    since: int = 0
    calm: int = 0  # minutes in keeping
    fresh_from: int = 0  # earlier minutes belong to an episode that is over
    episodes: list[tuple[int, int]] = field(default_factory=list)  # [from, to), 0 = goes on

    def judge(self, at: int, sights: Sights, limits: Limits) -> Change | None:
        """Judge what has come up to `at`. Whether something is over is asked on whole minutes alone."""
        if self.verdict == NORMAL:
            for span in spans_at(at):
                verdict = NORMAL if at - span < self.fresh_from else unusual(span, sights, limits)
                if verdict != NORMAL:
                    return self._begin(at, span, verdict)
            return None
        if at % MINUTE:
            return None
        recent = sights[_RECENT]
        if self.verdict == DROP and not recent.opened:
            return self._end(at)
        self.calm = self.calm + 1 if _in_keeping(self.verdict, recent) else 0
        return self._end(at) if self.calm >= _CALM else None

    def flags(self, start: int, end: int) -> bool:
        """Whether [start, end) is to be kept out of what is usual."""
        for begun, over in self.episodes:
            if begun < end and (not over or over > start) and start - begun < _NEW_USUAL:
                return True
        return False

    def _begin(self, at: int, span: int, verdict: str) -> Change:
        self.verdict, self.since, self.calm = verdict, at, 0
        self.episodes = [*self.episodes[1 - _KEPT :], (at - span, 0)]
        return Change(at, verdict)

    def _end(self, at: int) -> Change:
        begun, _ = self.episodes[-1]
        self.episodes[-1] = (begun, at)
        self.verdict, self.since, self.calm = NORMAL, at, 0
        self.fresh_from = at - _RECENT
        return Change(at, NORMAL)


def spans_at(at: int) -> Sequence[int]:
    """The spans that are judged at an instant, short ones first."""
    return SPANS[:-1] if at % MINUTE else SPANS


def worth_a_look(span: int, came: int, mean: float, limits: Limits) -> bool:
    """Whether a count may be unusual at all, so that its tail needs to be computed.

    No count varies less than a Poisson count; what is expected may be wrong by a few per cent here.
    """
    off = came - mean
    if off * off < _MARGIN * SCREEN * SCREEN * mean:
        return False
    if off > 0:
        return came >= max(limits.min_count, _MARGIN * RISE * mean)
    return _OF_DROPS[span] > 0 and _MARGIN * came <= FALL * mean


def unusual(span: int, sights: Sights, limits: Limits) -> str:
    """Whether the count over a span says that something begins: spike, drop, or normal."""
    sight = sights[span]
    usual, off = sight.usual, sight.came - sight.usual.mean
    if abs(off) < SCREEN * usual.variance**0.5:
        return NORMAL
    if off > 0:
        level = limits.sensitivity * _OF_SPIKES[span]
        found = (
            sight.came >= max(limits.min_count, RISE * usual.mean)
            and usual.at_least(sight.came) < level
        )
        verdict = SPIKE if found else NORMAL
    else:
        level = limits.sensitivity * _OF_DROPS[span]
        found = (
            sight.opened
            and sights[SPANS[-1]].usual.mean >= limits.min_count
            and sight.came <= FALL * usual.mean
            and usual.at_most(sight.came) < level
        )
        verdict = DROP if found else NORMAL
    return NORMAL if verdict != NORMAL and _in_keeping(verdict, sights[_RECENT]) else verdict


def _in_keeping(verdict: str, recent: Sight) -> bool:
    count, usual = recent.came, recent.usual
    if verdict == SPIKE:
        return count < _BACK_RISE * usual.mean or usual.at_least(count) >= _BACK
    return count > _BACK_FALL * usual.mean or usual.at_most(count) >= _BACK
