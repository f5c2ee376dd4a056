"""One view and one alert as the wall holds them: what was written, word for word, and when it came.

What stands in the topic is passed on as it is, so that a newer worker may say more than this wall
knows; the decoded form beside it is what the wall itself looks at.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from schemas.instants import format_ms, parse_ms
from schemas.outputs import VIEW_INTERVAL_MS, Alert, View

STALE_AFTER_MS: Final = 3 * VIEW_INTERVAL_MS
RESOLVED: Final = "resolved"
MOST_TRAIL: Final = 50
_SEVERITIES: Final = {"critical": 0, "warning": 1, "info": 2}
_decode_view = msgspec.json.Decoder(View).decode
_decode_alert = msgspec.json.Decoder(Alert).decode

Place = tuple[str, tuple[tuple[str, str], ...]]
"""A tenant and a scope of it, with the parts in alphabetical order."""


@dataclass(slots=True)
class HeldView:
    """The newest view of one scope."""

    view: View
    json: bytes  # as written, with `received_at`
    received_ms: int
    as_of_ms: int

    @property
    def place(self) -> Place:
        """Which tenant and scope this is about."""
        return place(self.view.tenant, self.view.scope)

    def stale(self, now_ms: int) -> bool:
        """Whether no fresh view has come for three intervals."""
        return now_ms - self.received_ms > STALE_AFTER_MS


@dataclass(slots=True)
class HeldAlert:
    """The newest record of one episode, and the states that it has been in."""

    alert: Alert
    json: bytes
    key: bytes  # of its records, hence of commands about it
    trail: list[dict[str, Any]] = field(default_factory=list)

    @property
    def urgency(self) -> tuple[int, str, str]:
        """Gravest first, then the oldest."""
        alert = self.alert
        return _SEVERITIES.get(alert.severity, 9), alert.opened_at, alert.alert


def place(tenant: str, scope: dict[str, str]) -> Place:
    """The place of a view."""
    return tenant, tuple(sorted(scope.items()))


def hold_view(value: bytes, received_ms: int) -> HeldView:
    """Raises ValueError for what is no view."""
    view = _decode_view(value)
    received = b',"received_at":"%s"}' % format_ms(received_ms).encode()
    return HeldView(view, one_line(value)[:-1] + received, received_ms, parse_ms(view.as_of))


def read_alert(value: bytes) -> Alert:
    """Raises ValueError for what is no alert."""
    return _decode_alert(value)


def hold_alert(key: bytes, value: bytes, alert: Alert, before: HeldAlert | None) -> HeldAlert:
    """`alert`: the value, decoded; `before`: the same episode as it was known so far."""
    step = {"state": alert.state, "since": alert.since}
    if alert.actor:
        step["actor"] = alert.actor
    if alert.reason:
        step["reason"] = alert.reason
    trail = before.trail if before is not None else []
    if not trail or trail[-1] != step:  # an unresolved alert is written again every day
        trail = [*trail, step][-MOST_TRAIL:]
    return HeldAlert(alert, one_line(value), key, trail)


def one_line(value: bytes) -> bytes:
    """JSON without line breaks: in valid JSON they stand between values only."""
    return value.replace(b"\n", b" ").replace(b"\r", b" ").strip()
