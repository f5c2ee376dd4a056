"""Judges detectors of unusual volume against the truth: the product's, and two simple rivals.

A detector turns traffic into episodes (what, from, to). An alarm is right when its episode touches an event
of its kind, neither right nor false when it touches only the return of customers after an outage,
else false. An event is found in time when an episode of its kind has begun within so many minutes of
it. Only time after the learning phase counts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple

from stream_app.domain.tails import Spread
from stream_app.domain.volume_channel import ChannelVolume, Rules
from stream_app.domain.volume_season import Season
from stream_app.domain.volume_usual import Usual
from stream_app.domain.volume_watch import DROP, NORMAL, SPIKE, Limits
from tests.support.volume_traffic import (
    DAY,
    MINUTE,
    OUTAGE,
    REBOUND,
    STEP,
    WEEK,
    ZONE,
    Event,
    Kind,
    Traffic,
)

LEARN: Final = 14 * DAY
CLASSES: Final = (10, 30, 60, 120, 200, 400)  # expected messages per 30 min: lower bounds
ENOUGH_FOR_SPIKES, ENOUGH_FOR_OUTAGES = 200, 60  # from which class on 95 % are promised
SPIKE_WITHIN, OUTAGE_WITHIN = 5 * MINUTE, 10 * MINUTE
AT_LAST: Final = 30 * MINUTE
_GRACE: Final = 10 * MINUTE  # an episode may outlast its event
_LEVEL: Final = 0.0001  # one false alarm a week, of overlapping counts of five minutes (simulated)
_FAST_LEFT: Final = 0.45  # what is left of the variance of fast noise in five minutes
_KIND_OF: Final = {SPIKE: "spike", DROP: OUTAGE}


class Episode(NamedTuple):
    """An alarm from its beginning to its end."""

    what: str  # spike | drop
    start: int
    end: int


Detector = Callable[[Traffic], list[Episode]]


@dataclass(slots=True)
class Score:
    """What was found of the events of one class of volume."""

    events: int = 0
    in_time: int = 0
    at_last: int = 0  # within half an hour, or until the event was over
    best: float = 0.0  # what a detector that knows the true rates would find in time

    def add(self, in_time: bool, at_last: bool, best: float) -> None:
        self.events += 1
        self.in_time += in_time
        self.at_last += at_last
        self.best += best

    def join(self, other: "Score") -> None:
        """Take over what was found of other events."""
        self.events += other.events
        self.in_time += other.in_time
        self.at_last += other.at_last
        self.best += other.best


@dataclass(slots=True)
class Judgement:
    """How a detector did over several channels."""

    right: int = 0
    false: int = 0
    weeks: float = 0.0  # channel-weeks
    worst: float = 0.0  # false alarms per week in the worst channel of all
    spikes: dict[int, Score] = field(default_factory=dict)  # by class of volume
    outages: dict[int, Score] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.false)

    @property
    def false_per_week(self) -> float:
        return self.false / self.weeks

    def add(self, other: "Judgement") -> None:
        """Take over what was found in other channels."""
        self.right += other.right
        self.false += other.false
        self.weeks += other.weeks
        self.worst = max(self.worst, other.worst)
        for mine, theirs in ((self.spikes, other.spikes), (self.outages, other.outages)):
            for lowest, score in theirs.items():
                mine.setdefault(lowest, Score()).join(score)

    def recall(self, scores: dict[int, Score], least: int) -> tuple[int, int]:
        """(found in time, events) of the classes from `least` on."""
        some = [score for lowest, score in scores.items() if lowest >= least]
        return sum(s.in_time for s in some), sum(s.events for s in some)


def judge(detector: Detector, channels: Iterable[Traffic]) -> Judgement:
    """Run a detector over channels and hold its episodes against the truth."""
    found = Judgement()
    for traffic in channels:
        begin = traffic.start + LEARN
        episodes = [episode for episode in detector(traffic) if episode.start >= begin]
        events = [event for event in traffic.events if event.start >= begin]
        false = 0
        for episode in episodes:
            touched = [event for event in traffic.events if _touches(episode, event)]
            if any(event.what == _KIND_OF[episode.what] for event in touched):
                found.right += 1
            elif not any(event.what == REBOUND for event in touched):
                false += 1
        weeks = (traffic.end - begin) / WEEK
        found.false += false
        found.weeks += weeks
        found.worst = max(found.worst, false / weeks)
        for event in events:
            _score(found, traffic, event, episodes)
    return found


def _score(found: Judgement, traffic: Traffic, event: Event, episodes: list[Episode]) -> None:
    if event.what == REBOUND:
        return
    expected = traffic.expected(event.start, event.start + AT_LAST)
    lowest = max((bound for bound in CLASSES if bound <= expected), default=0)
    what, within = (DROP, OUTAGE_WITHIN) if event.what == OUTAGE else (SPIKE, SPIKE_WITHIN)
    begun = [e.start - event.start for e in episodes if e.what == what]
    began = min((b for b in begun if 0 < b <= event.end - event.start + _GRACE), default=None)
    scores = found.outages if event.what == OUTAGE else found.spikes
    score = scores.setdefault(lowest, Score())
    late = began is not None and began <= max(AT_LAST, event.end - event.start)
    mean = traffic.expected(event.start, event.start + within)
    score.add(began is not None and began <= within, late, best_chance(traffic.kind, mean, event))


def best_chance(kind: Kind, mean: float, event: Event) -> float:
    """What can be found at all: by a count over exactly that time, at a level of one false alarm a week.

    Such a detector knows the rate of that time without an error, how customers write, how loud the noise is
    and when an event may begin; no test of that level finds more (Neyman and Pearson).
    """
    usual = true_spread(kind, mean)
    if event.factor < 1:
        return float(usual.at_most(0) < _LEVEL)
    return true_spread(kind, mean * event.factor).at_least(usual.quantile(1 - _LEVEL) + 1)


def true_spread(kind: Kind, mean: float) -> Spread:
    """How the counts of some minutes scatter in this kind of channel: by chance, and with its noise."""
    together = 2 * kind.together - 1
    noise = kind.weeks**2 + kind.slow**2 + _FAST_LEFT * kind.fast**2
    return Spread(mean, together * mean + noise * mean * mean)


def _touches(episode: Episode, event: Event) -> bool:
    return episode.start < event.end + _GRACE and episode.end > event.start


def pegel(traffic: Traffic, sensitivity: float = 0.001) -> list[Episode]:
    """The product: what the channels agent runs, step by step."""
    season = Season(calendar=traffic.calendar, zone=ZONE)
    rules = Rules(LEARN, Limits(10, sensitivity), 10 * MINUTE)
    channel = ChannelVolume(season, rules, Usual(season))
    verdicts = []
    for number, count in enumerate(traffic.steps):
        at = traffic.start + number * STEP
        channel.add(at, count)
        _, change = channel.step(at + STEP)
        if change is not None:
            verdicts.append(change)
    return episodes_of([(c.at, c.verdict) for c in verdicts], traffic.end)


def fixed_threshold(traffic: Traffic) -> list[Episode]:
    """A rival: more than in 999 of 1,000 spans of 5 minutes of the first two weeks; nothing for 10."""
    sums = list(accumulate(traffic.counts, initial=0))
    fives = [sums[n + 5] - sums[n] for n in range(0, LEARN // MINUTE, 5)]
    limit = sorted(fives)[-len(fives) // 1000]
    verdicts = []
    for number, at in _minutes(traffic):
        silent = (
            sums[number] == sums[number - 10]
            and traffic.calendar.elapsed(at - 10 * MINUTE, at) == 10 * MINUTE
        )
        more = sums[number] - sums[number - 5] > limit
        verdicts.append((at, SPIKE if more else DROP if silent else NORMAL))
    return episodes_of(_calmed(verdicts), traffic.end)


def z_score(traffic: Traffic) -> list[Episode]:
    """A rival: 5 minutes that are 3 standard deviations off those of the hour before."""
    sums = list(accumulate(traffic.counts, initial=0))
    verdicts = []
    for number, at in _minutes(traffic):
        hour = [sums[n + 5] - sums[n] for n in range(number - 65, number - 5, 5)]
        mean = sum(hour) / 12
        deviation = max(0.0, sum(n * n for n in hour) / 12 - mean * mean) ** 0.5
        off = (sums[number] - sums[number - 5] - mean) / max(deviation, 1.0)
        verdicts.append((at, SPIKE if off > 3 else DROP if off < -3 else NORMAL))
    return episodes_of(_calmed(verdicts), traffic.end)


def _minutes(traffic: Traffic) -> Iterable[tuple[int, int]]:
    for number in range(LEARN // MINUTE, len(traffic.counts) + 1):
        yield number, traffic.start + number * MINUTE


def _calmed(verdicts: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The same courtesy as the product: over only after five normal minutes."""
    now, calm, changes = NORMAL, 0, []
    for at, verdict in verdicts:
        calm = 0 if verdict == now else calm + 1
        if verdict != now and (now == NORMAL or calm >= 5):
            now, calm = verdict, 0
            changes.append((at, verdict))
    return changes


def episodes_of(changes: Sequence[tuple[int, str]], end: int) -> list[Episode]:
    """From every change to spike or drop to the next change."""
    found = []
    for number, (at, verdict) in enumerate(changes):
        if verdict != NORMAL:
            until = changes[number + 1][0] if number + 1 < len(changes) else end
            found.append(Episode(verdict, at, until))
    return found
