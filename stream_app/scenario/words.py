"""The words of a scenario file that policies do not have: instants with an offset, lengths of time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.instants import parse_ms
from stream_app.policyfile import scalars
from stream_app.policyfile.figures import CLOCKS
from stream_app.policyfile.nodes import Node
from stream_app.policyfile.problems import quoted, suggestion
from stream_app.policyfile.scalars import Wrong
from stream_app.policyfile.shapes import Reading, Word
from stream_app.scenario.model import Instant

_INSTANT_HELP: Final = "write an instant with its offset, such as 2026-01-09T15:00:00+01:00"
_LENGTH_HELP: Final = "write a duration such as 40m, 1h30m or 2d, or a number of seconds"


def instant(text: str) -> Instant:
    """An RFC 3339 instant; one without an offset is refused."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{quoted(text)} is no instant", _INSTANT_HELP) from None
    offset = moment.utcoffset()
    if offset is None:
        found = f"{quoted(text)} has no offset"
        raise Wrong(found, "add Z, or the offset of the place that is meant, such as +01:00")
    return Instant(parse_ms(text), int(offset.total_seconds()))


def length(text: str) -> int:
    """Milliseconds of a duration, or of a number of seconds."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            return scalars.duration(text).ms
        except Wrong as wrong:
            raise Wrong(wrong.found, _LENGTH_HELP) from None
    if not 0 <= seconds < 1e10:
        raise Wrong(f"{quoted(text)} is no length of time", _LENGTH_HELP)
    return round(seconds * 1000)


def clock_name(text: str) -> tuple[str, str]:
    """`CONVERSATION/CLOCK`."""
    conversation, _, clock = text.rpartition("/")
    if not conversation:
        raise Wrong(f"{quoted(text)} names no clock", "write CONVERSATION/CLOCK: T-1/first_reply")
    if clock not in CLOCKS:
        found = f"{quoted(clock)} is no clock"
        raise Wrong(found, suggestion(clock, CLOCKS, "clocks"))
    return conversation, clock


def any_text(text: str) -> str:
    """Any text but none."""
    if not text:
        raise Wrong("an empty text", "write at least one character")
    return text


@dataclass(frozen=True)
class OrNull(Word):
    """A word, or `null` for: there is none."""

    def read(self, node: Node, reading: Reading) -> Any:
        return None if node.kind == "empty" else super().read(node, reading)


INSTANT: Final = Word(instant, _INSTANT_HELP, {"type": "string", "format": "date-time"})
INSTANT_OR_NULL: Final = OrNull(instant, _INSTANT_HELP, {"type": ["string", "null"]})
LENGTH: Final = Word(length, _LENGTH_HELP, {"type": ["string", "number"]})
CLOCK: Final = Word(clock_name, "CONVERSATION/CLOCK, such as T-1/first_reply", {"type": "string"})
TEXT: Final = Word(any_text, "any text", {"type": "string"})
TEXT_OR_NULL: Final = OrNull(any_text, "any text, or null", {"type": ["string", "null"]})
