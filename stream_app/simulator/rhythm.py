"""When new conversations begin: a Poisson process whose rate follows the day, the week and events.

The rate is constant within five minutes, so that the next arrival can be drawn exactly: a unit of
exponential "budget" is used up slot by slot.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from stream_app.simulator.channels import CHANNELS, EVENTS_PER_CONVERSATION, Channel
from stream_app.simulator.plan import DAY, HOUR, MINUTE, Plan

SLOT: Final = 5 * MINUTE
_WEEK_SECONDS: Final = 7 * 86_400
_BURST_CHANCE: Final = 0.6  # of a day to see a campaign


@dataclass(frozen=True, slots=True)
class Burst:
    """A campaign: for a while a channel gets a multiple of its traffic."""

    channel: str
    start: int
    end: int
    factor: float


@lru_cache(maxsize=4096)
def local_hour(hour: int, zone: str) -> tuple[int, int]:
    """(weekday 0 = Monday, hour of the day) in `zone` of an hour counted since the epoch."""
    moment = datetime.fromtimestamp(hour * 3600, UTC).astimezone(ZoneInfo(zone))
    return moment.weekday(), moment.hour


@lru_cache(maxsize=64)
def burst_of(day: int, seed: int) -> Burst | None:
    """The campaign of a day counted since the epoch, if it has one."""
    random = Random(f"burst/{seed}/{day}")
    if random.random() > _BURST_CHANCE:
        return None
    channel = random.choices(CHANNELS, [c.share for c in CHANNELS])[0]
    start = day * DAY + random.randrange(7 * HOUR, 17 * HOUR)
    return Burst(
        channel.name, start, start + random.randrange(30, 90) * MINUTE, random.uniform(3, 5)
    )


class Rhythm:
    """The arrivals of one channel."""

    def __init__(self, plan: Plan, channel: Channel) -> None:
        self._plan = plan
        self._channel = channel
        self._random = Random(f"rhythm/{plan.seed}/{channel.name}")
        per_week = plan.rate * _WEEK_SECONDS / EVENTS_PER_CONVERSATION * channel.share
        self._per_ms = per_week / (sum(channel.hours) * sum(channel.week)) / HOUR
        self._outages = [outage for outage in plan.outages if outage.channel == channel.name]
        self._slot = -1
        self._rate = 0.0

    def next_after(self, time: int) -> int:
        """The next arrival after `time`."""
        budget = self._random.expovariate(1.0)
        while True:
            rate = self.rate(time)
            slot_end = (time // SLOT + 1) * SLOT
            gain = rate * (slot_end - time)
            if gain > budget:
                return time + max(1, int(budget / rate))
            budget -= gain
            time = slot_end

    def rate(self, time: int) -> float:
        """Arrivals per ms around `time`; constant within a slot."""
        slot = time // SLOT
        if slot != self._slot:
            self._slot, self._rate = slot, self._rate_of(slot * SLOT)
        return self._rate

    def _rate_of(self, time: int) -> float:
        weekday, hour = local_hour(time // HOUR, self._plan.zone)
        usual = self._per_ms * self._channel.hours[hour] * self._channel.week[weekday]
        return usual * self._campaign(time) * self._outage(time)

    def _campaign(self, time: int) -> float:
        burst = burst_of(time // DAY, self._plan.seed)
        if burst is None or burst.channel != self._channel.name:
            return 1.0
        return burst.factor if burst.start <= time < burst.end else 1.0

    def _outage(self, time: int) -> float:
        factor = 1.0
        for outage in self._outages:
            if outage.start <= time < outage.end:
                return 0.0
            # Those who could not write come afterwards, over as long a time again.
            if outage.end <= time < 2 * outage.end - outage.start:
                factor += 0.8
        return factor
