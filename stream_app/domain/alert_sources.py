"""How far the producers of signals are: the alerts agent's time for each tenant.

Rules:
1. Every source partition says by heartbeat, per tenant, its tick and whether it is live. The tick of
   the tenant is the smallest of them, and unknown until all expected partitions have spoken of it.
   A rule has one producer, and its alerts live by the time of that one: those of conversations by all
   partitions of their agent, those of figures by the one that adds up all of a tenant.
2. It never goes back, whatever a new owner of a source partition may say.
3. A tenant is live when all of its sources are. A signal made while catching up makes its source not
   live from that moment on, heartbeat or not.
4. Timers run for moments before the tick, for more may happen at it; moments at the tick as well
   where `clock.advance` has said that event time has got there.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from stream_app.domain.ticks import LIVE

Source = tuple[str, int]
"""Agent and source partition."""


class Beat(NamedTuple):
    """What a heartbeat says of one tenant."""

    tick: int
    mode: str


class Sources:
    """The newest heartbeats of one producer, folded to one tick and one mode per tenant.

    Without a number of partitions a tenant has one source, whichever speaks of it.
    """

    def __init__(self, agent: str, partitions: int = 0) -> None:
        self._expected: Final = frozenset((agent, number) for number in range(partitions))
        self._order: dict[Source, tuple[int, int]] = {}
        self._beats: dict[str, dict[Source, Beat]] = {}
        self.ticks: dict[str, int] = {}
        self.advanced: dict[str, int] = {}

    def restore(self, ticks: Mapping[str, int], advanced: Mapping[str, int]) -> None:
        """Go on from where a former owner was."""
        self.ticks, self.advanced = dict(ticks), dict(advanced)

    def heard(self, source: Source, order: tuple[int, int], beats: Mapping[str, Beat]) -> None:
        """A heartbeat has arrived; an older one than the last is ignored."""
        if order <= self._order.get(source, (-1, -1)):
            return
        self._order[source] = order
        for tenant, beat in beats.items():
            self._beats.setdefault(tenant, {})[source] = beat
            self._move(tenant)

    def said(self, tenant: str, source: Source | None, mode: str) -> None:
        """A signal carries its mode; without a source it stands for all that have spoken."""
        if mode == LIVE:
            return
        beats = self._beats.setdefault(tenant, {})
        for each in [source] if source else list(beats):
            beats[each] = Beat(beats[each].tick if each in beats else 0, mode)

    def advance(self, tenant: str, until: int) -> None:
        """`clock.advance`: moments at `until` itself are over once the tick is there."""
        self.advanced[tenant] = max(until, self.advanced.get(tenant, 0))

    def reached(self, tenant: str) -> int:
        """Timers at or before this moment are due."""
        tick = self.ticks.get(tenant, 0)
        return tick if tick <= self.advanced.get(tenant, 0) else tick - 1

    def live(self, tenant: str) -> bool:
        """Whether every source of the tenant is live."""
        beats = self._beats.get(tenant, {})
        return self._complete(beats) and all(b.mode == LIVE for b in beats.values())

    def _complete(self, beats: Mapping[Source, Beat]) -> bool:
        return bool(beats) and self._expected <= beats.keys()

    def _move(self, tenant: str) -> None:
        beats = self._beats[tenant]
        if self._complete(beats):
            tick = min(beat.tick for beat in beats.values())
            self.ticks[tenant] = max(tick, self.ticks.get(tenant, 0))
