"""What sinks are shown of alerts: values without any of the state behind them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_delivery import SINGLE
from stream_app.domain.alert_identity import alert_identity
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_table import FIRED, State
from stream_app.domain.policy import Calendar

CRITICAL: Final = "critical"


@dataclass(frozen=True, slots=True)
class AlertView:
    """One step of one episode, as a sink tells it. The first eight never change while it fires."""

    alert: str
    step: int  # 0, or the number of the escalation step
    rule: str
    tenant: str
    channel: str
    priority: str
    severity: str
    ticket_ref: str
    starts_at: int  # when it fired, or when the step was reached
    told_at: int  # when it was decided to tell it
    calendars: tuple[Calendar, ...]  # when those who hear of it may be disturbed
    resolved: bool
    state: str
    episode: int
    since: int
    opened_at: int
    touched: int  # tick of the last change
    subject: Mapping[str, str]
    explain: Mapping[str, Any]
    actor: str = ""
    reason: str = ""

    def is_out(self, now: int) -> bool:
        """Whether it may be told at `now`."""
        return _is_out(self.severity, self.told_at, self.calendars, now)


class Summary(NamedTuple):
    """Many episodes told as one. `receiver` is set for a backlog, `rule` and `channel` for a flood."""

    tenant: str
    rule: str
    channel: str
    receiver: str
    severity: str


class Sum(NamedTuple):
    """What a summary says: how many, and since when at the earliest."""

    alerts: int
    since: int
    told_at: int
    calendars: tuple[Calendar, ...]

    def plus(self, other: "Sum") -> "Sum":
        """Of two partitions, one sum."""
        return Sum(
            self.alerts + other.alerts,
            min(self.since, other.since),
            min(self.told_at, other.told_at),
            self.calendars,
        )

    def is_out(self, severity: str, now: int) -> bool:
        """Whether a summary of this severity may be told at `now`."""
        return _is_out(severity, self.told_at, self.calendars, now)


def views(row: AlertRow, life: Life, sinks: Mapping[str, Calendar]) -> tuple[AlertView, ...]:
    """What there is to tell these sinks of a row by itself: one view per step reached."""
    if row.delivery != SINGLE or row.state not in (*FIRED, State.RESOLVED):
        return ()
    alert = alert_identity(row.rule, row.tenant, row.subject, row.episode)
    starts = (row.starts_at, *row.steps)
    return tuple(
        view_of(row, life, (alert, n, at), heard)
        for n, at in enumerate(starts)
        if (heard := calendars(life.step(n).to, sinks))
    )


def calendars(names: Iterable[str], sinks: Mapping[str, Calendar]) -> tuple[Calendar, ...]:
    """The calendars of those receivers that are among the sinks."""
    return tuple(sinks[name] for name in names if name in sinks)


def ticket_ref(subject: Mapping[str, str]) -> str:
    """The conversation as people look for it, or nothing for other subjects."""
    if subject.get("kind") != "conversation":
        return ""
    return f"{subject.get('source', '')}/{subject.get('id', '')}"


def _is_out(severity: str, told_at: int, heard: tuple[Calendar, ...], now: int) -> bool:
    # Once somebody could be told it stays told: to stop would look like the end of the alert.
    since = min(told_at, now)  # ticks come from other machines, whose clocks may be a little ahead
    return severity == CRITICAL or any(each.elapsed(since, now + 1) > 0 for each in heard)


def view_of(
    row: AlertRow, life: Life, which: tuple[str, int, int], heard: tuple[Calendar, ...]
) -> AlertView:
    """One step of a row's episode; `which` is the alert, the step and when that was reached."""
    alert, number, starts_at = which
    return AlertView(
        alert=alert,
        step=number,
        rule=row.rule,
        tenant=row.tenant,
        channel=row.label_channel,
        priority=row.label_priority,
        severity=row.label_severity if number == 0 else life.step(number).severity,
        ticket_ref=ticket_ref(row.subject),
        starts_at=starts_at,
        told_at=max(row.told_at, starts_at if number else 0),
        calendars=heard,
        resolved=row.state == State.RESOLVED,
        state=row.state,
        episode=row.episode,
        since=row.since,
        opened_at=row.opened_at,
        touched=row.touched,
        subject=row.subject,
        explain=row.explain,
        actor=row.actor,
        reason=row.reason,
    )
