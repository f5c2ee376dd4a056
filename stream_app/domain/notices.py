"""What each receiver of messages (webhook, e-mail) still has to hear of an episode.

Rules:
1. What a receiver hears is told apart by its mark: episode, step, state, and for what can be said
   several times the moment. The row keeps two marks for each receiver: the last one that was begun
   and the last one that the receiver has taken.
2. Nothing of a firing alert is sent before its mark stands in the row as begun, durably. So it is
   known after any crash to whom something may have gone out, and who must hear of the end.
3. Only the newest is due: an older state that was never taken is not sent any more.
4. A receiver hears of an acknowledgement, a snooze or the end only if something was begun for it.
   What is over before it was begun is dropped; so is what waits for opening hours.
5. A step counts for a receiver when it names it; of several the last one counts.
6. When the next episode begins before somebody has heard of the end, that end is kept in the row.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from schemas.alert_rows import AlertRow, Farewell
from stream_app.domain.alert_delivery import SINGLE
from stream_app.domain.alert_identity import alert_identity
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_table import FIRED, State
from stream_app.domain.alert_view import CRITICAL, AlertView, view_of
from stream_app.domain.policy import Calendar

FIRING: Final = "firing"
REMINDER: Final = "reminder"
ESCALATED: Final = "escalated"
KINDS: Final = (FIRING, REMINDER, ESCALATED, "acknowledged", "snoozed", "resolved")
MOST_FAREWELLS: Final = 20

Sinks = Mapping[str, Calendar]
_NONE: Final = ("", "")


class Notice(NamedTuple):
    """One thing that one receiver has to hear."""

    receiver: str
    mark: str
    kind: str  # one of KINDS
    begun: bool  # whether it may be sent; else its mark has to be begun first
    calendar: Calendar
    view: AlertView

    @property
    def identity(self) -> str:
        """The same for every attempt, by whichever worker."""
        return f"{self.view.alert}.{self.mark}"

    def may_go(self, now: int) -> bool:
        """Whether the receiver may be disturbed at `now`."""
        return disturbs(self.view.severity, self.calendar, now)


def disturbs(severity: str, calendar: Calendar, now: int) -> bool:
    """Below critical nothing goes out while the receiver's calendar is closed."""
    return severity == CRITICAL or calendar.elapsed(now, now + 1) > 0


def notices(row: AlertRow, life: Life, sinks: Sinks) -> list[Notice]:
    """All that is due of a row, whatever the hour."""
    found = [_farewell(row, each, sinks) for each in row.farewells if each.receiver in sinks]
    if row.delivery != SINGLE or row.state not in (*FIRED, State.RESOLVED):
        return found
    # Also those whom the policy names no longer: they still have to hear of the end.
    names = dict.fromkeys((*life.told(len(row.steps)), *row.told))
    return found + [
        notice
        for name in names
        if name in sinks and (notice := _notice(row, life, name, sinks[name]))
    ]


def intended(row: AlertRow, life: Life, sinks: Sinks, now: int) -> dict[str, tuple[str, str]]:
    """The row's marks with those begun that may go out at `now`."""
    told = row.told
    if row.state != State.FIRING or row.delivery != SINGLE:
        return told
    for notice in notices(row, life, sinks):
        if not notice.begun and notice.may_go(now):
            told = {**told, notice.receiver: (notice.mark, _marks(row, notice.receiver)[1])}
    return told


def begun(row: AlertRow, receiver: str, mark: str) -> dict[str, tuple[str, str]]:
    """The row's marks with this one begun."""
    return {**row.told, receiver: (mark, _marks(row, receiver)[1])}


def is_told(row: AlertRow, receiver: str) -> bool:
    """Whether anything of this episode was begun for a receiver, or is told in a summary."""
    return row.delivery != SINGLE or _is_of(_marks(row, receiver)[0], row.episode)


