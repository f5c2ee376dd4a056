"""Input events as steps: the small form in which the core applies, orders and keeps them.

Here stands what an event *is* to a clock: a question, a reply, a note. Nothing here knows state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from schemas import events as wire
from schemas.instants import parse_ms

Operand = list[str | int | list[str] | None]
"""What a step carries beside its time and kind; its shape depends on the kind."""

CREATED: Final = 1  # [channel, status, priority, team, created_by, tags, url], and when, if not now
ABSORBED: Final = 2  # [created_at, oldest_unanswered_at], and from whom
ASSIGNED: Final = 3  # [team | None, assignee | "" | None (unchanged)]
PRIORITY: Final = 4  # [to]
CHANNEL: Final = 5  # [to]
TAGGED: Final = 6  # [added, removed]
QUESTION: Final = 7  # a customer message that waits for an answer: [channel, team, priority]
REPLY: Final = 8  # an agent's public answer: [channel, team, priority]
BOT_REPLY: Final = 9
MESSAGE_IN: Final = 10  # public, but no question: counts as volume only
MESSAGE_OUT: Final = 11  # public, but no reply
NOTE: Final = 12  # private notes, reactions, surveys, deleted messages: moves nothing
STATUS: Final = 13  # [to, snoozed_until | 0], and who changed it where that is said
MERGED: Final = 14  # [into]
DELETED: Final = 15
SPAM: Final = 16
EXCLUDED: Final = 17  # [by, reason]
INCLUDED: Final = 18  # [by, reason]
LONGEST_WORD: Final = 200  # characters of a reason that are kept

WITH_CHANNEL: Final = frozenset({CREATED, QUESTION, REPLY, CHANNEL})
"""Kinds whose first operand is a channel."""

OPENING: Final = frozenset({CREATED, ABSORBED, QUESTION, REPLY})
"""Kinds that make an unknown conversation count as opened."""

_RANKS: Final = {
    **{CREATED: 0, ABSORBED: 1, ASSIGNED: 2, PRIORITY: 3, CHANNEL: 4, TAGGED: 5},
    **{STATUS: 7, MERGED: 8, DELETED: 10, SPAM: 11, EXCLUDED: 12, INCLUDED: 12},
}
RANK: Final = tuple(_RANKS.get(kind, 6) for kind in range(INCLUDED + 1))
"""Order of kinds at one instant: creation, attributes, messages, status, endings, acts of people."""

_ENDING_RANKS: Final = {"merged": 9, "deleted": RANK[DELETED], "spam": RANK[SPAM]}
"""A status that ends for good equals the event of that name; only a merge can say into what."""

NO_OPERAND: Final[Operand] = []


@dataclass(slots=True, init=False)
class Step:
    """One event as the core sees it. `time` in ms; `cause` is the event's 64-bit id hash."""

    time: int
    kind: int
    cause: int
    operand: Operand

    def __init__(self, time: int, kind: int, cause: int, operand: Operand) -> None:
        # Not made by `dataclass`, as that would not be compiled.
        self.time = time
        self.kind = kind
        self.cause = cause
        self.operand = operand


def number(step: Step, index: int) -> int:
    """An instant among a step's operands; 0 when it has none there."""
    value = step.operand[index]
    return value if isinstance(value, int) else 0


def created(step: Step) -> int:
    """When a creation happened: one that is heard of much too late is applied at another time."""
    return number(step, 7) if len(step.operand) > 7 else step.time


def moved_to(step: Step, time: int) -> Step:
    """The step as if it came at another time; a creation goes on saying when it was."""
    operand = [*step.operand, step.time] if step.kind == CREATED else step.operand
    return Step(time, step.kind, step.cause, operand)


def rank(step: Step) -> int:
    """Where a step stands among those of its instant."""
    if step.kind == STATUS and step.operand[0] in _ENDING_RANKS:
        return _ENDING_RANKS[str(step.operand[0])]
    return RANK[step.kind]


def is_ending(step: Step) -> bool:
    """Whether it ends its conversation for good: that says nothing about one that it was merged into."""
    if step.kind == STATUS:
        return step.operand[0] in _ENDING_RANKS
    return step.kind in (MERGED, DELETED, SPAM)


