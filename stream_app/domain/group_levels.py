"""Levels: how many conversations are in a state now, and since when the longest has been waiting.

Levels of several source partitions or groups are added up; of instants (names that end in `_since`,
milliseconds, 0 for none) the earliest is kept, because an age would be old as soon as it is written.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas.instants import format_ms
from schemas.panerows import LevelRow

LEVELS: Final = ("open", "waiting", "overdue", "at_risk", "unassigned", "unattended")
OLDEST: Final = "oldest_waiting_since"
SINCE: Final = "_since"
TOP: Final = 10


def add_levels(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Levels of several source partitions or groups together."""
    both: dict[str, int] = {}
    for part in parts:
        for name, n in part.items():
            if not name.endswith(SINCE):
                both[name] = both.get(name, 0) + n
            elif n:
                both[name] = min(both.get(name) or n, n)
    return both


def level_figures(levels: Mapping[str, int], as_of: int) -> dict[str, Any]:
    """The levels of a view: counts, and for each instant its age at `as_of` beside it."""
    figures: dict[str, Any] = {name: levels.get(name, 0) for name in LEVELS}
    figures.update((name, n) for name, n in levels.items() if not name.endswith(SINCE))
    for name in {OLDEST: None} | dict.fromkeys(n for n in levels if n.endswith(SINCE)):
        since = levels.get(name, 0)
        figures[f"{name.removesuffix(SINCE)}_seconds"] = (
            max(0, as_of - since) / 1000 if since else 0
        )
        if since:
            figures[name] = format_ms(since)
    return figures


def most_urgent(rows: Iterable[LevelRow]) -> dict[str, list[dict[str, Any]]]:
    """The top conversations of each state over several rows, earliest due first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        for state, items in row.top.items():
            found.setdefault(state, []).extend(items)
    return {state: sorted(items, key=_urgency)[:TOP] for state, items in sorted(found.items())}


def _urgency(item: Mapping[str, Any]) -> tuple[str, str]:
    due = str(item.get("due") or item.get("since") or "9999")
    # A fraction sorts before the "Z" of a whole second, so that both get one.
    return due if "." in due else due.replace("Z", ".000Z"), str(item.get("conversation"))