def taken(row: AlertRow, receiver: str, mark: str) -> bool:
    """Note that a receiver has taken what the mark stands for; False when nothing changes."""
    kept = tuple(each for each in row.farewells if (each.receiver, each.mark) != (receiver, mark))
    if len(kept) < len(row.farewells):
        row.farewells = kept
        return True
    before = _marks(row, receiver)
    if before[1] == mark or not _is_of(mark, row.episode):
        return False
    row.told = {**row.told, receiver: (before[0], mark)}
    return True


def farewells(ended: AlertRow, life: Life, sinks: Sinks) -> tuple[Farewell, ...]:
    """What must still be heard of an ended episode when the next one takes its row."""
    due = [each for each in notices(ended, life, sinks) if each.kind == State.RESOLVED]
    found = [
        Farewell(
            each.receiver,
            each.mark,
            each.view.alert,
            each.view.step,
            each.view.severity,
            each.view.episode,
            dict(each.view.subject),
            each.view.since,
            each.view.opened_at,
        )
        for each in due
    ]
    return tuple(found[-MOST_FAREWELLS:])


def followed(
    before: AlertRow | None, passed: Sequence[AlertRow], after: AlertRow, lived: tuple[Life, Sinks]
) -> tuple[Farewell, ...]:
    """The farewells of `after`, whose episode may have followed others: `before`, or `passed` ones."""
    found = after.farewells
    for row in (before, *passed):
        if row is not None and row.state == State.RESOLVED and row.episode != after.episode:
            found = farewells(row, *lived) or found
    return found


def _notice(row: AlertRow, life: Life, name: str, calendar: Calendar) -> Notice | None:
    last_begun, done = _marks(row, name)
    fires = row.state == State.FIRING
    step = _step(row, life, name, last_begun)
    if step is None or not (fires or _is_of(last_begun, row.episode)):
        return None
    mark = _mark(row, step)
    if mark == done:
        return None
    alert = alert_identity(row.rule, row.tenant, row.subject, row.episode)
    at = row.steps[step - 1] if step else row.starts_at
    view = view_of(row, life, (alert, step, at), (calendar,))
    kind = _kind(row, step, done) if fires else row.state
    return Notice(name, mark, kind, not fires or last_begun == mark, calendar, view)


def _step(row: AlertRow, life: Life, name: str, last_begun: str) -> int | None:
    named = [n for n in range(len(row.steps) + 1) if name in life.step(n).to]
    if named:
        return named[-1]
    if row.state == State.FIRING or not last_begun:
        return None
    return min(int(last_begun.split(".")[1]), len(row.steps))


def _farewell(row: AlertRow, kept: Farewell, sinks: Sinks) -> Notice:
    past = AlertRow(row.version, row.rule, row.tenant, kept.subject, State.RESOLVED, kept.episode)
    past.since, past.opened_at = kept.since, kept.opened_at
    past.label_channel = kept.subject.get("channel", "")
    past.label_priority = kept.subject.get("priority", "")
    past.label_severity = kept.severity
    calendar = sinks[kept.receiver]
    view = view_of(past, Life(severity=kept.severity), (kept.alert, kept.step, 0), (calendar,))
    return Notice(kept.receiver, kept.mark, State.RESOLVED, True, calendar, view)


def _mark(row: AlertRow, step: int) -> str:
    moment = {
        State.FIRING: max(row.touched, row.reminded_at),
        State.ACKNOWLEDGED: row.since,
        State.SNOOZED: row.since,
    }.get(State(row.state), 0)
    return f"{row.episode}.{step}.{row.state}.{moment}"


def _kind(row: AlertRow, step: int, done: str) -> str:
    if not _is_of(done, row.episode) or f".{State.RESOLVED}." in done:
        return ESCALATED if step else FIRING
    return REMINDER if done.startswith(f"{row.episode}.{step}.") else ESCALATED


def _marks(row: AlertRow, receiver: str) -> tuple[str, str]:
    return row.told.get(receiver, _NONE)


def _is_of(mark: str, episode: int) -> bool:
    return mark.startswith(f"{episode}.")
