"""The organisation at work: a list of what will happen, worked off in order of time.

The world knows the time, the people, and what is planned; what is done at each point stands in the
modules of the participants (customers, bots, desk, rarities), which name their next steps by the
names of the table `ACTIONS`.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from math import log
from random import Random
from typing import Final
from zlib import crc32

from stream_app.simulator.case import Case
from stream_app.simulator.channels import TEAMS, Channel
from stream_app.simulator.journal import Happening, Journal
from stream_app.simulator.plan import Outage, Plan
from stream_app.simulator.staff import Team

Action = Callable[["World", Case], None]
THROUGH_CHANNEL: Final = frozenset({
    "writes", "adds", "reacts", "talks_to_bot", "bot_greets", "bot_asks_on", "bot_solves",
    "bot_hands_over", "gets_campaign", "is_asked", "takes_back", "writes_to_the_merged",
})  # fmt: skip
"""Steps that need the channel; in an outage they wait for its end."""

_RUSH: Final = 300_000  # ms after an outage within which all that waited is done
_ALWAYS: Final = -1  # in place of a turn: the step is done whatever has happened since


class World:
    """One run of a plan. `now` is in ms and moves with `play`."""

    def __init__(self, plan: Plan, actions: Mapping[str, Action]) -> None:
        self.plan = plan
        self.now = plan.start
        self.random = Random(f"world/{plan.seed}")
        self.journal = Journal(plan.tenant, plan.source)
        self.teams = {shape.name: Team(shape, plan) for shape in TEAMS}
        self.opened = 0
        self._named = 0
        self._actions = actions
        self._tag = f"{crc32(f'{plan.seed}/{plan.start}'.encode()):08x}"
        self._agenda: list[tuple[int, int, str, Case, int]] = []
        self._steps = 0

    def new_id(self) -> str:
        """The id of the next conversation; another seed or start gives other ids."""
        self._named += 1
        return f"{self._tag}-{self._named}"

    @property
    def busy(self) -> bool:
        """Whether anything is planned."""
        return bool(self._agenda)

    def at(self, time: float, action: str, case: Case) -> None:
        """Do `action` at that time."""
        self._put(int(time), action, case, _ALWAYS)

    def if_quiet(self, time: float, action: str, case: Case) -> None:
        """Do `action` at that time unless something happens in the conversation before."""
        self._put(int(time), action, case, case.turn)

    def _put(self, time: int, action: str, case: Case, turn: int) -> None:
        self._steps += 1
        heapq.heappush(self._agenda, (max(time, self.now), self._steps, action, case, turn))

    def play(self) -> Iterator[Happening]:
        """What happens, in order of time; endless while there are customers."""
        agenda, actions, journal = self._agenda, self._actions, self.journal
        while agenda:
            time, _, action, case, turn = heapq.heappop(agenda)
            if turn in (_ALWAYS, case.turn):
                self.now = time
                if action in THROUGH_CHANNEL and (outage := self.outage(case.channel)):
                    self._put(outage.end + self.random.randrange(_RUSH), action, case, turn)
                    continue
                journal.at(time)
                actions[action](self, case)
                yield from journal.take()

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def after(self, median: float, spread: float = 0.7) -> float:
        """The instant after a log-normal time with this median (seconds)."""
        return self.now + 1000 * self.random.lognormvariate(log(median), spread)

    def between(self, least: float, most: float) -> float:
        """An instant between so many seconds from now."""
        return self.now + 1000 * self.random.uniform(least, most)

    def outage(self, channel: Channel) -> Outage | None:
        """The outage that the channel has now, if any."""
        for outage in self.plan.outages:
            if outage.channel == channel.name and outage.start <= self.now < outage.end:
                return outage
        return None
