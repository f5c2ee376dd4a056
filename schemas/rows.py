"""Changelog rows of the conversations agent: how a conversation's state is kept; `packing` packs them.

Rows are msgpack arrays, so a reader may decode a prefix of the fields: the first ones of
`ConversationState` are what recovery needs to rebuild levels and the wake heap (`StatePeek`).
Fields are only ever added at the end; `ROW_VERSION` changes when a meaning does.
"""

from typing import Final

import msgspec

ROW_VERSION: Final = 1


class ClockState(msgspec.Struct, array_like=True, gc=False):
    """One SLA clock of a conversation. Instants and durations in ms; 0 stands for none."""

    status: int = 0  # domain.clocks: IDLE, RUNNING, PAUSED, FULFILLED, CANCELLED
    instance: int = 0
    breached: bool = False
    counted: bool = False  # in a met/missed ratio already
    elapsed: int = 0  # counted calendar time up to `since`
    since: int = 0  # counting from here; 0 while it stands still
    due: int = 0
    breach_at: int = 0  # when the breach timer fires: due, or the later change that made it past
    warn_at: int = 0
    warned: int = 0  # warning steps emitted in this instance
    target: int = 0
    started_at: int = 0
    ended_at: int = 0
    started_by: int = 0  # id hashes of the events that started and ended it
    ended_by: int = 0
    ends: int = 0  # how often this instance ended (a reopening continues some clocks)
    reason: str = ""
    spans: list[tuple[int, int, str]] = []  # closed counted spans: start, end, calendar


class PlainClock(msgspec.Struct, array_like=True, gc=False):
    """The first fields of a ClockState: all that an unpromised clock has (see `schemas.packing`)."""

    status: int
    instance: int
    breached: bool
    counted: bool
    elapsed: int
    since: int


class NoClock(msgspec.Struct, array_like=True, gc=False):
    """A clock that never began."""


class ConditionState(msgspec.Struct, array_like=True, gc=False):
    """An alert rule's condition as it stands for this conversation."""

    rule: str
    clock: str = ""  # of clock rules
    instance: int = 0
    due: int = 0  # of age rules: when the age is reached
    active: bool = False
    since: int = 0


class ConversationState(msgspec.Struct, array_like=True, gc=False):
    """The folded state of a conversation; see `stream_app.domain.conversation`."""

    next_wake: int = 0
    flags: int = 0  # level bits, domain.levels
    waiting_since: int = 0  # oldest unanswered customer message
    channel: str = "other"
    team: str = ""
    priority: str = ""
    status: str = ""  # "" = provisional: nothing yet that opens a conversation
    created_at: int = 0
    created_by: str = ""
    assignee: str = ""
    tags: list[str] = []
    url: str = ""
    snoozed_until: int = 0
    merged_into: str = ""
    excluded: bool = False
    reopen_count: int = 0
    live_since: int = 0  # creation, or the last reopening
    ended_at: int = 0  # solved, closed or ended for good
    last_time: int = 0  # event time and rank of the newest step applied
    last_rank: int = 0
    last_timer: int = 0  # the newest timer that fired
    expired: bool = False
    policy: str = ""  # policy hash
    sla: int = -1  # index of the matching SLA policy in that version
    clocks: list[ClockState] = []
    conditions: list[ConditionState] = []
    replies: int = 0  # public answers by people; 2 stands for more
    bot_replied: bool = False
    handled: list[str] = []  # how it was counted at its first solve: name, channel, team, priority
    acts: list[tuple[int, str, str, str]] = []  # when, excluded | included, by whom, why
    watched: str = ""  # hash of the version whose alert rules hold; "" = that of `policy`


class StatePeek(msgspec.Struct, array_like=True, gc=False):
    """The prefix of a state that recovery reads: timers and levels, nothing else."""

    next_wake: int
    flags: int
    waiting_since: int
    channel: str
    team: str
    priority: str
    status: str
    created_at: int


class ConversationRow(msgspec.Struct, array_like=True, gc=False):
    """A conversation: its state, and base plus tail from which late input re-folds it."""

    version: int
    state: ConversationState
    base: bytes | None  # encoded state before the tail; None: the state itself
    tail: bytes  # packed steps since the base, in order (domain.tail)
    values: list[list[str | int | list[str] | None]]  # operands that the tail points to
    seen: bytes  # id hashes of the last 32 events, 8 bytes each
    generation: int  # how often late input changed what had been said


class RowPeek(msgspec.Struct, array_like=True, gc=False):
    """The prefix of a row that recovery reads."""

    version: int
    state: StatePeek
