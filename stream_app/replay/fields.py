"""How one field of an event is read from a row: a column, several, or a constant, and its values.

A row is a dict of texts; a missing column and an empty cell are the same. An empty cell says nothing:
it becomes the default, and without one the field stays as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from schemas.events import PRIORITIES, STATUSES
from schemas.instants import parse_ms

Row = Mapping[str, str]
Cells = tuple[str, ...]
"""A row without its names, in the order of `stream_app.replay.mapping.Mapping.cells`."""

ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "status": STATUSES,
    "priority": PRIORITIES,
    "created_by": ("customer", "agent", "bot", "system"),
    "direction": ("in", "out"),
    "author": ("customer", "agent", "bot", "system"),
    "kind": ("text", "reaction", "note", "survey", "other"),
}
_SHOWN: Final = 12


class FieldError(Exception):
    """A row's field that cannot be read: which one, and what is wrong with it.

    `field` is empty when it is the row as a whole; `line` is None when it is the line just read.
    """

    def __init__(self, field: str, problem: str, line: int | None = None) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `const`, or `columns` (joined with "/") translated by `values` and `default`."""

    name: str
    columns: tuple[str, ...] = ()
    const: str | None = None
    values: Mapping[str, str] | None = None
    default: str | None = None

    def read(self, row: Row) -> str | None:
        """The field's value in this row; None when the row says nothing about it."""
        if self.const is not None:
            return self.const
        raw = self._raw(row)
        if self.values is None:
            return self._checked(raw) if raw else self.default
        known = self.values.get(raw)
        if known is not None:
            return known
        if self.default is not None or not raw:
            return self.default
        raise self._unknown(raw, self.values)

    def _raw(self, row: Row) -> str:
        if len(self.columns) == 1:
            return row.get(self.columns[0], "")
        parts = [row.get(column, "") for column in self.columns]
        return "/".join(parts) if any(parts) else ""

    def _checked(self, raw: str) -> str:
        allowed = ALLOWED.get(self.name)
        if allowed is None or raw in allowed:
            return raw
        raise self._unknown(raw, allowed)

    def _unknown(self, raw: str, allowed: Mapping[str, str] | tuple[str, ...]) -> FieldError:
        where = "/".join(self.columns)
        return FieldError(self.name, f"{where} has {raw!r}, allowed: {_some(allowed)}")


def _some(allowed: Mapping[str, str] | tuple[str, ...]) -> str:
    names = list(allowed)
    more = f", … ({len(names) - _SHOWN} more)" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


@dataclass(frozen=True, slots=True)
class TimeField:
    """Where a row's instant stands; without a `format` it is RFC 3339."""

    column: str
    format: str | None = None
    zone: tzinfo | None = None

    def read(self, text: str) -> int:
        """The text of the column as milliseconds. Raises FieldError."""
        try:
            return parse_ms(text) if self.format is None else self._formatted(text)
        except (ValueError, OverflowError) as error:
            raise FieldError("time", f"{self.column} {error}") from error

    def _formatted(self, text: str) -> int:
        assert self.format is not None
        moment = datetime.strptime(text, self.format)  # noqa: DTZ007 -- its zone is put in below
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        whole = moment.replace(microsecond=0)
        return int(whole.timestamp()) * 1000 + moment.microsecond // 1000
