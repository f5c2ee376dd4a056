"""The SLA clocks: which happening moves which clock, and what a move does to its figures.

Rules, in words; the tables below are these rules and nothing else decides about them.

1. A clock is IDLE until it begins. RUNNING and PAUSED clocks are *open*; FULFILLED and CANCELLED end it.
2. `first_reply` begins when a customer opens the conversation, else with the first customer message. The
   first reply fulfils it, solving before that cancels it. It never begins again.
3. `next_reply` begins with the oldest unanswered customer message once `first_reply` has ended; each
   unanswered streak is a new instance. A reply fulfils it, solving cancels it.
4. `full_resolution` begins at creation, is fulfilled by each solve and goes on at a reopening as the same
   instance; the time spent solved counts.
5. Merge, deletion and spam cancel whatever is open.
6. An open clock stands still in the statuses of `pause_on`, and counts in its calendar otherwise.
7. A breach is a property beside the status: a breached clock goes on counting until it ends, and stays
   breached, whatever happens to its target later.
8. Events at an instant come before timers at that instant: an end exactly at `due` is in time.

A further clock is a further entry of `CLOCKS`.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from schemas.rows import ClockState

IDLE: Final = 0
RUNNING: Final = 1
PAUSED: Final = 2
FULFILLED: Final = 3
CANCELLED: Final = 4
STATUS_NAMES: Final = ("idle", "running", "paused", "fulfilled", "cancelled")
OPEN: Final = frozenset({RUNNING, PAUSED})


class Happening(IntEnum):
    """What can happen to a conversation that a clock may care about."""

    OPENED = 0
    OPENED_BY_CUSTOMER = 1
    QUESTION = 2
    REPLY = 3
    SOLVED = 4
    REOPENED = 5
    ENDED = 6  # merged, deleted, spam, expired


class Verb(IntEnum):
    """What a happening does to a clock."""

    BEGIN = 0  # once in a lifetime
    STREAK = 1  # a new instance unless one is open
    FULFIL = 2
    CANCEL = 3
    GO_ON = 4  # the same instance runs again after it was fulfilled
    PAUSE = 5
    RESUME = 6


TRANSITIONS: Final[dict[tuple[int, Verb], int]] = {
    (IDLE, Verb.BEGIN): RUNNING,
    (IDLE, Verb.STREAK): RUNNING,
    (FULFILLED, Verb.STREAK): RUNNING,
    (CANCELLED, Verb.STREAK): RUNNING,
    (RUNNING, Verb.FULFIL): FULFILLED,
    (PAUSED, Verb.FULFIL): FULFILLED,
    (RUNNING, Verb.CANCEL): CANCELLED,
    (PAUSED, Verb.CANCEL): CANCELLED,
    (FULFILLED, Verb.GO_ON): RUNNING,
    (RUNNING, Verb.PAUSE): PAUSED,
    (PAUSED, Verb.RESUME): RUNNING,
}
"""Every move there is. A pair that is not listed leaves the clock as it was."""


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """One clock: its reactions, its default pauses, and what it counts."""

    name: str
    verbs: dict[Happening, Verb]
    after: str = ""  # stays idle until this clock has ended
    pause_on: frozenset[str] = frozenset()
    counts_solved: bool = False  # GO_ON includes the time spent solved
    cancel_reason: dict[Happening, str] = field(default_factory=dict)


_UNANSWERED: Final = {Happening.SOLVED: "solved_unanswered"}

CLOCKS: Final[tuple[ClockSpec, ...]] = (
    ClockSpec(
        "first_reply",
        {
            Happening.OPENED_BY_CUSTOMER: Verb.BEGIN,
            Happening.QUESTION: Verb.BEGIN,
            Happening.REPLY: Verb.FULFIL,
            Happening.SOLVED: Verb.CANCEL,
            Happening.ENDED: Verb.CANCEL,
        },
        cancel_reason=_UNANSWERED,
    ),
    ClockSpec(
        "next_reply",
        {
            Happening.QUESTION: Verb.STREAK,
            Happening.REPLY: Verb.FULFIL,
            Happening.SOLVED: Verb.CANCEL,
            Happening.ENDED: Verb.CANCEL,
        },
        after="first_reply",
        cancel_reason=_UNANSWERED,
    ),
    ClockSpec(
        "full_resolution",
        {
            Happening.OPENED: Verb.BEGIN,
            Happening.SOLVED: Verb.FULFIL,
            Happening.REOPENED: Verb.GO_ON,
            Happening.ENDED: Verb.CANCEL,
        },
        counts_solved=True,
    ),
)
CLOCK_NAMES: Final = tuple(spec.name for spec in CLOCKS)
CLOCK_INDEX: Final = {name: index for index, name in enumerate(CLOCK_NAMES)}
FIRST_REPLY: Final = CLOCK_INDEX["first_reply"]

# A later clock may wait for an earlier one (`after`), so a question must reach it first.
REACTIONS: Final[tuple[tuple[tuple[int, Verb], ...], ...]] = tuple(
    tuple(
        (index, spec.verbs[happening])
        for index, spec in reversed(list(enumerate(CLOCKS)))
        if happening in spec.verbs
    )
    for happening in Happening
)
"""For each happening the clocks that it moves, those that wait for another one first."""


def shown_status(clock: ClockState) -> str:
    """The one word for a clock: cancelled or fulfilled, breached, paused, at_risk, running, idle."""
    if clock.status in (FULFILLED, CANCELLED, IDLE):
        return STATUS_NAMES[clock.status]
    if clock.breached:
        return "breached"
    if clock.status == PAUSED:
        return "paused"
    return "at_risk" if clock.warned else "running"


def is_at_risk(clock: ClockState) -> bool:
    """Past its first warning step, unbreached and unended."""
    return clock.warned > 0 and not clock.breached and clock.status in OPEN


def is_overdue(clock: ClockState) -> bool:
    """Breached and unended."""
    return clock.breached and clock.status in OPEN
