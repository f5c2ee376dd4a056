"""What every request is answered from, in one place."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from schemas.commands import Command
from stream_app.links import Links
from stream_app.wall.feed import Feed
from stream_app.wall.gate import Gate
from stream_app.wall.hub import Hub
from stream_app.wall.shapes import FeedShape
from stream_app.wall.timelines import Told


class CommandSink(Protocol):
    """Where commands are written; returns the place of the record. Raises Refusal."""

    async def write(self, key: bytes, command: Command) -> str: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class Wall:
    """The parts of one wall."""

    feed: Feed
    hub: Hub
    gate: Gate
    commands: CommandSink
    timeline: Callable[[str, str, str], Awaitable[Sequence[Told]]]
    now_ms: Callable[[], int]
    most_clients: int
    has_tokens: bool
    links: Links | None = None  # None: one-click links are not configured

    def feed_shape(self) -> FeedShape:
        """How the feed is."""
        return FeedShape(**self.feed.state.content())


WALL: web.AppKey[Wall] = web.AppKey("wall")
