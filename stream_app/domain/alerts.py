"""Alert episodes: what becomes of signals, of commands by people, and of time.

Pure: a row and an input give a row and the changes to tell. Rules:
1. A signal is a level: it says whether a condition holds, and since when. One that is not newer by
   (epoch, seq) than the last one applied changes nothing; so a replay or a duplicate changes nothing.
2. Every state and every move between them stands in `stream_app.domain.alert_table`. A cause that the
   table does not list for a state changes nothing.
3. An episode opens with the first signal that is active: `opened_at` is its `since`. It fires at
   once, or, with a `for`, when the condition has held that long; until then it is pending.
4. It ends with a signal that is not active, at that signal's `since`, or, with `keep_firing_for`,
   that much later unless the condition holds again by then.
5. Late input corrects. A signal that ends the condition at or before the firing says that there was
   nothing to tell: the episode is resolved with the reason `corrected`. An episode that never truly
   fired gives its number back, so the condition's return is the same alert and not a second one.
   An active signal that begins before the episode's end says that it has not ended: the same
   episode goes on. One with another beginning moves `opened_at`. Another end moves the end.
   One from before the newest episode takes that back (stream_app.domain.alert_rewind).
6. Everything else that follows a resolved episode is a new one, with the next number.
7. A row holds one subject of one rule. Clock rules have an instance per streak of the clock; a
   later instance that holds ends the episode of the earlier one (`replaced`).
8. Before an input is applied, the row is woken up to that moment: what time has brought about
   before it happened before it. At the same moment the input comes first.
9. An acknowledgement stops reminders and escalation until it expires; a snooze does so until its
   end. Neither outlives the episode. A command that names another episode changes nothing.
"""

from copy import copy
from typing import NamedTuple

from schemas.alert_rows import AlertRow
from schemas.commands import ACKNOWLEDGE, RELEASE, SNOOZE
from stream_app.domain.alert_episode import (
    CORRECTED,
    ENTERED,
    RELEASED,
    Change,
    Draft,
    Seen,
    same_subject,
    unborn,
)
from stream_app.domain.alert_identity import alert_identity
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_rewind import remember, rewind
from stream_app.domain.alert_table import FIRED, UNRESOLVED, Cause, State
from stream_app.domain.alert_timers import NEVER, next_wake_at, woken

__all__ = [
    "NEVER",
    "Ask",
    "Change",
    "Seen",
    "commanded",
    "delivered",
    "identity",
    "next_wake_at",
    "signalled",
    "withdrawn",
    "woken",
]

Result = tuple[AlertRow | None, tuple[Change, ...]]


class Ask(NamedTuple):
    """A command of a person, at the moment `at`. `until` 0: the rule's own time."""

    action: str  # acknowledge | snooze | release
    alert: str
    actor: str
    at: int
    until: int = 0
    reason: str = ""


def identity(row: AlertRow) -> str:
    """The identity of a row's newest episode."""
    return alert_identity(row.rule, row.tenant, row.subject, row.episode)


def signalled(row: AlertRow | None, seen: Seen, life: Life) -> Result:
    """Apply a signal. The same row comes back when it was an old one."""
    if row is not None and (seen.epoch, seen.seq) <= (row.epoch, row.seq):
        return row, ()
    kept, before = (None, ()) if row is None else woken(row, _just_before(seen), life)
    if kept is None and not seen.active:
        return None, before
    draft = Draft(kept or unborn(seen), life)
    draft.row.epoch, draft.row.seq = seen.epoch, seen.seq
    rewind(draft, seen)
    _raised(draft, seen) if seen.active else _lowered(draft, seen)
    return draft.row, (*before, *draft.changes)


def commanded(row: AlertRow, ask: Ask, life: Life) -> Result:
    """Apply a command; nothing changes when it came too late or means another episode."""
    cause = {ACKNOWLEDGE: Cause.ACKNOWLEDGED, SNOOZE: Cause.SNOOZED, RELEASE: Cause.RELEASED}.get(
        ask.action
    )
    until = ask.until or (ask.at + life.ack if cause is Cause.ACKNOWLEDGED else 0)
    if cause is None or ask.alert != identity(row):
        return row, ()
    if cause is not Cause.RELEASED and until <= ask.at:
        return row, ()
    draft = Draft(row, life)
    if not draft.enter(cause, ask.at, ask.at, ask.reason):
        return row, ()
    if cause is not Cause.RELEASED:
        draft.row.until = until
    draft.row.actor = ask.actor
    return draft.row, (Change(ENTERED, copy(draft.row), draft.row.reason),)


