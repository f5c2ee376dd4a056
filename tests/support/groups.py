"""Groups of one source partition, and what happens to the group of urgent e-mails in them."""

from schemas.group_rows import PaneRow
from stream_app.domain.facts import Counted, Observed
from stream_app.domain.groups import Groups
from stream_app.domain.standing import GroupKey

EMAIL = ("email", "billing", "high")
KEY: GroupKey = ("acme", *EMAIL)
PHONE: GroupKey = ("acme", "phone", "", "")
HOUR = 3_600_000
DAY = 24 * HOUR
LATENESS = 600_000
T0 = 1_768_000_020_000  # a whole minute
BOUNDS = {"first_reply": (60_000, HOUR)}


def new_groups() -> Groups:
    return Groups(BOUNDS, LATENESS)


def message(at: int, name: str = "messages_in") -> Counted:
    return Counted(name, at, EMAIL)


def reply(at: int, elapsed: int) -> Observed:
    return Observed("first_reply", at, EMAIL, elapsed)


def panes(groups: Groups) -> dict[tuple[int, int], PaneRow]:
    """What is kept, by start and resolution."""
    return {(start, step): row for start, step, row in groups.panes(KEY)}


def told(groups: Groups) -> None:
    """Everything that changed has been written."""
    groups.flushed()
    groups.dirty_levels.clear()
    groups.dirty_panes.clear()
