"""Going back to an earlier episode, because late input tells anew what happened then.

Rules:
1. A row keeps its last few ended episodes. A signal from before the newest one opened says that the
   story is told again from there: the newest episode is taken back, and the one before it is the
   newest again. What still holds of it comes right behind, and is the same alert.
2. A beginning that was merely earlier than thought belongs to the newest episode: nothing goes back.
"""

from typing import Final

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_episode import CORRECTED, Draft, Seen, same_subject
from stream_app.domain.alert_table import UNRESOLVED, Cause, State

KEPT: Final = 4


def remember(row: AlertRow) -> None:
    """Another episode is about to open: keep what has to be known of this one."""
    if row.state == State.RESOLVED and not row.void and row.episode:
        ended = (row.opened_at, row.fired_at, row.since, row.subject.get("instance", ""))
        row.past = (*row.past, ended)[-KEPT:]


def rewind(draft: Draft, seen: Seen) -> None:
    """Take back episodes that opened after what the signal tells."""
    while _is_from_before(draft.row, seen):
        _take_back(draft, seen)


def _is_from_before(row: AlertRow, seen: Seen) -> bool:
    if row.state == State.NONE or seen.since >= row.opened_at:
        return False
    if row.void:
        return bool(row.past)
    if not same_subject(row, seen):
        return True
    if not row.past:
        return False
    return not seen.active or seen.since <= row.past[-1][2]


def _take_back(draft: Draft, seen: Seen) -> None:
    row = draft.row
    if row.state in UNRESOLVED:
        draft.enter(Cause.CORRECTED, row.opened_at, seen.tick)
    elif not row.void:
        row.since, row.void = row.opened_at, True
        draft.tell(CORRECTED, seen.tick, "corrected")
    if row.past:
        row.episode -= 1  # else its number is free: the next one takes it
        row.opened_at, row.fired_at, row.since, instance = row.past[-1]
        row.past, row.void = row.past[:-1], False
        row.subject = {**row.subject, "instance": instance} if instance else row.subject
