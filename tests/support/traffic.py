"""Simulated traffic as a file to replay: in order of event time, with duplicates, without merges.

Merges are left out because what they write comes back as new input, whose place in the topic depends on
how fast the workers are.
"""

from itertools import takewhile
from pathlib import Path
from typing import Final

from schemas.events import TICKET_MERGED, Event, encode_event
from stream_app.simulator.organisation import happenings
from stream_app.simulator.plan import DAY, Plan

START: Final = 1_767_571_200_000  # a Monday
_DUPLICATE_EVERY: Final = 97
_DUPLICATE_AFTER: Final = 5
# At one instant: creation, attributes, messages, then status and endings.
_ORDER: Final = ("created", "assigned", "priority_changed", "channel_changed", "tagged")


def write_traffic(path: Path, days: float, rate: float, seed: int, tenant: str) -> int:
    """Write so many days as JSON lines; returns the number of different events."""
    until = START + int(days * DAY)
    plan = Plan(START, live_from=until, seed=seed, rate=rate, tenant=tenant)
    played = takewhile(lambda one: one[0] < until, happenings(plan))
    found = [(at, event) for at, event in played if event.type != TICKET_MERGED]
    found.sort(key=lambda one: (one[0], _rank(one[1])))
    lines = [encode_event(event) for _, event in found]
    for index in range(len(lines) - _DUPLICATE_AFTER, 0, -_DUPLICATE_EVERY):
        lines.insert(index + _DUPLICATE_AFTER, lines[index])
    path.write_bytes(b"\n".join(lines) + b"\n")
    return len(found)


def _rank(event: Event) -> int:
    _, kind, what, _ = event.type.split(".")
    if kind == "message":
        return len(_ORDER)
    return _ORDER.index(what) if what in _ORDER else len(_ORDER) + 1
