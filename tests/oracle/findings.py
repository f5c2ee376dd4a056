"""What the naive program has found: levels, counts, outcomes and episodes."""

from collections import Counter
from dataclasses import dataclass, field

Outcome = tuple[str, str, int, str, str, float]
"""Conversation, clock, instance, breached|fulfilled|cancelled, instant, seconds counted."""
Episode = tuple[str, str, str | None]
"""Conversation, when the rule fired, when that ended (None: it still fires)."""


@dataclass
class Findings:
    """What holds at the end, and what has happened. Groups are (channel, team, priority)."""

    levels: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    seconds: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    outcomes: list[Outcome] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
