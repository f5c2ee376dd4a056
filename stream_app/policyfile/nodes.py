"""YAML text as a tree that knows where each part stands.

Scalars stay text, so that `22:00` is no number in base sixty, `on` no truth value and `48` can be
told from `48h`. Not responsible for what the parts mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import yaml

from stream_app.policyfile.problems import Place, Report, quoted
from stream_app.policyfile.yaml_errors import explain

Kind = Literal["scalar", "list", "mapping", "empty"]
MAX_NODES: Final = 50_000
MAX_DEPTH: Final = 20
_STANDARD: Final = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list, a mapping, or nothing at all."""

    kind: Kind
    place: Place
    text: str = ""
    plain: bool = True  # not in quotation marks
    items: tuple["Node", ...] = ()
    entries: Mapping[str, "Node"] = field(default_factory=dict)
    keys: Mapping[str, Place] = field(default_factory=dict)

    def at(self, key: str) -> "Node":
        """The value of `key`, or this node where there is none; for pointing at."""
        return self.entries.get(key, self)

    def described(self) -> str:
        """What stands here, in words."""
        match self.kind:
            case "scalar":
                return quoted(self.text)
            case "list":
                return "a list"
            case "mapping":
                return "a block of keys"
            case _:
                return "nothing"


def read_yaml(text: str, file: str, report: Report) -> Node | None:
    """The tree of `text`; None when it is no YAML, and then `report` says why."""
    start = Place(file, 1, 1, "")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        report.error(*explain(error, text, start))
        return None
    if root is None:
        return Node("empty", start)
    try:
        return _Tree(file, report).node(root, "", 0)
    except _TooBigError:
        report.error(start, "the file unfolds to too many parts", "use fewer anchors and aliases")
        return None


def literal(value: object, place: Place) -> Node:
    """A tree for a default that stands in our own tables."""
    match value:
        case None:
            return Node("empty", place)
        case dict():
            entries = {str(key): literal(item, place) for key, item in value.items()}
            return Node("mapping", place, entries=entries, keys=dict.fromkeys(entries, place))
        case list():
            return Node("list", place, items=tuple(literal(item, place) for item in value))
        case bool():
            return Node("scalar", place, str(value).lower())
        case _:
            return Node("scalar", place, str(value))


class _TooBigError(Exception):
    """Aliases of aliases."""


class _Tree:
    """Converts PyYAML's nodes; paths use names where the parts of a list have one."""

    def __init__(self, file: str, report: Report) -> None:
        self._file = file
        self._report = report
        self._count = 0

    def node(self, raw: yaml.Node, path: str, depth: int) -> Node:
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise _TooBigError
        place = self._place(raw, path)
        if not raw.tag.startswith(_STANDARD):
            self._report.error(place, f"the tag {raw.tag}", "a policy file uses no YAML tags")
        if isinstance(raw, yaml.SequenceNode):
            items = (
                self.node(item, f"{path}[{_label(item, index)}]", depth + 1)
                for index, item in enumerate(raw.value, 1)
            )
            return Node("list", place, items=tuple(items))
        if isinstance(raw, yaml.MappingNode):
            return self._mapping(raw, place, depth)
        plain = not (isinstance(raw, yaml.ScalarNode) and raw.style)
        if raw.tag == f"{_STANDARD}null" and plain:
            return Node("empty", place)
        return Node("scalar", place, raw.value, plain=plain)

    def _mapping(self, raw: yaml.MappingNode, place: Place, depth: int) -> Node:
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        inherited: list[Node] = []
        for key, value in raw.value:
            if not isinstance(key, yaml.ScalarNode):
                where = self._place(key, place.path)
                self._report.error(where, "a list or block as a key", "a key is a word")
                continue
            name = str(key.value)
            where = self._place(key, f"{place.path}.{name}" if place.path else name)
            if key.tag == f"{_STANDARD}merge":
                inherited.extend(self._merged(value, place.path, depth))
            elif name in keys:
                first = f"the key {name} a second time (first on line {keys[name].line})"
                self._report.error(where, first, "each key may stand once")
            else:
                keys[name] = where
                entries[name] = self.node(value, where.path, depth + 1)
        for base in inherited:
            for name, entry in base.entries.items():
                entries.setdefault(name, entry)
                keys.setdefault(name, base.keys[name])
        return Node("mapping", place, entries=entries, keys=keys)

    def _merged(self, raw: yaml.Node, path: str, depth: int) -> Iterator[Node]:
        """The mappings that `<<` refers to; an earlier one wins."""
        bases = raw.value if isinstance(raw, yaml.SequenceNode) else [raw]
        for base in bases:
            node = self.node(base, path, depth + 1)
            if node.kind == "mapping":
                yield node
            else:
                self._report.error(node.place, f"<< with {node.described()}", "<< takes a block")

    def _place(self, raw: yaml.Node, path: str) -> Place:
        mark = raw.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1, path)


def _label(raw: yaml.Node, index: int) -> str:
    if isinstance(raw, yaml.MappingNode):
        for key, value in raw.value:
            named = isinstance(key, yaml.ScalarNode) and key.value == "name"
            if named and isinstance(value, yaml.ScalarNode) and value.value:
                return str(value.value)
    return f"#{index}"
