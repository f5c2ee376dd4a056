"""Entering states: what an episode notes when the table leads it somewhere.

Works on a draft, a private copy of a row; who copies and who keeps is the caller's business.
"""

from collections.abc import Mapping
from copy import copy
from typing import Any, Final, NamedTuple

from schemas.alert_rows import ALERT_ROW_VERSION, AlertRow
from stream_app.domain.alert_identity import subject_identity
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_table import Cause, State, next_state

STARTED: Final = "started"  # an episode fires for the first time, or again after a correction
ENTERED: Final = "entered"  # any other state
CORRECTED: Final = "corrected"
REMINDED: Final = "reminded"
ESCALATED: Final = "escalated"
REPEATED: Final = "repeated"
RELEASED: Final = "released"  # it was held while sources caught up, and is told now


class Seen(NamedTuple):
    """A signal as the core sees it: is the condition true, since when, and in which order."""

    rule: str
    tenant: str
    subject: Mapping[str, str]
    active: bool
    since: int
    tick: int  # of the source partition when it said so
    epoch: int
    seq: int
    severity: str
    explain: Mapping[str, Any]


class Change(NamedTuple):
    """Something to tell the world. `row` is the episode right after it."""

    kind: str  # one of the kinds above
    row: AlertRow
    reason: str


class Draft:
    """A row being changed, with the changes that came of it."""

    __slots__ = ("changes", "life", "row")

    def __init__(self, row: AlertRow, life: Life) -> None:
        self.row = copy(row)
        self.life = life
        self.changes: list[Change] = []

    def enter(self, cause: Cause, at: int, tick: int, reason: str = "") -> bool:
        """Follow the table. False, and nothing has changed, where the cause leads nowhere."""
        row, state = self.row, next_state(self.row.state, cause)
        if state is None:
            return False
        before, row.state, row.since, row.touched = row.state, state.value, at, tick
        row.reason = reason or cause.value
        row.until = 0
        if state is State.RESOLVED:
            self._ended(before, cause)
        starts = state is State.FIRING and before not in (State.ACKNOWLEDGED, State.SNOOZED)
        if starts:
            self._starts(at)
        if state is State.FIRING:
            row.reminded_at = at  # a return from a snooze is itself a reminder
            row.actor = ""
        self.tell(STARTED if starts else ENTERED, tick)
        return True

    def tell(self, kind: str, tick: int, reason: str = "") -> None:
        """Note a change; what is told need not be told again for a day."""
        self.row.written_at = tick
        self.changes.append(Change(kind, copy(self.row), reason or self.row.reason))

    def describe(self, seen: Seen) -> None:
        """Take over what a signal says about its subject now."""
        row = self.row
        row.subject, row.explain = dict(seen.subject), dict(seen.explain)
        row.severity = row.severity if row.steps else seen.severity or self.life.severity

    def _starts(self, at: int) -> None:
        row = self.row
        row.fired_at = row.starts_at = at
        row.steps = ()
        row.label_channel = row.subject.get("channel", "")
        row.label_priority = row.subject.get("priority", "")
        row.label_severity = row.severity

    def _ended(self, before: str, cause: Cause) -> None:
        self.row.active = False
        self.row.void = before == State.PENDING or cause is Cause.CORRECTED


def unborn(seen: Seen) -> AlertRow:
    """The row of a subject that never had an episode."""
    return AlertRow(ALERT_ROW_VERSION, seen.rule, seen.tenant, dict(seen.subject))


def same_subject(row: AlertRow, seen: Seen) -> bool:
    """Whether a signal is about the row's subject, its clock instance included."""
    return subject_identity(row.subject) == subject_identity(seen.subject)
