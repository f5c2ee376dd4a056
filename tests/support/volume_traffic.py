"""Traffic of one channel in counts of ten seconds, with the truth about what is unusual in it.

Season and week follow the simulator's tables of a working organisation. On top of it come slow and
fast noise, customers that write in several messages at once, weeks that differ, holidays, and the
two kinds of events that a monitor should find: spikes (a campaign, a fault at a customer) and
outages. After an outage those who could not write come back for a while, which is neither
usual nor a spike.

TUNING seeds were used to choose the constants of the detector, JUDGING seeds only to judge it.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from stream_app.domain.calendar import OfficeCalendar
from stream_app.simulator.channels import EVENING, FLAT_WEEK, OFFICE, ROUND, WORKWEEK

MINUTE: Final = 60_000
STEP: Final = 10_000
PER_MINUTE: Final = MINUTE // STEP
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
ZONE: Final = "Europe/Berlin"
TUNING: Final = (101, 102, 103, 104)
JUDGING: Final = (9001, 9002, 9003, 9004)
SPIKE, OUTAGE, REBOUND = "spike", "outage", "rebound"
FIRST_DAY: Final = date(2026, 2, 23)  # a Monday; the clocks go forward in the fifth week
HOLIDAYS: Final = frozenset({date(2026, 4, 3), date(2026, 4, 6)})  # Friday and Monday of Easter
_NOISE_STEP: Final = 10


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of channel: how busy (messages in the busiest half-hour) and in which rhythm."""

    name: str
    busiest: float
    hours: tuple[float, ...]
    week: tuple[float, ...]
    open_hours: tuple[int, int]
    together: float = 1.3  # messages per customer who writes
    slow: float = 0.08  # standard deviation of the rate within hours
    fast: float = 0.10  # within minutes
    weeks: float = 0.05


