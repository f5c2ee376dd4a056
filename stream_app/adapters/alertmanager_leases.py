"""What one Alertmanager has been told, and what it has to be told next. No I/O.

Rules:
1. What fires is told at once and again every `resend`, with an end `4 * resend` ahead: a lease. When
   nobody renews it, because the last worker has gone, Alertmanager lets it lapse.
2. What is resolved is told with its end now, and again every `resend` for `farewell`, then no more.
   The end stays the moment at which it was first told, however often it is repeated.
3. What is no longer shown at all belongs to another worker: it is forgotten, not resolved.
4. After an outage of Alertmanager everything is told again, for it may have forgotten everything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from stream_app.adapters.alertmanager_payload import Key, Push

LEASE: Final = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long. Milliseconds, but `poll` and `timeout` in seconds."""

    poll: float = 0.5
    resend: int = 60_000
    farewell: int = 300_000
    timeout: float = 5.0
    batch: int = 200


@dataclass(slots=True)
class _Told:
    at: int = 0  # last time that Alertmanager took it; 0: never, or not since an outage
    ended: int = 0  # when the resolve was first due to be told; 0: it fires


class Leases:
    """The memory of one Alertmanager's notifier."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._told: dict[Key, _Told] = {}

    def __len__(self) -> int:
        return len(self._told)

    def due(self, pushes: Iterable[Push], now: int) -> list[tuple[Push, dict[str, Any]]]:
        """What has to be told now, with its JSON object; forgets what is not shown any more."""
        found, shown = [], set()
        for push in pushes:
            shown.add(push.key)
            told = self._told.setdefault(push.key, _Told())
            if self._is_due(push, told, now):
                ends_at = told.ended if push.resolved else now + LEASE * self._pace.resend
                found.append((push, push.body(ends_at)))
        for key in self._told.keys() - shown:
            del self._told[key]
        return found

    def taken(self, pushes: Iterable[Push], now: int) -> None:
        """Alertmanager has taken these."""
        for push in pushes:
            if push.key in self._told:
                self._told[push.key].at = now

    def lost(self) -> None:
        """Alertmanager could not be reached: tell it everything again."""
        for told in self._told.values():
            told.at = 0

    def _is_due(self, push: Push, told: _Told, now: int) -> bool:
        if push.resolved and not told.ended:
            told.ended, told.at = now, 0
        elif not push.resolved and told.ended:
            told.ended, told.at = 0, 0  # late input: it fires after all
        if push.resolved and now - told.ended > self._pace.farewell:
            return False
        return not told.at or now - told.at >= self._pace.resend
