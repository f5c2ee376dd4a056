"""What a view may say at a moment, by the rules that the page has: staleness comes before everything else.

Pure: everything is an argument. Instants and spans are milliseconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from schemas.instants import parse_ms
from schemas.outputs import Alert, View

FRESH: Final = ("overdue", "at_risk", "on_time")
REPLAY: Final = "event"  # the mode of a tenant whose time is that of its events
REPLAYED: Final = "replay"
SOUND: Final = (*FRESH, REPLAYED)  # what figures say holds: now, or at the time that is replayed
URGENT_STATES: Final = ("overdue", "at_risk", "waiting")
BEHIND_MS: Final = 60_000
_INTERVALS: Final = 3
_GRAVITY: Final = {"critical": 0, "warning": 1, "info": 2}
_OPEN: Final = {"firing": 0, "acknowledged": 1, "snoozed": 1}
_VERDICTS: Final = ("spike", "drop", "learning", "quiet", "unknown")
_LAST: Final = 10**16


@dataclass(frozen=True, slots=True)
class Seen:
    """A view with its instants."""

    view: View
    as_of: int
    received: int
    oldest: int | None  # since when the longest has been waiting


class Volume(msgspec.Struct):
    """The volume against the usual. `verdict`: `none` where nobody judges it."""

    verdict: str
    observed: float
    over_seconds: int
    low: float | None = None
    high: float | None = None


def seen(content: Mapping[str, Any]) -> Seen:
    """A view of the stream. Raises ValueError for what is none."""
    view = msgspec.convert(content, View)
    since = view.levels.get("oldest_waiting_since")
    oldest = parse_ms(since) if since else None
    return Seen(view, parse_ms(view.as_of), parse_ms(content["received_at"]), oldest)


def behind(view: View, as_of: int, now: float) -> bool:
    """Whether a tenant that should be live is not; one that is replayed is about the past by intent."""
    return view.mode != REPLAY and now - as_of > BEHIND_MS


def condition(held: Seen, now: float, interval: float) -> str:
    """`stale`, `partial`, `replay` or `behind`, when the figures are not current; else how the queue is."""
    levels = held.view.levels
    if now - held.received > _INTERVALS * interval:
        return "stale"
    if not held.view.complete:
        return "partial"
    if held.view.mode == REPLAY:
        return REPLAYED
    if behind(held.view, held.as_of, now):
        return "behind"
    if levels.get("overdue", 0) > 0:
        return "overdue"
    return "at_risk" if levels.get("at_risk", 0) > 0 else "on_time"


def view_time(held: Seen, now: float, *, fresh: bool) -> float:
    """The time that the figures are about; it goes on only while they are current."""
    return held.as_of + max(0.0, now - held.received) if fresh else held.as_of


def longest_wait(held: Seen, now: float, *, fresh: bool) -> float | None:
    """How long the longest has been waiting; None when nobody waits."""
    if held.oldest is None:
        return None
    return max(0.0, view_time(held, now, fresh=fresh) - held.oldest)


def share(view: View) -> float | None:
    """Share of first replies within target over the last hour; None when there were none."""
    ratio: float | None = view.windows.get("1h", {}).get("first_reply_met_ratio")
    return ratio


def volume(view: View, *, sound: bool) -> Volume:
    """`unknown` whenever the figures are old or not whole; a team of a channel has none of its own."""
    told = view.volume if "team" not in view.scope else {}
    verdict, observed = told.get("verdict"), told.get("observed")
    if not sound or not view.complete:
        name = "unknown"
    elif observed is None or not verdict:
        name = "none"
    else:
        name = verdict if verdict in _VERDICTS else "usual"
    if observed is None:
        hour = view.windows.get("1h", {}).get("messages_in", 0)
        return Volume(name, hour, 3_600)
    over = told.get("over_seconds", 1_800)
    return Volume(name, observed, over, told.get("low"), told.get("high"))


def most_urgent(view: View, most: int) -> list[Mapping[str, Any]]:
    """Least time left first; those without a due instant after all others, in order of waiting."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for item in (item for state in URGENT_STATES for item in view.top.get(state, [])):
        name = (item.get("source", ""), item.get("conversation", ""))
        known = found.get(name)
        if known is None or _urgency(item) < _urgency(known):
            found[name] = item
    return sorted(found.values(), key=_urgency)[:most]


def _urgency(item: Mapping[str, Any]) -> int:
    if item.get("due"):
        return parse_ms(item["due"])
    return _LAST + (parse_ms(item["since"]) if item.get("since") else _LAST)


def shown_alerts(alerts: Iterable[Alert], scope: Mapping[str, str]) -> list[Alert]:
    """Firing before acknowledged, grave before slight, then the newest."""
    mine = [each for each in alerts if each.state in _OPEN and _concerns(each, scope)]
    return sorted(mine, key=_rank)


def _rank(alert: Alert) -> tuple[int, int, int]:
    return _OPEN[alert.state], _GRAVITY.get(alert.severity, 3), -parse_ms(alert.opened_at)


def _concerns(alert: Alert, scope: Mapping[str, str]) -> bool:
    """An alert about everything (a goal, a source, stale data) concerns every view."""
    return all(alert.subject.get(part, value) == value for part, value in scope.items())
