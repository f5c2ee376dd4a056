"""What a part of the file may look like: scalars. Shapes read, show and describe themselves.

A shape reports what is wrong and returns `INVALID`; reading goes on, so that one run finds all.
Shapes know nothing of policies: which there are stands in `stream_app.policyfile.grammar`. Lists,
blocks and alternatives stand in `stream_app.policyfile.blocks`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from stream_app.policyfile.nodes import Node
from stream_app.policyfile.problems import Place, Report, listed, quoted, suggestion
from stream_app.policyfile.scalars import Hours, Share, Span, Wrong

Schema = dict[str, Any]
INVALID: Final = object()


@dataclass(frozen=True, slots=True)
class Reading:
    """One run over one file: where findings go, and which names the file defines."""

    report: Report
    names: Mapping[str, Sequence[str]]

    def wrong(self, place: Place, found: str, allowed: str) -> Any:
        """Report an error; returns INVALID for the caller to pass on."""
        self.report.error(place, found, allowed)
        return INVALID


class Shape(ABC):
    """A kind of value."""

    @abstractmethod
    def wanted(self) -> str:
        """What is allowed here, in words."""

    @abstractmethod
    def read(self, node: Node, reading: Reading) -> Any:
        """The value in normal form, or INVALID after reporting why."""

    @abstractmethod
    def schema(self) -> Schema:
        """JSON Schema of what may be written."""

    def show(self, value: Any) -> Any:
        """The normal form as it would be written in a file."""
        return value

    def unfit(self, node: Node, reading: Reading) -> Any:
        """Report that something of quite another kind stands here."""
        return reading.wrong(node.place, f"found {node.described()}", self.wanted())


@dataclass(frozen=True)
class Word(Shape):
    """A scalar that `parse` understands; `parse` raises Wrong for others."""

    parse: Callable[[str], Any]
    words: str
    json: Schema

    def wanted(self) -> str:
        return self.words

    def read(self, node: Node, reading: Reading) -> Any:
        if node.kind != "scalar":
            return self.unfit(node, reading)
        try:
            return self.parse(node.text)
        except Wrong as wrong:
            return reading.wrong(node.place, wrong.found, wrong.allowed)

    def schema(self) -> Schema:
        return dict(self.json)

    def show(self, value: Any) -> Any:
        if isinstance(value, Span | Share | Hours):
            return value.text
        return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True)
class Choice(Shape):
    """One of a few words; `aliases` are further ones that are read as one of these."""

    what: str
    choices: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def wanted(self) -> str:
        return f"{self.what}: {listed(self.choices)}"

    def read(self, node: Node, reading: Reading) -> Any:
        if node.kind != "scalar":
            return self.unfit(node, reading)
        word = self.aliases.get(node.text, node.text)
        if word in self.choices:
            return word
        found = f"{quoted(node.text)} is not known here"
        return reading.wrong(node.place, found, suggestion(node.text, self.choices, self.what))

    def schema(self) -> Schema:
        return {"enum": [*self.choices, *self.aliases]}


@dataclass(frozen=True)
class Ref(Shape):
    """A name that this file defines elsewhere, such as a calendar."""

    kind: str

    def wanted(self) -> str:
        return f"the name of a {self.kind}"

    def read(self, node: Node, reading: Reading) -> Any:
        if node.kind != "scalar":
            return self.unfit(node, reading)
        known = reading.names[self.kind]
        if node.text in known:
            return node.text
        found = f"no {self.kind} is named {quoted(node.text)}"
        return reading.wrong(node.place, found, suggestion(node.text, known, f"{self.kind}s"))

    def schema(self) -> Schema:
        return {"type": "string"}