KINDS: Final = (
    Kind("tiny", 12, OFFICE, WORKWEEK, (8, 18)),
    Kind("small", 40, EVENING, FLAT_WEEK, (9, 21)),
    Kind("medium", 120, OFFICE, WORKWEEK, (8, 18)),
    Kind("busy", 240, EVENING, FLAT_WEEK, (9, 21)),
    Kind("large", 400, ROUND, FLAT_WEEK, (8, 20), together=1.6, slow=0.10),
    Kind("huge", 1500, EVENING, FLAT_WEEK, (8, 22), slow=0.10, weeks=0.08),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something unusual: the rate is multiplied for a while."""

    what: str
    start: int
    end: int
    factor: float


@dataclass(slots=True)
class Traffic:
    """Counts by minute and by step from `start` on, what was expected of each minute, and the events."""

    kind: Kind
    calendar: OfficeCalendar
    start: int
    counts: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)  # without noise and events
    loud: list[float] = field(default_factory=list)  # with noise, without events
    events: list[Event] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.start + len(self.counts) * MINUTE

    def expected(self, start: int, end: int) -> float:
        """What was truly to be expected in [start, end)."""
        return sum(self.rates[self._place(start) : self._place(end)])

    def altered(self, start: int, end: int, factor: float) -> list[int]:
        """The steps of [start, end) as they would be if customers wrote so much more, or less."""
        random = Random(f"altered/{self.kind.name}/{start}/{factor}")
        rates = (self.loud[self._place(at)] / PER_MINUTE for at in range(start, end, STEP))
        return [_messages(rate * factor, self.kind.together, random) for rate in rates]

    def _place(self, at: int) -> int:
        return max(0, (at - self.start) // MINUTE)


def calendar_of(kind: Kind, holidays: frozenset[date] = HOLIDAYS) -> OfficeCalendar:
    """Opening hours of a channel: those with a quiet weekend are closed on it."""
    opens, closes = (hour * 60 for hour in kind.open_hours)
    hours = ((opens, closes),)
    weekend = () if kind.week[6] < 0.5 else hours
    return OfficeCalendar("hours", ZONE, (hours,) * 5 + (weekend,) * 2, holidays)


def traffic(kind: Kind, seed: int, weeks: int, calm_weeks: int = 0) -> Traffic:
    """Weeks of one channel; in the first `calm_weeks` there are events too, but fewer."""
    start = _midnight(FIRST_DAY)
    made = Traffic(kind, calendar_of(kind), start)
    random = Random(f"volume/{kind.name}/{seed}")
    made.events = sorted(_events(made, weeks, calm_weeks, random), key=lambda e: e.start)
    noise = _noise(kind, weeks * WEEK // MINUTE, random)
    week_factors = [math.exp(random.gauss(0, kind.weeks)) for _ in range(weeks + 1)]
    factors = _factors(made.events)
    for number, level in enumerate(noise):
        at = start + number * MINUTE
        rate = usual_rate(kind, made.calendar, at)
        made.rates.append(rate)
        loud = rate * level * week_factors[(at - start) // WEEK]
        steps = _steps(
            loud, [factors.get(at + n * STEP, 1.0) for n in range(PER_MINUTE)], kind, random
        )
        made.loud.append(loud)
        made.steps.extend(steps)
        made.counts.append(sum(steps))
    return made


def usual_rate(kind: Kind, calendar: OfficeCalendar, at: int) -> float:
    """Messages per minute, on average: linear between the hours, a quarter on holidays."""
    day, weekday, hour = _local(at // HOUR)
    place = hour + at % HOUR / HOUR - 0.5
    low = math.floor(place)
    share = place - low
    shape = kind.hours[low % 24] * (1 - share) + kind.hours[(low + 1) % 24] * share
    rest = 0.25 if day in calendar.holidays else 1.0
    peak = max(kind.hours) * max(kind.week)
    return kind.busiest / 30 * shape * kind.week[weekday] / peak * rest


@lru_cache(maxsize=4096)
def _local(hour: int) -> tuple[date, int, int]:
    local = datetime.fromtimestamp(hour * 3600, ZoneInfo(ZONE))
    return local.date(), local.weekday(), local.hour


def _steps(rate: float, factors: list[float], kind: Kind, random: Random) -> list[int]:
    """The steps of a minute; as long as nothing begins or ends in it, at random moments."""
    if min(factors) < max(factors):
        return [_messages(rate / PER_MINUTE * one, kind.together, random) for one in factors]
    steps = [0] * PER_MINUTE
    for _ in range(_messages(rate * factors[0], kind.together, random)):
        steps[int(random.random() * PER_MINUTE)] += 1
    return steps


def _messages(rate: float, together: float, random: Random) -> int:
    """Customers come at random; each writes one message, or several within the minute."""
    total = 0
    more = 1 - 1 / together
    for _ in range(poisson(rate / together, random)):
        total += 1
        while random.random() < more:
            total += 1
    return total


def poisson(mean: float, random: Random) -> int:
    """How many come when `mean` do on average."""
    total = 0
    while mean > 30:  # a product of more numbers would underflow
        total += poisson(30, random)
        mean -= 30
    product, limit = random.random(), math.exp(-mean)
    while product > limit:
        total += 1
        product *= random.random()
    return total


def _factors(events: Iterable[Event]) -> dict[int, float]:
    """By how much each step is multiplied; an event may begin and end within a step."""
    factors: dict[int, float] = {}
    for event in events:
        for at in range(event.start - event.start % STEP, event.end, STEP):
            share = (min(event.end, at + STEP) - max(event.start, at)) / STEP
            factors[at] = factors.get(at, 1.0) * (1 + share * (event.factor - 1))
    return factors


def _noise(kind: Kind, minutes: int, random: Random) -> Iterator[float]:
    slow = fast = 0.0
    for minute in range(minutes):
        if minute % _NOISE_STEP == 0:
            slow = 0.9 * slow + math.sqrt(1 - 0.81) * random.gauss(0, kind.slow)
        fast = 0.5 * fast + math.sqrt(1 - 0.25) * random.gauss(0, kind.fast)
        yield math.exp(slow + fast)


def _events(made: Traffic, weeks: int, calm_weeks: int, random: Random) -> Iterator[Event]:
    """On most days one event in open hours, well apart from each other and from the edges."""
    for day in range(weeks * 7):
        if random.random() > (0.25 if day < calm_weeks * 7 else 0.7):
            continue
        local = FIRST_DAY + timedelta(days=day)
        opening = made.calendar.hours_of(local)
        if not opening:
            continue
        first, last = opening[0][0], opening[0][1] - 150
        at = _midnight(local) + random.randrange(first * 60, last * 60) * 1000
        length = random.randrange(20, 61) * MINUTE
        if random.random() < 0.5:
            yield Event(SPIKE, at, at + length, 3.0)
        else:
            yield Event(OUTAGE, at, at + length, 0.0)
            yield Event(REBOUND, at + length, at + 2 * length, 1.5)


def _midnight(day: date) -> int:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
    return int(local.astimezone(UTC).timestamp() * 1000)
