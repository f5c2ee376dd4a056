"""A mapping file: which column of a foreign CSV or JSONL file is what. Read and checked as a whole.

Example:
    format: csv
    time: occurred_at
    conversation: case_id
    channel: {const: portal}
    priority: {column: impact, values: {Low: low, High: high}, default: normal}
    status: {columns: [state, detail], values: {Done/Solved: solved}, default: open}
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from stream_app.errors import UserError
from stream_app.policyfile import read_text
from stream_app.policyfile.nodes import Node, read_yaml
from stream_app.policyfile.problems import Report, listed, suggestion
from stream_app.replay.fields import ALLOWED, Field, TimeField

FORMATS: Final = ("csv", "jsonl")
_REQUIRED: Final = ("format", "time", "conversation")
_FIELDS: Final = (
    "channel", "team", "priority", "status", "created_by", "direction", "author", "kind",
)  # fmt: skip
_FIELD_KEYS: Final = ("column", "columns", "const", "values", "default")
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping. A field that is not mapped is absent."""

    file: Path
    format: str
    time: TimeField
    conversation: str
    fields: dict[str, Field]

    def cells(self) -> list[str]:
        """The columns whose cells make up a row: conversation, time, then those of the fields."""
        named = [column for field in self.fields.values() for column in field.columns]
        return [self.conversation, self.time.column, *dict.fromkeys(named)]

    def columns(self) -> list[str]:
        """Every column that the mapping reads, each once."""
        return list(dict.fromkeys(self.cells()))

    def require(self, present: Iterable[str], where: str) -> None:
        """Raise UserError unless all mapped columns are among those of a file."""
        header = list(present)
        missing = [column for column in self.columns() if column not in header]
        if missing:
            problem = f"{self.file}: {where} has no column {', '.join(missing)}"
            raise UserError(problem, f"its columns are {', '.join(header)}")


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file. Raises UserError with file, line, field and what is allowed."""
    text = read_text(path, "give the path of a mapping file")
    report = Report()
    root = read_yaml(text, str(path), report)
    mapping = _Reading(report).mapping(path, root) if root is not None else None
    errors = report.problems()
    if errors or mapping is None:
        more = f"and {len(errors) - 1} more mistakes in this file" if len(errors) > 1 else ""
        raise UserError(str(errors[0]), more)
    return mapping


class _Reading:
    """One run over one file. Mistakes go to the report and reading goes on, to find all of them."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def mapping(self, path: Path, root: Node) -> Mapping:
        self._block(root, (*_REQUIRED, *_FIELDS))
        for key in _REQUIRED:
            if key not in root.entries:
                self._report.error(root.place, f"{key} is missing", f"required: {_all(_REQUIRED)}")
        return Mapping(
            file=path,
            format=self._one_of(root.at("format"), FORMATS),
            time=self._time(root.at("time")),
            conversation=self._text(root.at("conversation")),
            fields={
                name: self._field(name, root.at(name)) for name in _FIELDS if name in root.entries
            },
        )

    def _block(self, node: Node, allowed: tuple[str, ...]) -> None:
        if node.kind != "mapping":
            self._report.error(node.place, node.described(), f"a block with {_all(allowed)}")
        for key, place in node.keys.items():
            if key not in allowed:
                self._report.error(place, f"unknown key {key}", suggestion(key, allowed, "allowed"))

    def _text(self, node: Node) -> str:
        if node.kind == "mapping" and not node.place.path:
            return ""  # a missing key; it has been reported
        if node.kind != "scalar" or not node.text:
            self._report.error(node.place, node.described(), "the name of a column")
        return node.text

    def _one_of(self, node: Node, allowed: tuple[str, ...]) -> str:
        if node.kind == "mapping" and not node.place.path:
            return ""
        if node.text not in allowed:
            hint = suggestion(node.text, allowed, "allowed")
            self._report.error(node.place, node.described(), hint)
        return node.text

    def _time(self, node: Node) -> TimeField:
        if node.kind != "mapping" or not node.place.path:
            return TimeField(self._text(node))
        self._block(node, ("column", "format", "zone"))
        if "column" not in node.entries:
            self._report.error(node.place, "column is missing", "which column holds the time")
        form = node.entries.get("format")
        zone = node.entries.get("zone")
        if form is None and zone is not None:
            allowed = "RFC 3339 instants carry their own offset; for others add a format"
            self._report.error(zone.place, "a zone without a format", allowed)
        if form is not None and zone is None and "%z" not in form.text:
            allowed = "add zone: UTC, or a zone such as Europe/Rome"
            self._report.error(form.place, "a format without %z and no zone", allowed)
        column = node.at("column").text
        return TimeField(
            column,
            None if form is None else form.text,
            None if zone is None else self._zone(zone),
        )

    def _zone(self, node: Node) -> ZoneInfo:
        try:
            return ZoneInfo(node.text)
        except (KeyError, OSError, ValueError):
            allowed = "a time zone such as UTC or Europe/Rome"
            self._report.error(node.place, node.described(), allowed)
            return _UTC

    def _field(self, name: str, node: Node) -> Field:
        if node.kind != "mapping":
            return Field(name, (self._text(node),))
        self._block(node, _FIELD_KEYS)
        sources = [key for key in ("column", "columns", "const") if key in node.entries]
        if len(sources) != 1:
            found = f"{listed(sources)} together" if sources else "no source"
            self._report.error(node.place, found, "one of column, columns, const")
        elif sources == ["const"] and len(node.entries) > 1:
            self._report.error(node.place, "const with other keys", "const stands alone")
        return Field(
            name,
            self._columns(node),
            const=self._value(name, node.entries.get("const")),
            values=self._values(name, node.entries.get("values")),
            default=self._value(name, node.entries.get("default")),
        )

    def _columns(self, node: Node) -> tuple[str, ...]:
        if "column" in node.entries:
            return (self._text(node.entries["column"]),)
        columns = node.entries.get("columns")
        if columns is None:
            return ()
        if columns.kind != "list" or not columns.items:
            self._report.error(columns.place, columns.described(), "a list of columns: [a, b]")
        return tuple(self._text(item) for item in columns.items)

    def _values(self, name: str, node: Node | None) -> dict[str, str] | None:
        if node is None:
            return None
        if node.kind != "mapping":
            allowed = "a block: what stands in the file, colon, what it means"
            self._report.error(node.place, node.described(), allowed)
        return {raw: self._value(name, value) or "" for raw, value in node.entries.items()}

    def _value(self, name: str, node: Node | None) -> str | None:
        if node is None:
            return None
        if name in ALLOWED:
            return self._one_of(node, ALLOWED[name])
        if node.kind != "scalar" or not node.text:
            self._report.error(node.place, node.described(), f"a name for {name}")
        return node.text


def _all(names: tuple[str, ...]) -> str:
    return ", ".join(names)
