"""Reads a file of history as canonical events, lazily and in the order of the file.

Without a mapping the file holds one canonical event per line (JSONL). With one it is a foreign CSV or
JSONL file. What cannot be read is reported with its line and skipped, or stops the reading.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

from schemas import events as wire
from schemas.events import Event, decode_event
from schemas.instants import parse_ms
from schemas.keys import MISNAMED, is_misnamed
from stream_app.errors import UserError
from stream_app.replay.fields import Cells, FieldError
from stream_app.replay.foreign import rows_of
from stream_app.replay.lines import LINE_LIMIT, Lines
from stream_app.replay.mapping import Mapping
from stream_app.replay.rows import RowSteps, RowTranslator, everybody

CONVERSATION_TYPES: Final = frozenset(
    value for name, value in vars(wire).items() if name.startswith(("MESSAGE_", "TICKET_"))
)
DEFAULT_TENANT: Final = "default"
_Made = TypeVar("_Made")


class Unreadable(NamedTuple):
    """A row that is no event: where, which field, and why. Goes through pipes, compiled as well."""

    path: Path
    line: int
    field: str
    problem: str

    def __str__(self) -> str:
        field = f" {self.field}:" if self.field else ""
        return f"{self.path}:{self.line}:{field} {self.problem}"


Report = Callable[[Unreadable], None]


def stop(unreadable: Unreadable) -> None:
    """A report that ends the reading at the first row that cannot be read."""
    raise UserError(str(unreadable), "mend the row, or leave out --strict to skip such rows")


def ignore(unreadable: Unreadable) -> None:
    """A report for callers that only want the readable rows."""


def read_events(
    path: Path,
    mapping: Mapping | None = None,
    tenant: str | None = None,
    source: str | None = None,
    on_unreadable: Report = ignore,
) -> Iterator[Event]:
    """The events of a file; see EventFile."""
    return iter(EventFile(path, mapping, tenant, source, on_unreadable))


class EventFile:
    """A file of events. Iterating reads it from the start; `progress` tells how far that is.

    `tenant` and `source` replace those of canonical events. Mapped files have none: they default to
    `default` and to `replay/` with the name of the mapping file.
    """

    def __init__(
        self,
        path: Path,
        mapping: Mapping | None = None,
        tenant: str | None = None,
        source: str | None = None,
        on_unreadable: Report = ignore,
    ) -> None:
        self.path = path
        self.unreadable = 0
        self._mapping = mapping
        self._tenant = tenant
        self._source = source
        self._report = on_unreadable
        self._lines = Lines(path)
        self._rows: RowTranslator | None = None

    @property
    def silent_until(self) -> int:
        """The latest time (ms) of the rows read that changed nothing; 0 while there is none."""
        return 0 if self._rows is None else self._rows.silent_until

    @property
    def mapped(self) -> bool:
        """Whether it is a foreign file."""
        return self._mapping is not None

    def reported_to(self, on_unreadable: Report) -> "EventFile":
        """The same file, with somebody else to hear of rows that cannot be read."""
        return EventFile(self.path, self._mapping, self._tenant, self._source, on_unreadable)

    def skip(self, unreadable: Unreadable) -> None:
        """Count and report a row that cannot be read."""
        self.unreadable += 1
        self._report(unreadable)

    def progress(self) -> tuple[int, int]:
        """Bytes read and bytes in all, of the file as it lies on the disk."""
        return self._lines.position or self._lines.size, self._lines.size

    def __iter__(self) -> Iterator[Event]:
        self._lines = Lines(self.path)
        with self._lines as lines:
            if self._mapping is None:
                yield from self._canonical(lines)
            else:
                yield from self._mapped(lines, self._mapping)

    def for_core(self, ours: Callable[[str], bool]) -> Iterator[Event | RowSteps]:
        """As iterating, but rows of mapped files come as steps, those of our conversations.

        Where the last ones change nothing, one without steps at the end says how far they reach.
        """
        self._lines = Lines(self.path)
        with self._lines as lines:
            if self._mapping is None:
                yield from self._canonical(lines)
            else:
                yield from self._steps(lines, self._translator(self._mapping, ours), self._mapping)

    def _canonical(self, lines: Lines) -> Iterator[Event]:
        for line in lines:
            if line is None or not line.isspace():
                try:
                    event = self._event(line)
                except FieldError as error:
                    self._skip(error)
                else:
                    yield event

    def _event(self, line: bytes | None) -> Event:
        if line is None:
            raise FieldError("", f"the line is longer than {LINE_LIMIT} bytes")
        try:
            event = decode_event(line)
            parse_ms(event.time)
        except msgspec.DecodeError as error:
            raise FieldError("", str(error)) from error
        except (ValueError, OverflowError) as error:
            raise FieldError("time", str(error)) from error
        _check(event)
        if self._tenant is not None:
            event.tenant = self._tenant
        if self._source is not None:
            event.source = self._source
        return event

    def _mapped(self, lines: Lines, mapping: Mapping) -> Iterator[Event]:
        for events in self._made(lines, mapping, self._translator(mapping).translate):
            yield from events

    def _steps(
        self, lines: Lines, translator: RowTranslator, mapping: Mapping
    ) -> Iterator[RowSteps]:
        for steps in self._made(lines, mapping, translator.steps):
            if steps is not None:
                yield steps
        if translator.silent_until:
            yield translator.last_words()

    def _made(
        self, lines: Lines, mapping: Mapping, make: Callable[[Cells], _Made]
    ) -> Iterator[_Made]:
        """What each row comes to; those that cannot be read are told and left out."""
        for row in rows_of(lines, mapping):
            try:
                if isinstance(row, FieldError):
                    raise row
                made = make(row)
            except FieldError as error:
                self._skip(error)
            else:
                yield made

    def _translator(
        self, mapping: Mapping, ours: Callable[[str], bool] = everybody
    ) -> RowTranslator:
        tenant = self._tenant or DEFAULT_TENANT
        source = self._source or f"replay/{mapping.file.stem}"
        self._rows = RowTranslator(mapping, tenant, source, ours)
        return self._rows

    def _skip(self, error: FieldError) -> None:
        line = self._lines.number if error.line is None else error.line
        self.skip(Unreadable(self.path, line, error.field, error.problem))


def _check(event: Event) -> None:
    if event.type not in CONVERSATION_TYPES:
        allowed = "support.message.* and support.ticket.*"
        raise FieldError(
            "type", f"{event.type!r} is no event of a conversation, allowed: {allowed}"
        )
    if event.specversion != "1.0":
        raise FieldError("specversion", f"{event.specversion!r}, allowed: 1.0")
    if not (event.id and event.source and event.subject and event.tenant):
        names = ("id", "source", "subject", "tenant")
        raise FieldError(next(name for name in names if not getattr(event, name)), "is empty")
    if is_misnamed(event.subject, event.data.conversation):
        raise FieldError("", MISNAMED)
