"""Turns the rows of a mapped file into canonical events, or at once into the steps that these come to.

Rules:
1. A conversation's first row creates its ticket with that row's status, team and priority. Where the
   file does not say who created it, the customer did (in a message history: the first author).
2. A later row yields a team, priority or status event for what differs from before, in this order,
   and nothing where nothing differs. An empty cell says nothing and changes nothing. The history
   has gone on to the time of such a row all the same: `silent_until`.
3. A row with a direction or an author is a message as well; it stands before the row's status.
4. Ids come from the content (conversation, kind of change and its value, time, and the row's number
   among those of its conversation and instant), so that reading the same file again gives the same.

What is remembered per conversation is its last values (some 400 bytes); rows are not kept.
"""

import sys
from collections.abc import Callable
from copy import copy
from typing import Final, NamedTuple

from schemas.events import (
    MESSAGE_CREATED,
    TICKET_ASSIGNED,
    TICKET_CREATED,
    TICKET_PRIORITY_CHANGED,
    TICKET_STATUS_CHANGED,
    Data,
    Event,
)
from schemas.instants import canonical, format_ms
from schemas.keys import ConversationKey
from stream_app.domain.steps import Operand, Step, to_step
from stream_app.records.causes import cause_of_id
from stream_app.replay.fields import Cells, FieldError, Row
from stream_app.replay.mapping import Mapping

_AUTHOR: Final = {"in": "customer", "out": "agent"}
_KEPT: Final = 16_384


RowSteps = tuple[int, ConversationKey, list[Step]]
"""What a row comes to in the core: when, for which conversation, and the steps. There are none where the
conversation is another one's matter."""


class _Message(NamedTuple):
    direction: str
    author: str
    kind: str


class _Change(NamedTuple):
    """One thing that a row changes: an event but for its conversation and time, and its step."""

    type: str
    text: str  # stands in the event's id
    data: Data
    kind: int
    operand: Operand


class _Meaning:
    """What the cells of a row say. A file has few that differ: equal cells share one of these."""

    __slots__ = ("created", "message", "priority", "status", "team")

    def __init__(
        self, status: str | None, team: str | None, priority: str | None, message: _Message | None
    ) -> None:
        self.status: Final = status
        self.team: Final = team
        self.priority: Final = priority
        self.message: Final = message
        self.created: _Change | None = None  # what it comes to where a conversation begins with it


class _Known:
    """What the rows of a conversation have said so far; it begins with its first one."""

    __slots__ = ("key", "last", "nth", "ours", "priority", "status", "team", "time")

    def __init__(self, key: ConversationKey, ours: bool, time: int, first: _Meaning) -> None:
        self.key: Final = key
        self.ours: Final = ours
        self.time = time
        self.nth = 0  # number of the row among those of its conversation with the same time
        self.last = first
        self.status = first.status or "new"
        self.team = first.team
        self.priority = first.priority


def everybody(_conversation: str) -> bool:
    """All conversations are wanted."""
    return True


