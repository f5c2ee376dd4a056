"""Changelog rows of the conversations agent: the shapes that packed ones are read into by `packing`.

What each field means stands in `schemas.states`, which is what the core works on.

Rows are msgpack arrays, so a reader may decode a prefix of the fields: the first ones of
`StateForm` are what recovery needs to rebuild levels and the wake heap (`StatePeek`).
Fields are only ever added at the end; `ROW_VERSION` changes when a meaning does.
"""

from typing import Final

import msgspec

ROW_VERSION: Final = 1


class ClockForm(msgspec.Struct, array_like=True, gc=False):
    """A `ClockState` as it is packed. What is default at its end may be missing."""

    status: int = 0
    instance: int = 0
    breached: bool = False
    counted: bool = False
    elapsed: int = 0
    since: int = 0
    due: int = 0
    breach_at: int = 0
    warn_at: int = 0
    warned: int = 0
    target: int = 0
    started_at: int = 0
    ended_at: int = 0
    started_by: int = 0
    ended_by: int = 0
    ends: int = 0
    reason: str = ""
    spans: tuple[tuple[int, int, str], ...] = ()
    told: int = 0


class ConditionState(msgspec.Struct, array_like=True, gc=False):
    """An alert rule's condition as it stands for this conversation."""

    rule: str
    clock: str = ""  # of clock rules
    instance: int = 0
    due: int = 0  # of age rules: when the age is reached
    active: bool = False
    since: int = 0


class StateForm(msgspec.Struct, array_like=True, gc=False):
    """A `ConversationState` as it is packed."""

    next_wake: int = 0
    flags: int = 0
    waiting_since: int = 0
    channel: str = "other"
    team: str = ""
    priority: str = ""
    status: str = ""
    created_at: int = 0
    created_by: str = ""
    assignee: str = ""
    tags: list[str] = []
    url: str = ""
    snoozed_until: int = 0
    merged_into: str = ""
    excluded: bool = False
    reopen_count: int = 0
    live_since: int = 0
    ended_at: int = 0
    last_time: int = 0
    last_rank: int = 0
    last_timer: int = 0
    expired: bool = False
    policy: str = ""
    sla: int = -1
    clocks: list[ClockForm] = []
    conditions: list[ConditionState] = []
    replies: int = 0
    bot_replied: bool = False
    handled: list[str] = []
    acts: list[tuple[int, str, str, str]] = []
    watched: str = ""


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


class RowForm(msgspec.Struct, array_like=True, gc=False):
    """A `ConversationRow` as it is packed."""

    version: int
    state: StateForm
    base: bytes | None
    tail: bytes
    values: list[list[str | int | list[str] | None]]
    seen: bytes
    generation: int


class RowPeek(msgspec.Struct, array_like=True, gc=False):
    """The prefix of a row that recovery reads."""

    version: int
    state: StatePeek