class InvalidEventError(ValueError):
    """An event lacks what its type needs. `path` names the field."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


def to_step(event: wire.Event, time: int, cause: int) -> Step | None:
    """The step of an event; None for a type that is not a conversation event.

    Raises InvalidEventError when a field that the type needs is missing or malformed.
    """
    reader = _READERS.get(event.type)
    if reader is None:
        return None
    kind, operand = reader(event.data)
    if kind == MERGED and operand[0] == event.subject:
        raise InvalidEventError("$.data.into", "a conversation cannot be merged into itself")
    return Step(time, kind, cause, operand)


def _message(data: wire.Data) -> tuple[int, Operand]:
    if data.direction not in ("in", "out"):
        raise InvalidEventError("$.data.direction", "a message needs a direction: in or out")
    return message_kind(data), [data.channel, data.team, _priority(data.priority)]


def known_channel(step: Step, channels: frozenset[str]) -> Step:
    """The step with a channel that the policy does not know replaced by `other`."""
    channel = step.operand[0]
    if channel is None or channel in channels:
        return step
    return Step(step.time, step.kind, step.cause, [wire.OTHER, *step.operand[1:]])


def message_kind(data: wire.Data) -> int:
    """Question, reply, bot reply, mere volume, or nothing at all."""
    # A visibility that nobody knows is not public: what a colleague reads must not stop a clock.
    if data.visibility not in (None, "public") or data.kind in ("note", "reaction", "survey"):
        return NOTE
    if data.direction == "in":
        return QUESTION if data.author == "customer" else MESSAGE_IN
    if data.campaign:
        return MESSAGE_OUT
    if data.author == "agent":
        return REPLY
    return BOT_REPLY if data.author == "bot" else MESSAGE_OUT


def _created(data: wire.Data) -> tuple[int, Operand]:
    return CREATED, [
        data.channel,
        _status(data.status or "new"),
        _priority(data.priority),
        data.team,
        data.created_by or "other",
        sorted(set(data.tags or ())),
        data.url,
    ]


def _status_changed(data: wire.Data) -> tuple[int, Operand]:
    to = _status(_needed(data.to, "to"))
    until = 0
    if to == "snoozed" and data.snoozed_until is not None:
        until = _instant(data.snoozed_until, "snoozed_until")
    return STATUS, [to, until, data.by] if data.by else [to, until]


def _assigned(data: wire.Data) -> tuple[int, Operand]:
    assignee = data.assignee
    if isinstance(assignee, str):
        return ASSIGNED, [data.team, assignee]
    return ASSIGNED, [data.team, "" if assignee is None else None]


def _absorbed(data: wire.Data) -> tuple[int, Operand]:
    created = _instant(_needed(data.created_at, "created_at"), "created_at")
    oldest = data.oldest_unanswered_at
    owed = _instant(oldest, "oldest_unanswered_at") if oldest else 0
    return ABSORBED, [created, owed, data.from_] if data.from_ else [created, owed]


def _tagged(data: wire.Data) -> tuple[int, Operand]:
    return TAGGED, [sorted(data.added or []), sorted(data.removed or [])]


def _plain(kind: int) -> Callable[[wire.Data], tuple[int, Operand]]:
    return lambda _data: (kind, NO_OPERAND)


_READERS: Final[dict[str, Callable[[wire.Data], tuple[int, Operand]]]] = {
    wire.MESSAGE_CREATED: _message,
    wire.MESSAGE_DELETED: _plain(NOTE),
    wire.TICKET_CREATED: _created,
    wire.TICKET_STATUS_CHANGED: _status_changed,
    wire.TICKET_PRIORITY_CHANGED: lambda data: (PRIORITY, [_priority(_needed(data.to, "to"))]),
    wire.TICKET_ASSIGNED: _assigned,
    wire.TICKET_CHANNEL_CHANGED: lambda data: (CHANNEL, [_needed(data.to, "to")]),
    wire.TICKET_TAGGED: _tagged,
    wire.TICKET_MERGED: lambda data: (MERGED, [_needed(data.into, "into")]),
    wire.TICKET_ABSORBED: _absorbed,
    wire.TICKET_DELETED: _plain(DELETED),
    wire.TICKET_SPAM: _plain(SPAM),
    wire.TICKET_EXCLUDED: lambda data: (EXCLUDED, _act(data)),
    wire.TICKET_INCLUDED: lambda data: (INCLUDED, _act(data)),
}


def _act(data: wire.Data) -> Operand:
    return [(data.by or "")[:LONGEST_WORD], (data.reason or "")[:LONGEST_WORD]]


def _needed(value: str | None, field: str) -> str:
    if not value:
        raise InvalidEventError(f"$.data.{field}", f"this type needs `{field}`")
    return value


def _instant(text: str, field: str) -> int:
    try:
        return parse_ms(text)
    except ValueError as error:
        raise InvalidEventError(f"$.data.{field}", str(error)) from error


def _priority(value: str | None) -> str | None:
    return value if value is None or value in wire.PRIORITIES else wire.OTHER


def _status(value: str) -> str:
    # An unknown status must not end or pause anything: it is live.
    return value if value in wire.STATUSES else "open"
