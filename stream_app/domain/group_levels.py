"""Levels: how many conversations are in a state now, and since when the longest has been waiting.

Levels of several source partitions or groups are added up; of instants (names that end in `_since`,
milliseconds, 0 for none) the earliest is kept, because an age would be old as soon as it is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any, Final

from schemas.instants import format_ms
from schemas.panerows import LevelRow

LEVELS: Final = (
    "open", "waiting", "overdue", "at_risk", "unassigned", "unattended", "unresolved_48h",
)  # fmt: skip
INSTANTS: Final = ("oldest_waiting_since", "longest_open_since")
LISTS: Final = ("overdue", "at_risk", "waiting")
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
    for name in dict.fromkeys([*INSTANTS, *(n for n in levels if n.endswith(SINCE))]):
        since = levels.get(name, 0)
        figures[f"{name.removesuffix(SINCE)}_seconds"] = (
            max(0, as_of - since) / 1000 if since else 0
        )
        if since:
            figures[name] = format_ms(since)
    return figures


def most_urgent(rows: Iterable[LevelRow]) -> dict[str, list[dict[str, Any]]]:
    """The first conversations of each list over several rows, each of which is in order already."""
    known = [row.top for row in rows if row.top]
    names = [*LISTS, *sorted({name for top in known for name in top}.difference(LISTS))]
    return {name: _first([top[name] for top in known if name in top], name) for name in names}


def _first(lists: Sequence[list[dict[str, Any]]], name: str) -> list[dict[str, Any]]:
    by = "since" if name == "waiting" else "due"
    if len(lists) == 1:
        return lists[0][:TOP]
    return list(islice(merge(*lists, key=lambda item: _order(item, by)), TOP))


def _order(item: Mapping[str, Any], by: str) -> tuple[str, str]:
    at = str(item.get(by) or "9999")
    # A fraction sorts before the "Z" of a whole second, so that both get one.
    return at if "." in at else at.replace("Z", ".000Z"), str(item.get("conversation"))
