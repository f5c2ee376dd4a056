"""The state of a conversation as the core works on it; `schemas.packing` turns it into rows and back.

These are plain classes, not the structures that rows are read into: most of what happens to an event is
reading and writing these fields, which a compiler turns into a few instructions. For the same reason they
have constructors of their own: one that is made by `dataclass` is not compiled.
Instants and durations are in ms; 0 stands for none.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas.rows import ConditionState

Span = tuple[int, int, str]
"""A closed counted span: start, end, calendar."""


@dataclass(slots=True, init=False)
class ClockState:
    """One SLA clock of a conversation; a new one has never begun."""

    status: int  # domain.clocks: IDLE, RUNNING, PAUSED, FULFILLED, CANCELLED
    instance: int
    breached: bool
    counted: bool  # in a met/missed ratio already
    elapsed: int  # counted calendar time up to `since`
    since: int  # counting from here; 0 while it stands still
    due: int
    breach_at: int  # when the breach timer fires: due, or the later change that made it past
    warn_at: int
    warned: int  # warning steps of the present target that are reached
    target: int
    started_at: int
    ended_at: int
    started_by: int  # id hashes of the events that started and ended it
    ended_by: int
    ends: int  # how often this instance ended (a reopening continues some clocks)
    reason: str
    spans: tuple[Span, ...]
    told: (
        int  # warning steps emitted under an earlier target: reached again, they are not told again
    )

    def __init__(self) -> None:
        self.status = self.instance = self.elapsed = self.since = self.due = self.breach_at = 0
        self.warn_at = self.warned = self.target = self.started_at = self.ended_at = 0
        self.started_by = self.ended_by = self.ends = self.told = 0
        self.breached = self.counted = False
        self.reason = ""
        self.spans = ()

    def values(self) -> tuple[Any, ...]:
        """All fields, in their order."""
        return (
            self.status, self.instance, self.breached, self.counted, self.elapsed, self.since,
            self.due, self.breach_at, self.warn_at, self.warned, self.target, self.started_at,
            self.ended_at, self.started_by, self.ended_by, self.ends, self.reason, self.spans, self.told,
        )  # fmt: skip

    def load(self, values: tuple[Any, ...]) -> None:
        """The inverse of `values`."""
        (
            self.status, self.instance, self.breached, self.counted, self.elapsed, self.since,
            self.due, self.breach_at, self.warn_at, self.warned, self.target, self.started_at,
            self.ended_at, self.started_by, self.ended_by, self.ends, self.reason, self.spans, self.told,
        ) = values  # fmt: skip


@dataclass(slots=True, init=False)
class ConversationState:
    """The folded state of a conversation; see `stream_app.domain.conversation`."""

    next_wake: int
    flags: int  # level bits, domain.levels
    waiting_since: int  # oldest unanswered customer message
    channel: str
    team: str
    priority: str
    status: str  # "" = provisional: nothing yet that opens a conversation
    created_at: int
    created_by: str
    assignee: str
    tags: list[str]
    url: str
    snoozed_until: int
    merged_into: str
    excluded: bool
    reopen_count: int
    live_since: int  # creation, or the last reopening
    ended_at: int  # solved, closed or ended for good
    last_time: int  # event time and rank of the newest step applied
    last_rank: int
    last_timer: int  # the newest timer that fired
    expired: bool
    policy: str  # policy hash
    sla: int  # index of the matching SLA policy in that version
    clocks: list[ClockState]
    conditions: list[ConditionState]
    replies: int  # public answers by people; 2 stands for more
    bot_replied: bool
    handled: list[str]  # how it was counted at its first solve: name, channel, team, priority
    acts: list[tuple[int, str, str, str]]  # when, excluded | included, by whom, why
    watched: str  # hash of the version whose alert rules hold; "" = that of `policy`

    def __init__(self) -> None:
        self.next_wake = self.flags = self.waiting_since = self.created_at = self.snoozed_until = 0
        self.reopen_count = self.live_since = self.ended_at = self.replies = 0
        self.last_time = self.last_rank = self.last_timer = 0
        self.channel, self.sla = "other", -1
        self.team = self.priority = self.status = self.created_by = self.assignee = ""
        self.url = self.merged_into = self.policy = self.watched = ""
        self.excluded = self.expired = self.bot_replied = False
        self.tags, self.clocks, self.conditions = [], [], []
        self.handled, self.acts = [], []

    def values(self, clocks: list[Any]) -> tuple[Any, ...]:
        """All fields, in their order, with the given clocks."""
        return (
            self.next_wake, self.flags, self.waiting_since, self.channel, self.team, self.priority,
            self.status, self.created_at, self.created_by, self.assignee, self.tags, self.url,
            self.snoozed_until, self.merged_into, self.excluded, self.reopen_count, self.live_since,
            self.ended_at, self.last_time, self.last_rank, self.last_timer, self.expired, self.policy,
            self.sla, clocks, self.conditions, self.replies, self.bot_replied, self.handled, self.acts,
            self.watched,
        )  # fmt: skip

    def load(self, values: tuple[Any, ...], clocks: list[ClockState]) -> None:
        """The inverse of `values`."""
        (
            self.next_wake, self.flags, self.waiting_since, self.channel, self.team, self.priority,
            self.status, self.created_at, self.created_by, self.assignee, self.tags, self.url,
            self.snoozed_until, self.merged_into, self.excluded, self.reopen_count, self.live_since,
            self.ended_at, self.last_time, self.last_rank, self.last_timer, self.expired, self.policy,
            self.sla, _, self.conditions, self.replies, self.bot_replied, self.handled, self.acts,
            self.watched,
        ) = values  # fmt: skip
        self.clocks = clocks


class ConversationRow(NamedTuple):
    """A conversation in full: its state, and base plus tail from which late input re-folds it."""

    version: int
    state: ConversationState
    base: bytes | None  # encoded state before the tail; None: the state itself
    tail: bytes  # packed steps since the base, in order (domain.tail)
    values: list[list[str | int | list[str] | None]]  # operands that the tail points to
    seen: bytes  # id hashes of the last 32 events, 8 bytes each
    generation: int  # how often late input changed what had been said