def withdrawn(row: AlertRow, at: int, life: Life) -> Result:
    """The rule has left the policy: what is open ends."""
    draft = Draft(row, life)
    draft.enter(Cause.WITHDRAWN, max(at, row.since), at)
    return draft.row, tuple(draft.changes)


def delivered(row: AlertRow, delivery: int, tick: int, life: Life) -> Result:
    """An episode that was held is told now (stream_app.domain.alert_delivery)."""
    draft = Draft(row, life)
    draft.row.delivery, draft.row.told_at = delivery, tick
    draft.tell(RELEASED, tick)
    return draft.row, tuple(draft.changes)


def _just_before(seen: Seen) -> int:
    # An event may be dated a little ahead of its arrival; time has not come that far yet.
    return min(seen.since, seen.tick) - 1


def _raised(draft: Draft, seen: Seen) -> None:
    row = draft.row
    same = row.state != State.NONE and same_subject(row, seen)
    if row.state in UNRESOLVED and same:
        _goes_on(draft, seen)
        return
    draft.enter(Cause.REPLACED, seen.since, seen.tick)
    again = same and row.state == State.RESOLVED and (row.void or seen.since < row.since)
    if not again:
        remember(row)
    row.episode += 0 if again or row.void else 1  # one that never fired gave its number back
    row.steps = ()
    draft.describe(seen)
    if not again or row.void or seen.since < row.since - draft.life.keep:
        row.opened_at = seen.since  # else it came back while it was kept firing
    row.active, row.active_since = True, seen.since
    row.cleared_at, row.void, row.delivery = 0, False, 0
    reason = "corrected" if again else ""
    draft.enter(_opening(draft.life), row.opened_at, seen.tick, reason)


def _opening(life: Life) -> Cause:
    return Cause.RAISED_FOR if life.hold else Cause.RAISED


def _goes_on(draft: Draft, seen: Seen) -> None:
    row, was_active = draft.row, draft.row.active
    told_anew = was_active or seen.since < row.cleared_at
    moved = told_anew and seen.since not in (row.active_since, row.opened_at)
    moved = moved or seen.since < row.opened_at
    first = row.active_since == row.opened_at
    draft.describe(seen)
    row.active, row.cleared_at, row.active_since = True, 0, seen.since
    if moved and first:
        _moved(draft, seen)


def _moved(draft: Draft, seen: Seen) -> None:
    row = draft.row
    row.opened_at = seen.since
    if row.state in FIRED:
        row.fired_at = seen.since + draft.life.hold
    if row.state in (State.FIRING, State.PENDING):
        row.since = row.fired_at if row.state == State.FIRING else seen.since
    draft.tell(CORRECTED, seen.tick, "corrected")


def _lowered(draft: Draft, seen: Seen) -> None:
    row = draft.row
    if row.state == State.NONE or not same_subject(row, seen):
        return
    row.explain = {**row.explain, **seen.explain}
    if row.state == State.RESOLVED:
        _ended_otherwise(draft, seen)
    elif row.state == State.PENDING:
        draft.enter(Cause.CLEARED, seen.since, seen.tick, "not_held")
    elif seen.since <= row.fired_at:
        draft.enter(Cause.CORRECTED, seen.since, seen.tick)
    elif draft.life.keep:
        row.active, row.cleared_at = False, seen.since
    else:
        draft.enter(Cause.CLEARED, seen.since, seen.tick, str(seen.explain.get("reason") or ""))


def _ended_otherwise(draft: Draft, seen: Seen) -> None:
    row = draft.row
    end = seen.since + draft.life.keep
    if row.void or end == row.since:
        return
    row.void = seen.since <= row.fired_at
    row.since = seen.since if row.void else end
    draft.tell(CORRECTED, seen.tick, "corrected")
