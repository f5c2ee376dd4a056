"""Parts of a history: which conversations belong together, so that the others can run beside them.

Conversations know nothing of one another, but for merges: what was merged into another one goes into
the same part, with all that hangs together with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from xxhash import xxh3_64_intdigest

from schemas.events import TICKET_MERGED
from stream_app.replay import EventFile
from stream_app.replay.lines import Lines


class Part(NamedTuple):
    """One of so many parts; `roots` gives linked conversations one name for all."""

    number: int = 0
    of: int = 1
    roots: Mapping[str, str] = {}

    def has(self, conversation: str) -> bool:
        """Whether a conversation is in this part."""
        if self.of == 1:
            return True
        name = self.roots.get(conversation, conversation)
        return xxh3_64_intdigest(name.encode()) % self.of == self.number


EVERYTHING: Final = Part()


def parts_of(file: EventFile, count: int) -> list[Part]:
    """A history in `count` parts. Mapped files know no merges; others are read through for them."""
    roots = {} if file.mapped else roots_of(_merges(file))
    return [Part(number, count, roots) for number in range(count)]


def roots_of(links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """For each linked conversation the one that stands for all that are linked with it."""
    above: dict[str, str] = {}

    def root(name: str) -> str:
        while (higher := above.setdefault(name, name)) != name:
            above[name] = name = above[higher]
        return name

    for one, other in links:
        above[root(one)] = root(other)
    return {name: root(name) for name in above}


class _Merge(msgspec.Struct):
    type: str
    subject: str
    data: dict[str, Any]


_decode: Final = msgspec.json.Decoder(_Merge).decode


def _merges(file: EventFile) -> Iterator[tuple[str, str]]:
    with Lines(file.path) as lines:
        for line in lines:
            # An escaped character might hide the word.
            if line is None or not (b"merged" in line or b"\\u" in line):
                continue
            try:
                event = _decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # the reader of the events says what is wrong with it
            into = event.data.get("into")
            if event.type == TICKET_MERGED and isinstance(into, str):
                yield event.subject, into
