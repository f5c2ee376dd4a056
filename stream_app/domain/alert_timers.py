"""Time and alerts: what falls due without any signal, as a table of timers.

A due time is computed from the row and the rule's options whenever it is asked for, so a changed
policy moves it. At equal moments the order of the table decides. Periodic timers skip what was
missed: after an outage one reminder goes out, not one for every day of it.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_episode import ESCALATED, REMINDED, REPEATED, Change, Draft
from stream_app.domain.alert_options import HOUR, Life
from stream_app.domain.alert_table import FIRED, UNRESOLVED, Cause, State

REPEAT_EVERY: Final = 24 * HOUR
SETTLED_AFTER: Final = HOUR // 6  # sinks have repeated their farewell for 5 min by then

NEVER: Final = 1 << 62


class Timer(NamedTuple):
    """In `states`, at `due`, `run` happens."""

    name: str
    states: frozenset[State]
    due: Callable[[AlertRow, Life], int]
    run: Callable[[Draft, int, int], None]  # draft, due moment, how far time has come


def next_wake_at(row: AlertRow, life: Life) -> int:
    """The next moment at which time alone changes anything about this row, or NEVER."""
    return min((t.due(row, life) for t in TIMERS if row.state in t.states), default=NEVER)


def woken(row: AlertRow, until: int, life: Life) -> tuple[AlertRow | None, tuple[Change, ...]]:
    """Run every timer due at or before `until`, in order. None: the row may be forgotten."""
    if next_wake_at(row, life) > until:
        return row, ()
    draft = Draft(row, life)
    while True:
        due, timer = _earliest(draft)
        if due > until or timer is None:
            return draft.row, tuple(draft.changes)
        if timer.name == "forget":
            return None, tuple(draft.changes)
        timer.run(draft, due, until)


def _earliest(draft: Draft) -> tuple[int, Timer | None]:
    best, found = NEVER, None
    for timer in TIMERS:
        if draft.row.state in timer.states:
            due = timer.due(draft.row, draft.life)
            if due < best:
                best, found = due, timer
    return best, found


def _held_at(row: AlertRow, life: Life) -> int:
    return row.opened_at + life.hold


def _held(draft: Draft, due: int, until: int) -> None:
    draft.enter(Cause.HELD, due, until)


def _cleared_at(row: AlertRow, life: Life) -> int:
    return NEVER if row.active else row.cleared_at + life.keep


def _cleared(draft: Draft, due: int, until: int) -> None:
    draft.enter(Cause.CLEARED, due, until)


def _expires_at(row: AlertRow, _life: Life) -> int:
    return row.until


def _expired(draft: Draft, due: int, until: int) -> None:
    draft.enter(Cause.EXPIRED, due, until)


def _escalates_at(row: AlertRow, life: Life) -> int:
    taken = len(row.steps)
    if taken >= len(life.steps):
        return NEVER
    return max(row.fired_at + life.steps[taken].after, row.since)


def _escalated(draft: Draft, due: int, until: int) -> None:
    row = draft.row
    row.severity = draft.life.steps[len(row.steps)].severity
    row.steps = (*row.steps, due)
    draft.tell(ESCALATED, until, f"step {len(row.steps)}")


def _reminds_at(row: AlertRow, life: Life) -> int:
    return row.reminded_at + life.remind if life.remind else NEVER


def _reminded(draft: Draft, due: int, until: int) -> None:
    draft.row.reminded_at = due + (until - due) // draft.life.remind * draft.life.remind
    draft.tell(REMINDED, until, "reminder")


def _repeats_at(row: AlertRow, _life: Life) -> int:
    return row.written_at + REPEAT_EVERY


def _repeated(draft: Draft, _due: int, until: int) -> None:
    draft.tell(REPEATED, until)


def _settles_at(row: AlertRow, _life: Life) -> int:
    return row.touched + SETTLED_AFTER if row.explain else NEVER


def _settled(draft: Draft, _due: int, _until: int) -> None:
    # What is left of a resolved episode is its number and its subject.
    draft.row.explain, draft.row.past = {}, ()


def _forgotten_at(row: AlertRow, life: Life) -> int:
    return max(row.touched, row.since) + max(life.retention, SETTLED_AFTER)


def _forgotten(_draft: Draft, _due: int, _until: int) -> None:
    raise AssertionError("a forgotten row is dropped, not changed")


TIMERS: Final = (
    Timer("hold", frozenset({State.PENDING}), _held_at, _held),
    Timer("clear", FIRED, _cleared_at, _cleared),
    Timer("expire", frozenset({State.ACKNOWLEDGED, State.SNOOZED}), _expires_at, _expired),
    Timer("escalate", frozenset({State.FIRING}), _escalates_at, _escalated),
    Timer("remind", frozenset({State.FIRING}), _reminds_at, _reminded),
    Timer("repeat", UNRESOLVED, _repeats_at, _repeated),
    Timer("settle", frozenset({State.RESOLVED}), _settles_at, _settled),
    Timer("forget", frozenset({State.RESOLVED}), _forgotten_at, _forgotten),
)
