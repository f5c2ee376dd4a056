"""What receivers of messages hear of many episodes that are told as one.

Rules:
1. A summary is told once it is `SETTLED` old, so that the number in it means something.
2. It is told again when it stands for twice as many, but not within `AGAIN_AFTER`.
3. When nothing of it is left, whoever heard of it hears that, but not within `LASTS` of being told. So a
   number that goes to and fro about the limit of a flood makes one summary and not one for each time.
4. Partitions count apart; a worker adds up what its partitions have and tells the sum. Its identity is
   the same for every worker, so those who fold by it see one summary.
So each worker tells a receiver at most one summary of a flood and one end in a minute, and a fleet at most
as many as it has workers.
"""

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final, NamedTuple

from schemas.alert_rows import Summed
from stream_app.domain.alert_table import State
from stream_app.domain.alert_view import AlertView, Sum, Summary
from stream_app.domain.notices import FIRING, REMINDER, Notice
from stream_app.domain.policy import Calendar

SETTLED: Final = 2_000
AGAIN_AFTER: Final = 300_000
LASTS: Final = 60_000


class Part(NamedTuple):
    """What one partition has of a summary, and what its receiver was told."""

    summary: Summary
    total: Sum | None
    told: Summed | None


def summary_identity(summary: Summary) -> str:
    """The same for every partition and worker."""
    digest = blake2b(json.dumps(summary).encode(), digest_size=12).hexdigest()
    return f"v1-{digest}"


def summary_key(summary: Summary) -> bytes:
    """What stands for the row's key."""
    return f"summary|{summary.tenant}|{summary_identity(summary)}".encode()


def summary_notice(parts: Iterable[Part], calendar: Calendar, now: int) -> Notice | None:
    """What is due of one summary, given what each partition of a worker has of it."""
    found = list(parts)
    totals = [part.total for part in found if part.total is not None]
    marks = [part.told for part in found if part.told is not None]
    told = max(marks, key=lambda mark: mark.alerts, default=None)
    if not totals:
        if told is None or now - told.at < LASTS:
            return None
        return _ended(found[0].summary, told, calendar)
    total = totals[0]
    for each in totals[1:]:
        total = total.plus(each)
    if told is None:
        settled = now - total.told_at >= SETTLED
        return _firing(found[0].summary, total, FIRING, calendar) if settled else None
    grown = total.alerts >= 2 * told.alerts and now - told.at >= AGAIN_AFTER
    return _firing(found[0].summary, total, REMINDER, calendar) if grown else None


def summed(summary: Summary, notice: Notice, now: int) -> Summed | None:
    """The mark that a partition keeps when a receiver took a notice; None: no more."""
    if notice.view.resolved:
        return None
    count = int(notice.view.explain["count"])
    return Summed(*summary, alerts=count, since=notice.view.since, at=now)


def _firing(summary: Summary, total: Sum, kind: str, calendar: Calendar) -> Notice:
    moment = total.told_at if kind == FIRING else total.alerts
    view = _view(summary, (State.FIRING, total.alerts, total.since, total.told_at), calendar)
    mark = f"{total.told_at}.0.{kind}.{moment}"
    return Notice(summary.receiver, mark, kind, True, calendar, view)


def _ended(summary: Summary, told: Summed, calendar: Calendar) -> Notice:
    view = _view(summary, (State.RESOLVED, told.alerts, told.since, told.at), calendar)
    mark = f"{told.at}.0.{State.RESOLVED}.0"
    return Notice(summary.receiver, mark, State.RESOLVED, True, calendar, view)


def _view(summary: Summary, what: tuple[str, int, int, int], calendar: Calendar) -> AlertView:
    state, count, since, told_at = what
    return AlertView(
        alert=summary_identity(summary),
        step=0,
        rule=summary.rule,
        tenant=summary.tenant,
        channel=summary.channel,
        priority="",
        severity=summary.severity,
        ticket_ref="",
        starts_at=since,
        told_at=told_at,
        calendars=(calendar,),
        resolved=state == State.RESOLVED,
        state=state,
        episode=1,
        since=since,
        opened_at=since,
        touched=told_at,
        subject={"kind": "summary", "channel": summary.channel},
        explain={"count": count},
    )
