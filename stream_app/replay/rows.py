"""Turns the rows of a mapped file into canonical events.

Rules:
1. A conversation's first row creates its ticket with that row's status, team and priority. Where the
   file does not say who created it, the customer did (in a message history: the first author).
2. A later row yields a team, priority or status event for what differs from before, in this order,
   and nothing where nothing differs. An empty cell says nothing and changes nothing.
3. A row with a direction or an author is a message as well; it stands before the row's status.
4. Ids come from the content (conversation, kind of change and its value, time, and the row's number
   among those of its conversation and instant), so that reading the same file again gives the same.

What is remembered per conversation is its last values (some 300 bytes); rows are not kept.
"""

import sys
from dataclasses import dataclass
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
from schemas.instants import format_ms
from stream_app.replay.fields import Cells, FieldError, Row
from stream_app.replay.mapping import Mapping

_AUTHOR: Final = {"in": "customer", "out": "agent"}
_MEANINGS_KEPT: Final = 16_384

_About = tuple[str, str, str]
"""What the events of one row have in common: conversation, time, and `:n` for the n-th at that time."""


class _Message(NamedTuple):
    direction: str
    author: str
    kind: str


class _Meaning(NamedTuple):
    """What the cells of a row say. A file has few that differ: equal cells share one of these."""

    status: str | None
    team: str | None
    priority: str | None
    message: _Message | None


@dataclass(slots=True)
class _Known:
    """What the rows of a conversation have said so far."""

    time: int
    nth: int  # number of the row among those of its conversation with the same time
    last: _Meaning
    status: str
    team: str | None
    priority: str | None


class RowTranslator:
    """Keeps what is known of each conversation of one file."""

    def __init__(self, mapping: Mapping, tenant: str, source: str) -> None:
        self._tenant = tenant
        self._source = source
        self._columns = mapping.cells()
        self._time = mapping.time.reader()
        self._fields = mapping.fields
        self._has_messages = not mapping.fields.keys().isdisjoint(("direction", "author"))
        self._meanings: dict[Cells, _Meaning] = {}
        self._known: dict[str, _Known] = {}

    def translate(self, cells: Cells) -> list[Event]:
        """The events of a row. Raises FieldError, and changes nothing, when it cannot be read."""
        conversation = cells[0]
        if not conversation:
            raise FieldError("conversation", f"{self._columns[0]} is empty")
        time = self._time(cells[1])
        meaning = self._meanings.get(cells[2:]) or self._read(cells)
        known = self._known.get(conversation)
        if known is None:
            return self._first(conversation, time, meaning, cells)
        if known.time == time:
            known.nth += 1
        else:
            known.time, known.nth = time, 0
        if known.last is meaning and meaning.message is None:
            return []
        known.last = meaning
        return self._changes(_about(conversation, known), known, meaning)

    def _read(self, cells: Cells) -> _Meaning:
        row = dict(zip(self._columns[2:], cells[2:], strict=True))
        status, team, priority = (self._field(name, row) for name in ("status", "team", "priority"))
        message = self._message(row) if self._has_messages else None
        if len(self._meanings) >= _MEANINGS_KEPT:
            self._meanings.clear()
        meaning = self._meanings[cells[2:]] = _Meaning(status, team, priority, message)
        return meaning

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

    def _first(self, conversation: str, time: int, meaning: _Meaning, cells: Cells) -> list[Event]:
        status, team, priority, message = meaning
        row = dict(zip(self._columns[2:], cells[2:], strict=True))
        author = message.author if message else "customer"
        data = Data(
            channel=self._field("channel", row) or "other",
            status=status or "new",
            priority=priority,
            team=team,
            created_by=self._field("created_by", row) or author,
        )
        known = _Known(time, 0, meaning, status or "new", team, priority)
        self._known[sys.intern(conversation)] = known
        about = _about(conversation, known)
        events = [self._event(about, TICKET_CREATED, "created", data)]
        return [*events, self._said(about, message)] if message else events

    def _event(self, about: _About, event_type: str, change: str, data: Data) -> Event:
        conversation, time, nth = about
        return Event(
            id=f"{conversation}:{change}:{time}{nth}",
            source=self._source,
            type=event_type,
            subject=conversation,
            time=time,
            tenant=self._tenant,
            data=data,
        )

    def _said(self, about: _About, message: _Message) -> Event:
        _, time, nth = about
        data = Data(
            message=f"{time}/{nth[1:] or 0}",
            direction=message.direction,
            author=message.author,
            visibility="private" if message.kind == "note" else "public",
            kind=message.kind,
        )
        return self._event(about, MESSAGE_CREATED, "message", data)

    def _changes(self, about: _About, known: _Known, meaning: _Meaning) -> list[Event]:
        """What differs from before, which it becomes."""
        status, team, priority, message = meaning
        events = []
        if team and team != known.team:
            events.append(self._event(about, TICKET_ASSIGNED, f"team={team}", Data(team=team)))
            known.team = team
        if priority and priority != known.priority:
            data = Data(to=priority, from_=known.priority)
            change = f"priority={priority}"
            events.append(self._event(about, TICKET_PRIORITY_CHANGED, change, data))
            known.priority = priority
        if message:
            events.append(self._said(about, message))
        if status and status != known.status:
            data = Data(to=status, from_=known.status)
            events.append(self._event(about, TICKET_STATUS_CHANGED, f"status={status}", data))
            known.status = status
        return events


def _about(conversation: str, known: _Known) -> _About:
    return conversation, format_ms(known.time), f":{known.nth}" if known.nth else ""
