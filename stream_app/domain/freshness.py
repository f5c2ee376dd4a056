"""How far a tenant's figures reach, and which source partitions they lack.

Rules:
1. `as_of` is the smallest watermark of the source partitions that are there. It never goes back.
2. A source partition is missing when it has no clock for the tenant, when nothing was heard of it for
   3 s, when its tick is more than 3 s behind the newest of the tenant, when it is in the middle of its
   snapshot, or when its watermark is behind an `as_of` that was reached without it.
3. On event time ticks may lie far apart, so there only silence counts; and `as_of` waits for a silent
   partition, so that a replay goes through the same instants whatever happens to its workers,
   unless too much piles up meanwhile.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

PATIENCE_MS: Final = 3_000  # three heartbeats
EVENT: Final = "event"


class Source(NamedTuple):
    """One source partition of the agent that writes the panes."""

    agent: str
    partition: int


class Clock(NamedTuple):
    """How far a source partition is for one tenant, as of one heartbeat."""

    version: int
    watermark: int
    tick: int
    mode: str


class Reach(NamedTuple):
    """How far the figures of a tenant reach."""

    as_of: int | None
    missing: tuple[int, ...]


@dataclass(slots=True)
class Hearing:
    """When each source partition was last heard of, on the clock of the log that carries them."""

    now: int = 0
    heard: dict[Source, tuple[int, int]] = field(default_factory=dict)  # (version, when)

    def move(self, now: int) -> None:
        """The log has reached `now`; it never goes back."""
        self.now = max(self.now, now)

    def hear(self, source: Source, version: int) -> None:
        """A heartbeat has come; one that came before counts for nothing."""
        known = self.heard.get(source)
        if known is None or known[0] < version:
            self.heard[source] = (version, self.now)

    def silent(self, source: Source) -> bool:
        """Whether three heartbeats in a row have not come."""
        last = self.heard.get(source)
        return last is None or self.now - last[1] > PATIENCE_MS


@dataclass(slots=True)
class Clocks:
    """The clocks of one tenant, one for each source partition that was ever heard of."""

    expected: Sequence[Source]
    of: dict[Source, Clock] = field(default_factory=dict)

    def put(self, source: Source, clock: Clock) -> bool:
        """Take a heartbeat over unless a newer one is known; say whether it was taken."""
        known = self.of.get(source)
        if known is not None and known.version >= clock.version:
            return False
        self.of[source] = clock
        return True

    def reach(
        self, absent: Collection[Source], before: int | None, *, crowded: bool = False
    ) -> Reach:
        """Judge the clocks. `absent` are silent or torn sources, `before` is the last `as_of`."""
        gone = self._gone(absent)
        marks = [
            clock.watermark
            for source, clock in self.of.items()
            if source not in gone or (clock.mode == EVENT and not crowded)
        ]
        as_of = min(marks) if marks else before
        if as_of is not None and before is not None:
            as_of = max(as_of, before)
        missing = {s.partition for s in self.expected if s in gone or self._behind(s, as_of)}
        return Reach(as_of, tuple(sorted(missing)))

    def _gone(self, absent: Collection[Source]) -> set[Source]:
        clocks = self.of
        newest = max((clock.tick for clock in clocks.values() if clock.mode != EVENT), default=0)
        oldest_good = newest - PATIENCE_MS
        return {
            source
            for source in self.expected
            if source in absent
            or source not in clocks
            or (clocks[source].mode != EVENT and clocks[source].tick < oldest_good)
        }

    def _behind(self, source: Source, as_of: int | None) -> bool:
        return as_of is None or self.of[source].watermark < as_of