class RowTranslator:
    """Keeps what is known of each conversation of one file; `ours` says whose steps are wanted."""

    def __init__(
        self,
        mapping: Mapping,
        tenant: str,
        source: str,
        ours: Callable[[str], bool] = everybody,
    ) -> None:
        self.silent_until = 0  # the latest time (ms) of a row that changed nothing
        self._tenant = tenant
        self._source = source
        self._ours = ours
        self._columns = mapping.cells()
        self._time = mapping.time
        self._is_rfc = mapping.time.format is None
        self._fields = mapping.fields
        self._has_messages = not mapping.fields.keys().isdisjoint(("direction", "author"))
        self._meanings: dict[Cells, _Meaning] = {}
        self._made: dict[tuple[object, ...], _Change] = {}
        self._known: dict[str, _Known] = {}

    def translate(self, cells: Cells) -> list[Event]:
        """The events of a row. Raises FieldError, and changes nothing, when it cannot be read."""
        known, changes = self._read(cells)
        if not changes:
            self._silent(known.time)
        return [self._event(known, change) for change in changes]

    def steps(self, cells: Cells) -> RowSteps | None:
        """The same as steps; None for a row that changes nothing."""
        known, changes = self._read(cells)
        if not changes:
            self._silent(known.time)
            return None
        time, key, steps = known.time, known.key, []
        if known.ours:
            at = canonical(cells[1], time) if self._is_rfc else format_ms(time)
            for _type, text, _data, kind, operand in changes:
                cause = cause_of_id(_id(known, text, at))
                steps.append(Step(time, kind, cause, operand))
        return time, key, steps

    def last_words(self) -> RowSteps:
        """How far the rows have come that changed nothing: a step of nobody at that time."""
        return self.silent_until, ConversationKey(self._tenant, self._source, ""), []

    def _silent(self, time: int) -> None:
        if time > self.silent_until:
            self.silent_until = time

    def _read(self, cells: Cells) -> tuple[_Known, list[_Change]]:
        conversation = cells[0]
        if not conversation:
            raise FieldError("conversation", f"{self._columns[0]} is empty")
        time = self._time.read(cells[1])
        meaning = self._meanings.get(cells[2:]) or self._meaning(cells)
        known = self._known.get(conversation)
        if known is None:
            return self._first(sys.intern(conversation), time, meaning, cells)
        if known.time == time:
            known.nth += 1
        else:
            known.time, known.nth = time, 0
        if known.last is meaning and meaning.message is None:
            return known, []
        known.last = meaning
        return known, self._changes(known, meaning)

    def _meaning(self, cells: Cells) -> _Meaning:
        row = self._row(cells)
        status, team, priority = (self._field(name, row) for name in ("status", "team", "priority"))
        message = self._message(row) if self._has_messages else None
        if len(self._meanings) >= _KEPT:
            self._meanings.clear()
        meaning = self._meanings[cells[2:]] = _Meaning(status, team, priority, message)
        return meaning

    def _row(self, cells: Cells) -> Row:
        return dict(zip(self._columns[2:], cells[2:], strict=True))

    def _field(self, name: str, row: Row) -> str | None:
        field = self._fields.get(name)
        return None if field is None else field.read(row)

    def _message(self, row: Row) -> _Message | None:
        direction, author = self._field("direction", row), self._field("author", row)
        if direction is None and author is None:
            return None
        if direction is None:
            direction = "in" if author == "customer" else "out"
        return _Message(direction, author or _AUTHOR[direction], self._field("kind", row) or "text")

    def _first(
        self, conversation: str, time: int, meaning: _Meaning, cells: Cells
    ) -> tuple[_Known, list[_Change]]:
        created = meaning.created
        if created is None:
            created = meaning.created = self._created(meaning, self._row(cells))
        key = ConversationKey(self._tenant, self._source, conversation)
        known = self._known[conversation] = _Known(key, self._ours(conversation), time, meaning)
        message = meaning.message
        return known, [created, self._said(message)] if message else [created]

    def _created(self, meaning: _Meaning, row: Row) -> _Change:
        status, team, priority = meaning.status or "new", meaning.team, meaning.priority
        channel = self._field("channel", row) or "other"
        author = meaning.message.author if meaning.message else "customer"
        by = self._field("created_by", row) or author
        name = ("created", channel, status, priority, team, by)
        known = self._made.get(name)
        if known is not None:
            return known
        data = Data(channel=channel, status=status, priority=priority, team=team, created_by=by)
        return self._make(name, TICKET_CREATED, "created", data)

    def _changes(self, known: _Known, meaning: _Meaning) -> list[_Change]:
        """What differs from before, which it becomes."""
        status, team, priority = meaning.status, meaning.team, meaning.priority
        message, changes = meaning.message, []
        if team and team != known.team:
            changes.append(self._changed(TICKET_ASSIGNED, team, None))
            known.team = team
        if priority and priority != known.priority:
            changes.append(self._changed(TICKET_PRIORITY_CHANGED, priority, known.priority))
            known.priority = priority
        if message:
            changes.append(self._said(message))
        if status and status != known.status:
            changes.append(self._changed(TICKET_STATUS_CHANGED, status, known.status))
            known.status = status
        return changes

    def _changed(self, event_type: str, to: str, before: str | None) -> _Change:
        name = (event_type, to, before)
        known = self._made.get(name)
        if known is not None:
            return known
        data = Data(team=to) if event_type == TICKET_ASSIGNED else Data(to=to, from_=before)
        return self._make(name, event_type, f"{_FIELD[event_type]}={to}", data)

    def _said(self, message: _Message) -> _Change:
        name = (MESSAGE_CREATED, message)
        known = self._made.get(name)
        if known is not None:
            return known
        data = Data(
            direction=message.direction,
            author=message.author,
            visibility="private" if message.kind == "note" else "public",
            kind=message.kind,
        )
        return self._make(name, MESSAGE_CREATED, "message", data)

    def _make(self, name: tuple[object, ...], event_type: str, text: str, data: Data) -> _Change:
        event = Event(id="", source="", type=event_type, subject="", time="", data=data)
        step = to_step(event, 0, 0)
        assert step is not None
        if len(self._made) >= _KEPT:
            self._made.clear()
        change = _Change(event_type, text, data, step.kind, step.operand)
        self._made[name] = change
        return change

    def _event(self, known: _Known, change: _Change) -> Event:
        at = format_ms(known.time)
        data = copy(change.data)
        if change.type == MESSAGE_CREATED:
            data.message = f"{at}/{known.nth}"
        return Event(
            id=_id(known, change.text, at),
            source=self._source,
            type=change.type,
            subject=known.key.id,
            time=at,
            tenant=self._tenant,
            data=data,
        )


_FIELD: Final = {
    TICKET_ASSIGNED: "team",
    TICKET_PRIORITY_CHANGED: "priority",
    TICKET_STATUS_CHANGED: "status",
}


def _id(known: _Known, change: str, at: str) -> str:
    name = f"{known.key.id}:{change}:{at}"
    return f"{name}:{known.nth}" if known.nth else name
