"""How events reach Kafka: mostly at once, sometimes late, sometimes twice.

Late ones stay within a few minutes, as a webhook that is tried again does; so they also change the
order. A duplicate has the same id. Everything comes out in the order of arrival.
"""

import heapq
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

from schemas.events import Event
from stream_app.simulator.journal import Happening
from stream_app.simulator.organisation import happenings
from stream_app.simulator.plan import MINUTE, Plan

Delivery = tuple[int, Event]  # when it arrives (ms), and what

_USUAL: Final = (80, 400)  # ms on the way
LATEST: Final = 4 * MINUTE
_LATE_MEAN: Final = 25_000  # ms


def simulate(plan: Plan) -> Iterator[Delivery]:
    """The traffic of a plan in order of arrival; endless unless the plan ends it."""
    return deliveries(plan, happenings(plan))


def deliveries(plan: Plan, happened: Iterable[Happening]) -> Iterator[Delivery]:
    """Events, which come in order of time, with their arrivals and in that order."""
    random = Random(f"delivery/{plan.seed}")
    on_the_way: list[tuple[int, int, Event]] = []
    nth = 0
    for time, event in happened:
        while on_the_way and on_the_way[0][0] <= time:
            arrives, _, arrived = heapq.heappop(on_the_way)
            yield arrives, arrived
        nth += 1
        heapq.heappush(on_the_way, (time + _delay(random, plan.late), nth, event))
        if random.random() < plan.duplicates:
            nth += 1
            again = time + random.randrange(1000, MINUTE)
            heapq.heappush(on_the_way, (again, nth, event))
    while on_the_way:
        arrives, _, arrived = heapq.heappop(on_the_way)
        yield arrives, arrived


def _delay(random: Random, late: float) -> int:
    if random.random() < late:
        return min(int(random.expovariate(1 / _LATE_MEAN)) + 1000, LATEST)
    return int(random.uniform(*_USUAL))
