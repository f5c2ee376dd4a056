"""What to simulate: from when, how much, and what goes wrong. Instants and durations are ms."""

from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Outage:
    """A channel is down in [start, end): nobody writes, nobody is answered; afterwards they come."""

    channel: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a run depends on: the same plan gives the same events.

    `rate` is the mean number of events per second over a week. At `live_from` some conversations
    are about to be unresolved for 48 hours, and some have been so for a while.
    """

    start: int
    live_from: int | None = None
    seed: int = 7
    rate: float = 1.0
    tenant: str = "default"
    source: str = "simulator/demo"
    zone: str = "Europe/Rome"
    duplicates: float = 0.002
    late: float = 0.004
    outages: tuple[Outage, ...] = ()
    until: int | None = None  # no event at or after this instant
    conversations: int | None = None  # no further ones are opened
