"""How telling people fares, per receiver, as metrics."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from stream_app.adapters.metrics import catalogue
from stream_app.adapters.metrics.families import Families
from stream_app.adapters.metrics.labels import BREAKER_STATES


@dataclass(slots=True)
class Stats:
    """What became of the messages to one receiver."""

    receiver: str
    way: str
    sent: int = 0
    failed: int = 0  # attempts
    retried: int = 0  # attempts after the first one
    superseded: int = 0  # a newer state took the place of one that was not taken yet
    given_up: int = 0
    pending: int = 0
    breaker: str = "closed"
    last_ok_ms: int = 0


@runtime_checkable
class NotificationsSource(Protocol):
    """A worker that tells receivers of its alerts."""

    def notifications(self) -> Iterable[Stats]: ...


def add_notifications(out: Families, found: Iterable[Stats]) -> None:
    """Add the counters of each receiver since this worker started."""
    for stats in found:
        key = (stats.receiver, stats.way)
        out.add(catalogue.NOTIFIED, key, stats.sent)
        out.add(catalogue.NOTIFY_FAILED, key, stats.failed)
        out.add(catalogue.NOTIFY_RETRIED, key, stats.retried)
        out.add(catalogue.NOTIFY_DROPPED, (*key, "superseded"), stats.superseded)
        out.add(catalogue.NOTIFY_DROPPED, (*key, "given_up"), stats.given_up)
        out.add(catalogue.NOTIFY_PENDING, key, stats.pending)
        for state in BREAKER_STATES:
            out.add(catalogue.NOTIFY_BREAKER, (*key, state), float(state == stats.breaker))
        if stats.last_ok_ms:
            out.add(catalogue.NOTIFY_LAST, key, stats.last_ok_ms / 1000)
