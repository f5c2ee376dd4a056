"""The SLA clocks: which happening moves which clock, and what a move does to its figures.

Rules, in words; the tables below are these rules and nothing else decides about them.

1. A clock is IDLE until it begins. RUNNING and PAUSED clocks are *open*; FULFILLED and CANCELLED end it.
2. `first_reply` begins when a customer opens the conversation, else with the first customer message. The
   first reply fulfils it, solving before that cancels it. It never begins again.
3. `next_reply` begins with the oldest unanswered customer message once `first_reply` has ended; each
   unanswered streak is a new instance. A reply fulfils it, solving cancels it.
4. `periodic_update` and `pausable_update` begin with each reply from the first one on, as a new instance
   that the next reply fulfils. Solving cancels them: no update was owed any more.
5. `first_resolution` begins at creation and is fulfilled by the first solve, for good.
6. `full_resolution`, `total_resolution`, `requester_wait`, `agent_work` and `agent_wait` begin at creation,
   are fulfilled by each solve and go on at a reopening as the same instance. Of `full_resolution` the
   time spent solved counts, of the others it does not.
7. Merge, deletion and spam cancel whatever is open.
8. An open clock stands still in the statuses of `pause_on`, and counts in its calendar otherwise.
9. A breach is a property beside the status: a breached clock goes on counting until it ends, and stays
   breached, whatever happens to its target later.
10. Events at an instant come before timers at that instant: an end exactly at `due` is in time.

A further clock is a further entry of `CLOCKS`, at its end: rows keep clocks by their place.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from schemas.states import ClockState

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
    RENEW = 7  # the open instance is fulfilled, and a new one begins


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
    (IDLE, Verb.RENEW): RUNNING,
    (RUNNING, Verb.RENEW): RUNNING,
    (PAUSED, Verb.RENEW): RUNNING,
    (FULFILLED, Verb.RENEW): RUNNING,
    (CANCELLED, Verb.RENEW): RUNNING,
}
"""Every move there is. A pair that is not listed leaves the clock as it was.

Where a move leads to RUNNING in a status of `pause_on`, the clock is PAUSED at once.
"""


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """One clock: its reactions, its default pauses, and what it counts."""

    name: str
    verbs: dict[Happening, Verb]
    after: str = ""  # stays idle until this clock has ended
    pause_on: frozenset[str] = frozenset()
    counts_solved: bool = False  # GO_ON includes the time spent solved
    cancel_reason: dict[Happening, str] = field(default_factory=dict)

    @property
    def waits(self) -> tuple[Verb, ...]:
        """The verbs that do nothing before the clock that comes first has ended."""
        return (Verb.STREAK, Verb.RENEW) if self.after else ()


UNANSWERED: Final = "solved_unanswered"
_UNANSWERED: Final = {Happening.SOLVED: UNANSWERED}
_SOLVED: Final = {Happening.SOLVED: "solved"}
_NOT_OURS: Final = frozenset({"pending_customer", "snoozed", "bot"})
_ASIDE: Final = frozenset({"snoozed", "bot"})
_BUT_WORK: Final = frozenset({"pending_customer", "on_hold", "bot", "snoozed"})
_BUT_WAIT: Final = frozenset({"new", "open", "on_hold", "bot", "snoozed"})
_REPLY: Final = {
    Happening.REPLY: Verb.FULFIL,
    Happening.SOLVED: Verb.CANCEL,
    Happening.ENDED: Verb.CANCEL,
}
_FIRST_REPLY: Final = {
    Happening.OPENED_BY_CUSTOMER: Verb.BEGIN,
    Happening.QUESTION: Verb.BEGIN,
    **_REPLY,
}
_NEXT_REPLY: Final = {Happening.QUESTION: Verb.STREAK, **_REPLY}
_UPDATE: Final = {
    Happening.REPLY: Verb.RENEW,
    Happening.SOLVED: Verb.CANCEL,
    Happening.ENDED: Verb.CANCEL,
}
_FIRST_SOLVE: Final = {
    Happening.OPENED: Verb.BEGIN,
    Happening.SOLVED: Verb.FULFIL,
    Happening.ENDED: Verb.CANCEL,
}
_EACH_SOLVE: Final = {**_FIRST_SOLVE, Happening.REOPENED: Verb.GO_ON}


def _update(name: str, pause_on: frozenset[str] = frozenset()) -> ClockSpec:
    return ClockSpec(name, _UPDATE, "first_reply", pause_on, cancel_reason=_SOLVED)


CLOCKS: Final[tuple[ClockSpec, ...]] = (
    ClockSpec("first_reply", _FIRST_REPLY, cancel_reason=_UNANSWERED),
    ClockSpec("next_reply", _NEXT_REPLY, after="first_reply", cancel_reason=_UNANSWERED),
    ClockSpec("full_resolution", _EACH_SOLVE, counts_solved=True),
    ClockSpec("first_resolution", _FIRST_SOLVE),
    ClockSpec("total_resolution", _EACH_SOLVE, pause_on=_ASIDE),
    _update("periodic_update"),
    _update("pausable_update", _NOT_OURS),
    ClockSpec("requester_wait", _EACH_SOLVE, pause_on=_NOT_OURS),
    ClockSpec("agent_work", _EACH_SOLVE, pause_on=_BUT_WORK),
    ClockSpec("agent_wait", _EACH_SOLVE, pause_on=_BUT_WAIT),
)
CLOCK_NAMES: Final = tuple(spec.name for spec in CLOCKS)
CLOCK_INDEX: Final = {name: index for index, name in enumerate(CLOCK_NAMES)}
ALWAYS_KEPT: Final = frozenset({"first_reply", "next_reply", "full_resolution"})
"""Clocks whose begin, end and causes are kept also where no policy promises anything for them."""
FIRST_REPLY: Final = CLOCK_INDEX["first_reply"]


class Reaction(NamedTuple):
    """How one clock reacts to a happening: the table above, looked up beforehand."""

    number: int  # the clock's place in CLOCKS
    verb: Verb
    allowed: tuple[bool, ...]  # by the status that the clock is in
    waits: bool  # for the clock that comes first
    spec: ClockSpec


def _reactions(happening: Happening) -> tuple[Reaction, ...]:
    return tuple(
        Reaction(
            number,
            verb,
            tuple((status, verb) in TRANSITIONS for status in range(len(STATUS_NAMES))),
            verb in spec.waits,
            spec,
        )
        for number, spec in enumerate(CLOCKS)
        if (verb := spec.verbs.get(happening)) is not None
    )


REACTIONS: Final = tuple(_reactions(happening) for happening in Happening)
"""For each happening the clocks that it moves, in their order: one may wait for an earlier one."""


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
