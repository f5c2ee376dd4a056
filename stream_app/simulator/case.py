"""A conversation as its participants know it."""

from dataclasses import dataclass
from typing import Final

from stream_app.simulator.channels import Channel

GONE: Final = frozenset({"merged", "deleted", "spam"})
ENDED: Final = GONE | {"solved", "closed"}
SET_ASIDE: Final = frozenset({"pending_customer", "snoozed", "solved", "closed"})
"""A customer's message opens these again."""


@dataclass(slots=True, eq=False)
class Case:
    """Changes only through the world that plays it."""

    id: str
    channel: Channel
    team: str
    priority: str
    customer: str
    answers_left: int
    opened_at: int
    status: str = "new"
    agent: str | None = None
    stuck_until: int = 0  # nothing helps before this instant
    queued: bool = False
    asked: bool = False  # the customer has written and is owed an answer
    events: int = 0
    messages: int = 0
    turn: int = 0  # counts what was said and done; plans made for an earlier turn are void
    target: str | None = None  # the conversation that this one will be merged into

    @property
    def live(self) -> bool:
        return self.status not in ENDED
