"""How well a channel is doing, in a few flat figures: what chat widgets and routing programs read.

Rules:
1. The state is the worst that holds: `stale` when the figures do not tell of now, `breached` while a
   conversation of the channel is past a target, `at_risk` while one is close to it, else `ok`.
2. The expected wait is what a customer who writes now has to reckon with: the usual wait (median first
   reply of the shortest window with ENOUGH of them) or, where that is longer, the time that those in
   line and one more take at the pace of the last hour's replies.
3. What is not known is None, never 0.
"""

from typing import Any, Final

from schemas.outputs import ChannelSla, View

OK: Final = "ok"
AT_RISK: Final = "at_risk"
BREACHED: Final = "breached"
STALE: Final = "stale"
STATES: Final = (OK, AT_RISK, BREACHED, STALE)


_REPLIES: Final = "first_reply_seconds"
_FURTHER: Final = "next_reply_seconds"
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
    """Seconds that a customer who writes now has to reckon with (rule 2)."""
    usual = _usual_wait(view)
    window = _usual_window(view)
    answered: int = sum(window.get(name, {}).get("count", 0) for name in (_REPLIES, _FURTHER))
    if answered < _ENOUGH:
        return usual
    in_line: int = view.levels.get("waiting", 0) + 1
    return max(usual or 0.0, round(in_line * _usual_seconds(view) / answered, 3))


def _usual_wait(view: View) -> float | None:
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
    return view.windows[_usual_name(view)] if view.windows else {}


def _usual_seconds(view: View) -> int:
    return seconds(_usual_name(view))


def _usual_name(view: View) -> str:
    return min(view.windows, key=lambda name: abs(seconds(name) - _USUAL))


def _state(view: View, stale: bool) -> str:
    if stale or not view.complete:
        return STALE
    if view.levels.get("overdue", 0) > 0:
        return BREACHED
    return AT_RISK if view.levels.get("at_risk", 0) > 0 else OK
