"""Levels: which of the standing counts a conversation is part of, as bits of one small integer.

Rules:
1. Live is every status but solved, closed, merged, deleted and spam; only live conversations count.
2. `waiting`: an unanswered customer message. `unattended`: waiting, or a first reply still owed.
3. `overdue`: a breached, unended clock. `at_risk`: not overdue, and a clock at risk.
4. What a person took out of the figures, and what has expired, counts nowhere.
"""

from typing import Final, NamedTuple

from schemas.states import ConversationState

from .clocks import FIRST_REPLY, PAUSED, RUNNING

SOLVED_STATUSES: Final = frozenset({"solved", "closed"})
TERMINAL_STATUSES: Final = frozenset({"merged", "deleted", "spam"})
LIVE_STATUSES: Final = frozenset({"new", "open", "pending_customer", "on_hold", "bot", "snoozed"})

LEVELS: Final = ("open", "waiting", "overdue", "at_risk", "unassigned", "unattended")
_OPEN: Final = 1
_WAITING: Final = 2
OVERDUE: Final = 4
AT_RISK: Final = 8
_UNASSIGNED: Final = 16
_UNATTENDED: Final = 32
URGENCY: Final = OVERDUE | AT_RISK


def flags_of(state: ConversationState, urgency: int | None = None) -> int:
    """The levels that a conversation counts in: bit n is LEVELS[n].

    `urgency` are its bits of URGENCY, where they are known.
    """
    if state.status not in LIVE_STATUSES or state.excluded or state.expired:
        return 0
    flags = _OPEN
    if not state.assignee:
        flags |= _UNASSIGNED
    if state.waiting_since:
        flags |= _WAITING | _UNATTENDED
    elif RUNNING <= state.clocks[FIRST_REPLY].status <= PAUSED:
        flags |= _UNATTENDED
    return flags | (_urgency(state) if urgency is None else urgency)


def _urgency(state: ConversationState) -> int:
    urgency = 0
    for clock in state.clocks:
        # Few clocks have ever come so far: that is asked first.
        if (clock.breached or clock.warned) and RUNNING <= clock.status <= PAUSED:
            if clock.breached:
                return OVERDUE
            urgency = AT_RISK
    return urgency


class Pressing(NamedTuple):
    """The clock that presses most: its due (ms, 0 while it stands still) and its number."""

    due: int
    clock: int


def most_pressing(state: ConversationState) -> Pressing:
    """Of an overdue conversation its earliest missed promise, else the next that it may miss."""
    overdue = state.flags & OVERDUE
    found = Pressing(0, -1)
    for number, clock in enumerate(state.clocks):
        pressing = clock.breached if overdue else clock.warned
        if not pressing or not RUNNING <= clock.status <= PAUSED:
            continue
        if found.clock < 0 or (clock.due and clock.due < (found.due or clock.due + 1)):
            found = Pressing(clock.due, number)
    return found
