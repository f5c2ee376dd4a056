"""A feed on a Redis of one's own, told from views that a test sets; and what a client then sees."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis

from schemas.instants import format_ms
from schemas.outputs import View
from stream_app.adapters.redis_connect import connector
from stream_app.adapters.redis_feed import RedisFeed
from tests.support import parts
from tests.support.ports import free_port, is_listening
from tests.support.process import ServerProcess
from tests.support.servers import Server

NOW = 1_767_600_000_000
Hour = dict[str, Any]


def channel_view(channel: str = "whatsapp", hour: Hour | None = None, **parts: Any) -> View:
    """The view of a channel as of NOW; `levels`, `windows` and the other parts as given."""
    given: dict[str, Any] = {
        "tenant": "acme",
        "scope": {"channel": channel},
        "as_of": format_ms(NOW),
        "complete": True,
        "missing_partitions": [],
        "levels": {"open": 9, "waiting": 2, "overdue": 0, "at_risk": 0},
        "windows": {"1h": hour or {}},
        "volume": {},
        "goals": [],
        "top": {},
    }
    return View(**given | parts)


@dataclass
class Desk:
    """A job of the channels agent, as a feed sees it: views that a test puts here."""

    views: dict[tuple[str, str], View] = field(default_factory=dict)
    now: int = NOW

    def show(self, *views: View) -> None:
        """Show these views, each in the place of the one before it."""
        for view in views:
            scope = ",".join(f"{name}={value}" for name, value in view.scope.items())
            self.views[view.tenant, scope] = view


def feed_of(desk: Desk, url: str, sentinels: tuple[str, ...] = ()) -> RedisFeed:
    """A feed of one desk, by its own clock, for tenants on live time."""
    connect = connector(url, sentinels, "mymaster")
    return RedisFeed(lambda: [desk], connect, lambda: desk.now, lambda _: True)


@asynccontextmanager
async def running(feed: RedisFeed) -> AsyncIterator[None]:
    """The feed at work, as beside a worker's event path."""
    task = asyncio.create_task(feed.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def client(server: Server) -> "Redis":
    """A client that reads texts."""
    return Redis(port=server.port, decode_responses=True, socket_timeout=5)


def told(server: Server, key: str = "engagement:sla:acme:whatsapp") -> Callable[[], dict[str, str]]:
    """What the hash of a channel says when asked; nothing while Redis does not answer."""

    def ask() -> dict[str, str]:
        with client(server) as reader:
            fields: dict[str, str] = reader.hgetall(key)
            return fields

    return ask


def start_member(home: Path, *flags: str, port: int | None = None) -> Server:
    """A Redis with flags of its own: a replica, a Sentinel."""
    program = parts.find("redis-server", "valkey-server", package="redis-server")
    port = port or free_port()
    command = [program, *flags, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(home)]
    process = ServerProcess("redis", command, home / f"redis-{port}.log")
    process.start(lambda: is_listening(port))
    return Server(port, process)
