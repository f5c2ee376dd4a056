"""What a part of the file may look like: lists, blocks of keys, and alternatives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from stream_app.policyfile.nodes import Node, literal
from stream_app.policyfile.problems import quoted, suggestion
from stream_app.policyfile.shapes import INVALID, Reading, Schema, Shape

Values = dict[Any, Any]
Check = Callable[[Node, Values, Reading], None]
"""Looks at a whole block; keys that could not be read are missing from the values."""

REQUIRED: Final = object()
ABSENT: Final = object()


@dataclass(frozen=True)
class Field:
    """A key of a block. `default` is what an absent key means, as it would be written."""

    shape: Shape
    about: str
    default: object = ABSENT

    def schema(self) -> Schema:
        described = {**self.shape.schema(), "description": self.about}
        if self.default is not ABSENT and self.default is not REQUIRED:
            described["default"] = self.default
        return described


@dataclass(frozen=True)
class Record(Shape):
    """A block with known keys."""

    what: str
    fields: Mapping[str, Field]
    checks: tuple[Check, ...] = ()
    hints: Mapping[str, str] = field(default_factory=dict)  # for keys that people expect here

    def wanted(self) -> str:
        return f"{self.what} is a block with the keys {', '.join(self.fields) or '(none)'}"

    def read(self, node: Node, reading: Reading) -> Any:
        if node.kind not in ("mapping", "empty"):
            return self.unfit(node, reading)
        for name in node.entries:
            if name not in self.fields:
                found = f"the key {quoted(name)} is not known here"
                known = self.hints.get(name) or suggestion(
                    name, tuple(self.fields), f"keys of {self.what}"
                )
                reading.report.error(node.keys[name], found, known)
        values = {name: self._value(name, node, reading) for name in self.fields}
        kept = {name: value for name, value in values.items() if value is not INVALID}
        for check in self.checks:
            check(node, kept, reading)
        return {name: value for name, value in kept.items() if value is not ABSENT}

    def _value(self, name: str, node: Node, reading: Reading) -> Any:
        wanted = self.fields[name]
        entry = node.entries.get(name)
        if entry is not None and (entry.kind != "empty" or wanted.default in (ABSENT, REQUIRED)):
            return wanted.shape.read(entry, reading)
        if wanted.default is REQUIRED:
            found = f"{self.what} without {quoted(name)}"
            return reading.wrong(node.place, found, wanted.shape.wanted())
        if wanted.default is ABSENT:
            return ABSENT
        return wanted.shape.read(literal(wanted.default, node.place), reading)

    def show(self, value: Any) -> Any:
        return {
            name: entry.shape.show(value[name])
            for name, entry in self.fields.items()
            if name in value
        }

    def schema(self) -> Schema:
        required = [name for name, entry in self.fields.items() if entry.default is REQUIRED]
        return {
            "type": "object",
            "properties": {name: entry.schema() for name, entry in self.fields.items()},
            "additionalProperties": False,
            **({"required": required} if required else {}),
        }


@dataclass(frozen=True)
class ListOf(Shape):
    """A list of things that differ: by their `name` where they have one."""

    item: Shape
    example: str
    least: int = 0

    def wanted(self) -> str:
        return f"write a list: {self.example}"

    def read(self, node: Node, reading: Reading) -> Any:
        if node.kind == "scalar":
            mark = '"' if ":" in node.text or not node.plain else ""
            meant = f"write a list: [{mark}{node.text}{mark}]"
            return reading.wrong(node.place, f"found {node.described()}", meant)
        if node.kind != "list":
            return self.unfit(node, reading)
        if len(node.items) < self.least:
            return reading.wrong(node.place, "an empty list", self.wanted())
        seen: dict[str, int] = {}
        for item in node.items:
            self._once(item, seen, reading)
        values = [self.item.read(item, reading) for item in node.items]
        return [value for value in values if value is not INVALID]

    def _once(self, item: Node, seen: dict[str, int], reading: Reading) -> None:
        named = item.at("name")
        if named.kind != "scalar":
            return
        if named.text in seen:
            found = f"{quoted(named.text)} a second time (first on line {seen[named.text]})"
            reading.report.error(named.place, found, "each may stand once")
        seen.setdefault(named.text, named.place.line)

    def show(self, value: Any) -> Any:
        return [self.item.show(item) for item in value]

    def schema(self) -> Schema:
        least = {"minItems": self.least} if self.least else {}
        return {"type": "array", "items": self.item.schema(), **least}


@dataclass(frozen=True)
class MapOf(Shape):
    """A block whose keys are free: names, days, dates."""

    what: str
    key: Shape
    value: Shape
    checks: tuple[Check, ...] = ()

    def wanted(self) -> str:
        return f"write {self.what} as a block of `key: value`"

    def read(self, node: Node, reading: Reading) -> Any:
        if node.kind != "mapping":
            return self.unfit(node, reading)
        values: Values = {}
        for name, entry in node.entries.items():
            key = self.key.read(Node("scalar", node.keys[name], name), reading)
            value = self.value.read(entry, reading)
            if key is not INVALID and value is not INVALID:
                values[key] = value
        for check in self.checks:
            check(node, values, reading)
        return values

    def show(self, value: Any) -> Any:
        return {self.key.show(name): self.value.show(item) for name, item in value.items()}

    def schema(self) -> Schema:
        names = {name: item for name, item in self.key.schema().items() if name != "type"}
        rest = {"propertyNames": names} if names else {}
        return {"type": "object", "additionalProperties": self.value.schema(), **rest}


@dataclass(frozen=True)
class Shorthand(Shape):
    """A block, or just the value of its most important key."""

    record: Record
    key: str

    def wanted(self) -> str:
        return f"{self.record.fields[self.key].shape.wanted()}, or {self.record.wanted()}"

    def read(self, node: Node, reading: Reading) -> Any:
        if node.kind == "mapping":
            return self.record.read(node, reading)
        if node.kind != "scalar":
            return self.unfit(node, reading)
        keys = {self.key: node.place}
        return self.record.read(
            Node("mapping", node.place, entries={self.key: node}, keys=keys), reading
        )

    def show(self, value: Any) -> Any:
        return self.record.show(value)

    def schema(self) -> Schema:
        return {"anyOf": [self.record.fields[self.key].shape.schema(), self.record.schema()]}


@dataclass(frozen=True)
class NamesOrBlock(Shape):
    """A list of names, or a block that says more about each."""

    names: ListOf
    block: MapOf

    def wanted(self) -> str:
        return f"{self.names.wanted()}, or {self.block.wanted()}"

    def read(self, node: Node, reading: Reading) -> Any:
        if node.kind == "mapping":
            return self.block.read(node, reading)
        if node.kind != "list":
            return self.unfit(node, reading)
        names = self.names.read(node, reading)
        if names is INVALID or not names:  # reported, name by name
            return INVALID
        entries = {name: Node("empty", node.place) for name in names}
        keys = dict.fromkeys(entries, node.place)
        return self.block.read(replace(node, kind="mapping", entries=entries, keys=keys), reading)

    def show(self, value: Any) -> Any:
        return self.block.show(value)

    def schema(self) -> Schema:
        return {"anyOf": [self.names.schema(), self.block.schema()]}


@dataclass(frozen=True)
class ByKey(Shape):
    """One of several blocks; which one, its leading key tells."""

    what: str
    records: Mapping[str, Record] = field(default_factory=dict)

    def wanted(self) -> str:
        return f"{self.what} has one of the keys {', '.join(self.records)}"

    def read(self, node: Node, reading: Reading) -> Any:
        if node.kind != "mapping":
            return self.unfit(node, reading)
        leading = [name for name in self.records if name in node.entries]
        if len(leading) == 1:
            return self.records[leading[0]].read(node, reading)
        if leading:
            found = f"{self.what} with {' and '.join(leading)}"
            return reading.wrong(node.place, found, f"only one of {', '.join(self.records)}")
        for name in node.entries:
            found = f"the key {quoted(name)} is not known here"
            known = suggestion(name, tuple(self.records), f"keys of {self.what}")
            return reading.wrong(node.keys[name], found, known)
        return reading.wrong(node.place, f"{self.what} that is empty", self.wanted())

    def show(self, value: Any) -> Any:
        leading = next(name for name in self.records if name in value)
        return self.records[leading].show(value)

    def schema(self) -> Schema:
        return {"oneOf": [record.schema() for record in self.records.values()]}
