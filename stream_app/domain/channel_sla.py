"""How well a channel is doing, in a few flat figures: what chat widgets and routing programs read."""

from typing import Any, Final

from schemas.outputs import ChannelSla, View

OK: Final = "ok"
AT_RISK: Final = "at_risk"
BREACHED: Final = "breached"
STALE: Final = "stale"
STATES: Final = (OK, AT_RISK, BREACHED, STALE)


_REPLIES: Final = "first_reply_seconds"
_ENOUGH: Final = 5  # replies that a median needs before anybody is told to wait so long
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_USUAL: Final = 3_600


def channel_sla(view: View, *, stale: bool) -> ChannelSla:
    """The figures of a channel's view. `stale`: it is no longer current."""
    levels = view.levels
    return ChannelSla(
        channel=view.scope.get("channel", ""),
        state=_state(view, stale),
        as_of=view.as_of,
        waiting=levels.get("waiting", 0),
        open=levels.get("open", 0),
        overdue=levels.get("overdue", 0),
        at_risk=levels.get("at_risk", 0),
        oldest_waiting_seconds=levels.get("oldest_waiting_seconds", 0),
        expected_wait_seconds=expected_wait(view),
        first_reply_p90_seconds=_usual_window(view).get(_REPLIES, {}).get("p90"),
        first_reply_met_ratio=_usual_window(view).get("first_reply_met_ratio"),
    )


def expected_wait(view: View) -> float | None:
    """The median first reply of the shortest window that holds enough of them."""
    for name in sorted(view.windows, key=seconds):
        replies = view.windows[name].get(_REPLIES, {})
        if replies.get("count", 0) >= _ENOUGH and "p50" in replies:
            return float(replies["p50"])
    return None


def seconds(window: str) -> int:
    """The length of a window by its name: 900 for `15m`."""
    return int(window[:-1]) * _UNITS.get(window[-1], 1) if window[:-1].isdecimal() else 0


def _usual_window(view: View) -> dict[str, Any]:
    """The window nearest to an hour."""
    names = sorted(view.windows, key=lambda name: abs(seconds(name) - _USUAL))
    return view.windows[names[0]] if names else {}


def _state(view: View, stale: bool) -> str:
    if stale or not view.complete:
        return STALE
    if view.levels.get("overdue", 0) > 0:
        return BREACHED
    return AT_RISK if view.levels.get("at_risk", 0) > 0 else OK
