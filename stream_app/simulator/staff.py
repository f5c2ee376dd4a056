"""Who is there to answer: teams with shifts, and the queues that grow when there are too few.

An agent works on one conversation at a time and takes the most urgent of the queue, then the one
that waits longest. Teams are as large as the traffic of a week needs, with little to spare, so that
nights, bursts and outages make customers wait.
"""

import heapq
from hashlib import blake2b
from math import ceil
from typing import Final, NamedTuple

from stream_app.simulator.case import Case
from stream_app.simulator.channels import (
    CHANNELS,
    EVENTS_PER_CONVERSATION,
    TeamShape,
)
from stream_app.simulator.plan import HOUR, Plan
from stream_app.simulator.rhythm import local_hour

UTILISATION: Final = 0.6
ANSWERS_PER_CONVERSATION: Final = 1.5  # measured over a week
MEAN_TO_MEDIAN: Final = 1.2  # of the log-normal time that an answer takes
_RANK: Final = {"urgent": 0, "high": 1, "normal": 2, "low": 3}


class Waiting(NamedTuple):
    """A conversation in a queue."""

    rank: int
    since: int
    nth: int
    case: Case


class Team:
    """The people of one team and what waits for them."""

    def __init__(self, shape: TeamShape, plan: Plan) -> None:
        self.shape = shape
        self.queue: list[Waiting] = []
        self.working: dict[str, str] = {}  # conversation -> who works on it
        self._zone = plan.zone
        self._nth = 0
        self._free: list[str] = []
        self._named = 0
        self._seed = plan.seed
        self.people = _people(shape, plan.rate)

    def on_duty(self, time: int) -> int:
        """How many work at this time; at least one by day."""
        weekday, hour = local_hour(time // HOUR, self._zone)
        share = self.shape.duty[hour] * (self.shape.weekend if weekday > 4 else 1.0)
        number = round(self.people * share)
        return max(number, 1) if share > 0.1 else number

    def has_free(self, time: int) -> bool:
        return len(self.working) < self.on_duty(time)

    def wait(self, case: Case, time: int) -> None:
        """Put a conversation in the queue, once; not while somebody works on it."""
        if not case.queued and case.id not in self.working:
            case.queued = True
            self._nth += 1
            heapq.heappush(self.queue, Waiting(_RANK[case.priority], time, self._nth, case))

    def take(self, time: int) -> tuple[Case, str] | None:
        """The next conversation to answer and who does it, if there is one and somebody free."""
        while self.queue and self.has_free(time):
            case = heapq.heappop(self.queue).case
            case.queued = False
            if case.live:
                agent = self.working[case.id] = self._somebody()
                return case, agent
        return None

    def done(self, case: Case) -> None:
        """Whoever worked on the conversation is free again."""
        self._free.append(self.working.pop(case.id))

    def _somebody(self) -> str:
        if self._free:
            return self._free.pop()
        self._named += 1
        text = f"{self._seed}/{self.shape.name}/{self._named}"
        return blake2b(text.encode(), digest_size=8).hexdigest()


def _people(shape: TeamShape, rate: float) -> int:
    handling = MEAN_TO_MEDIAN * sum(c.share * c.handle for c in CHANNELS)
    a_week = rate * 7 * 86_400 / EVENTS_PER_CONVERSATION
    work = a_week * shape.share * ANSWERS_PER_CONVERSATION * handling / 3600
    presence = sum(shape.duty) * (5 + 2 * shape.weekend)
    return max(1, ceil(work / UTILISATION / presence))
