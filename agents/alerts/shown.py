"""What the outside sees of one partition's alerts: committed rows, as views, sums and log lines."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import structlog

from agents.alerts.sums import Sums
from schemas.alert_rows import AlertRow
from schemas.instants import format_ms
from stream_app.domain.alert_episode import STARTED
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_table import FIRED, State
from stream_app.domain.alert_timers import SETTLED_AFTER
from stream_app.domain.alert_view import AlertView, Sum, Summary, ticket_ref, views
from stream_app.domain.alerts import Change, identity
from stream_app.domain.policy import Calendar, Policy

_log = structlog.stdlib.get_logger("pegel.alerts")
ALERTMANAGER: Final = "alertmanager"
_NO_RULE: Final = Life()


class Shown:
    """Folds committed rows; reading costs only what is told by itself, however many alerts fire."""

    def __init__(self, policy: Policy, lives: Mapping[str, Life]) -> None:
        self._lives = lives
        self._sinks = alertmanagers(policy)
        self._sums = Sums(policy, lives, self._sinks)
        self.version = 0  # another one whenever sinks may have something else to tell
        self._now = 0
        self._rows: dict[bytes, AlertRow] = {}
        self._singles: dict[bytes, tuple[AlertView, ...]] = {}
        self._ended: dict[tuple[str, int], tuple[int, AlertView]] = {}
        self._firing: Counter[tuple[str, str, str]] = Counter()

    def under(self, policy: Policy, lives: Mapping[str, Life]) -> "Shown":
        """The same under other rules: what fires is shown as they want it."""
        other = Shown(policy, lives)
        other.version = self.version + 1
        other._now = self._now
        for key, row in self._rows.items():
            other.show(key, row)
        fires = {(view.alert, view.step) for mine in other._singles.values() for view in mine}
        other._ended |= {key: view for key, view in self._ended.items() if key not in fires}
        return other

    def show(self, key: bytes, row: AlertRow | None) -> None:
        """A row is committed as it is now; None: it is gone."""
        self.version += 1
        self._hide(key)
        if row is None:
            return
        self._rows[key] = row
        if row.state in FIRED:
            self._show_firing(key, row)
        elif row.state == State.RESOLVED and row.explain:
            self._keep_ended(row, row.touched)

    def ended(self, change: Change) -> None:
        """An episode has ended; its sinks have to hear of it even if the next one fires already."""
        if change.row.state == State.RESOLVED:
            self._keep_ended(change.row, self._now)

    def forget(self, now_ms: int) -> None:
        """Let go of episodes that ended long ago."""
        self._now = now_ms
        gone = [k for k, (at, _) in self._ended.items() if at < now_ms - SETTLED_AFTER]
        for key in gone:
            del self._ended[key]

    def clear(self) -> None:
        """Forget everything."""
        for each in (self._rows, self._singles, self._ended, self._firing):
            each.clear()
        self._sums.clear()

    def committed(self) -> Iterable[tuple[bytes, AlertRow]]:
        """Every committed row by its key."""
        return self._rows.items()

    def rows(self) -> Iterable[AlertRow]:
        """Every committed row."""
        return self._rows.values()

    def singles(self) -> Iterator[AlertView]:
        """What Alertmanager hears of by itself: what fires, then what has ended lately."""
        for each in self._singles.values():
            yield from each
        for _, view in self._ended.values():
            yield view

    def summaries(self) -> Iterator[tuple[Summary, Sum]]:
        """What it hears of together."""
        return self._sums.totals()

    def firing(self) -> Iterator[tuple[str, str, str, int]]:
        """Rule, tenant, severity, and how many episodes."""
        for key, count in self._firing.items():
            yield (*key, count)

    def _show_firing(self, key: bytes, row: AlertRow) -> None:
        self._firing[row.rule, row.tenant, row.severity] += 1
        mine = views(row, self._life(row), self._sinks)
        if mine:
            self._singles[key] = mine
        for view in mine:
            self._ended.pop((view.alert, view.step), None)  # late input: it has not ended
        self._sums.show(key, row)

    def _hide(self, key: bytes) -> None:
        row = self._rows.pop(key, None)
        self._singles.pop(key, None)
        if row is None or row.state not in FIRED:
            return
        self._firing[row.rule, row.tenant, row.severity] -= 1
        self._sums.hide(key, row)

    def _keep_ended(self, row: AlertRow, at: int) -> None:
        for view in views(row, self._life(row), self._sinks):
            kept = self._ended.get((view.alert, view.step), (0, view))[0]
            self._ended[view.alert, view.step] = (max(at, kept), view)

    def _life(self, row: AlertRow) -> Life:
        return self._lives.get(row.rule, _NO_RULE)


def alertmanagers(policy: Policy) -> dict[str, Calendar]:
    """The receivers that are Alertmanagers, each with its calendar."""
    return {
        name: receiver.calendar
        for name, receiver in policy.receivers.items()
        if receiver.kind == ALERTMANAGER
    }


def log_change(change: Change) -> None:
    """One line for each firing and each resolve."""
    row = change.row
    if change.kind != STARTED and row.state != State.RESOLVED:
        return
    _log.info(
        "alert firing" if change.kind == STARTED else "alert resolved",
        alert=identity(row),
        rule=row.rule,
        tenant=row.tenant,
        subject=ticket_ref(row.subject) or row.subject.get("channel", ""),
        episode=row.episode,
        severity=row.severity,
        since=format_ms(row.since),
        reason=change.reason,
    )
