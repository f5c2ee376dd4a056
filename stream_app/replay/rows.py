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
from stream_app.replay.fields import FieldError, Row
from stream_app.replay.mapping import Mapping

_AUTHOR: Final = {"in": "customer", "out": "agent"}


class _Known(NamedTuple):
    """What the rows of a conversation have said so far."""

    time: int
    nth: int  # number of the row among those of its conversation with the same time
    status: str | None = None
    team: str | None = None
    priority: str | None = None


class _Message(NamedTuple):
    direction: str
    author: str
    kind: str


class _Stamp(NamedTuple):
    """What the events of one row have in common."""

    tenant: str
    source: str
    conversation: str
    time: str
    nth: int

    def event(self, event_type: str, change: str, data: Data) -> Event:
        nth = f":{self.nth}" if self.nth else ""
        return Event(
            id=f"{self.conversation}:{change}:{self.time}{nth}",
            source=self.source,
            type=event_type,
            subject=self.conversation,
            time=self.time,
            tenant=self.tenant,
            data=data,
        )


class RowTranslator:
    """Keeps what is known of each conversation of one file."""

    def __init__(self, mapping: Mapping, tenant: str, source: str) -> None:
        self._tenant = tenant
        self._source = source
        self._column = mapping.conversation
        self._time = mapping.time.reader()
        self._fields = mapping.fields
        self._has_messages = not mapping.fields.keys().isdisjoint(("direction", "author"))
        self._known: dict[str, _Known] = {}

    def translate(self, row: Row) -> list[Event]:
        """The events of a row. Raises FieldError, and changes nothing, when it cannot be read."""
        conversation = row.get(self._column, "")
        if not conversation:
            raise FieldError("conversation", f"{self._column} is empty")
        time = self._time(row)
        before = self._known.get(conversation)
        after = self._after(before, time, row)
        message = self._message(row) if self._has_messages else None
        stamp = _Stamp(self._tenant, self._source, conversation, format_ms(time), after.nth)
        if before is None:
            events = [self._created(stamp, after, row, message)]
            events += [_message(stamp, message)] if message else []
        else:
            events = _changes(stamp, before, after, message)
        self._known[sys.intern(conversation)] = after
        return events

    def _after(self, before: _Known | None, time: int, row: Row) -> _Known:
        status, team, priority = map(self._read, ("status", "team", "priority"), (row, row, row))
        if before is None:
            return _Known(time, 0, status or "new", team and sys.intern(team), priority)
        return _Known(
            time,
            before.nth + 1 if before.time == time else 0,
            status or before.status,
            sys.intern(team) if team else before.team,
            priority or before.priority,
        )

    def _read(self, name: str, row: Row) -> str | None:
        field = self._fields.get(name)
        return None if field is None else field.read(row)

    def _message(self, row: Row) -> _Message | None:
        direction, author = self._read("direction", row), self._read("author", row)
        if direction is None and author is None:
            return None
        if direction is None:
            direction = "in" if author == "customer" else "out"
        return _Message(direction, author or _AUTHOR[direction], self._read("kind", row) or "text")

    def _created(self, stamp: _Stamp, at: _Known, row: Row, message: _Message | None) -> Event:
        author = message.author if message else "customer"
        data = Data(
            channel=self._read("channel", row) or "other",
            status=at.status,
            priority=at.priority,
            team=at.team,
            created_by=self._read("created_by", row) or author,
        )
        return stamp.event(TICKET_CREATED, "created", data)


def _changes(stamp: _Stamp, before: _Known, after: _Known, message: _Message | None) -> list[Event]:
    events = []
    if after.team != before.team:
        data = Data(team=after.team)
        events.append(stamp.event(TICKET_ASSIGNED, f"team={after.team}", data))
    if after.priority != before.priority:
        data = Data(to=after.priority, from_=before.priority)
        change = f"priority={after.priority}"
        events.append(stamp.event(TICKET_PRIORITY_CHANGED, change, data))
    if message:
        events.append(_message(stamp, message))
    if after.status != before.status:
        data = Data(to=after.status, from_=before.status)
        events.append(stamp.event(TICKET_STATUS_CHANGED, f"status={after.status}", data))
    return events


def _message(stamp: _Stamp, message: _Message) -> Event:
    data = Data(
        message=f"{stamp.time}/{stamp.nth}",
        direction=message.direction,
        author=message.author,
        visibility="private" if message.kind == "note" else "public",
        kind=message.kind,
    )
    return stamp.event(MESSAGE_CREATED, "message", data)
