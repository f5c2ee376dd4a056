"""The live stream's messages as bytes: encoded once, however many screens follow.

A frame is one event of a `text/event-stream`. Those who take gzip get the same frame deflated: each
ends with a full flush, so that any sequence of them behind a gzip header is one valid stream.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

_encode = msgspec.json.Encoder().encode
_LEVEL: Final = 3
GZIP_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
RETRY: Final = b"retry: 3000\n\n"


class Frame:
    """One event, plain and deflated."""

    __slots__ = ("_deflated", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._deflated: bytes | None = None

    @property
    def deflated(self) -> bytes:
        """The frame for those who take gzip."""
        if self._deflated is None:
            packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
            self._deflated = packer.compress(self.plain) + packer.flush(zlib.Z_FULL_FLUSH)
        return self._deflated


def frame(event: str, version: int, content: bytes) -> Frame:
    """An event. `content` is JSON on one line."""
    return Frame(b"id: %d\nevent: %s\ndata: %s\n\n" % (version, event.encode(), content))


def json_object(fields: Mapping[str, Any]) -> bytes:
    """A JSON object; a `Lines` among the values is a list of what is JSON already."""
    parts = [
        _encode(name) + b":" + (bytes(value) if isinstance(value, Lines) else _encode(value))
        for name, value in fields.items()
    ]
    return b"{" + b",".join(parts) + b"}"


class Lines:
    """A JSON list of values that are encoded already."""

    def __init__(self, values: Iterable[bytes]) -> None:
        self._values = values

    def __bytes__(self) -> bytes:
        return b"[" + b",".join(self._values) + b"]"
