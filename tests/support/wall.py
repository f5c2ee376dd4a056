"""A wall without Kafka: a test puts views and alerts in, and the real server shows them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from schemas.commands import Command
from schemas.instants import format_ms
from schemas.keys import join_parts
from schemas.outputs import Alert, View
from stream_app.adapters.clock import now_ms as wall_clock
from stream_app.links import Links
from stream_app.settings import Settings
from stream_app.wall.answers import Refusal
from stream_app.wall.context import Wall
from stream_app.wall.feed import Feed, FeedState
from stream_app.wall.gate import Admission, Gate
from stream_app.wall.hub import Hub
from stream_app.wall.server import wall_app
from stream_app.wall.timelines import Told
from stream_app.wall.tokens import ACT, Tokens

_encode = msgspec.json.Encoder().encode
OPEN = Admission(Tokens([]), b"k" * 32, ACT)


def view(
    channel: str | None = "email",
    *,
    tenant: str = "acme",
    as_of: str | None = None,
    scope: Mapping[str, str] | None = None,
    levels: Mapping[str, Any] | None = None,
    **changes: Any,
) -> View:
    """A believable view of a channel, or with None of the whole tenant."""
    parts = dict(scope) if scope is not None else ({"channel": channel} if channel else {})
    fields: dict[str, Any] = {
        "tenant": tenant,
        "scope": parts,
        "as_of": as_of or format_ms(wall_clock()),
        "complete": True,
        "missing_partitions": [],
        "levels": {"open": 9, "waiting": 4, "overdue": 0, "at_risk": 0, "oldest_waiting_seconds": 0}
        | dict(levels or {}),
        "windows": {"1h": {"messages_in": 1210, "first_reply_met_ratio": 0.876}},
        "volume": {},
        "goals": [],
        "top": {},
    }
    return View(**(fields | changes))


def alert(number: int = 1, state: str = "firing", **changes: Any) -> Alert:
    """A believable alert about one conversation."""
    fields: dict[str, Any] = {
        "alert": f"v1-{number:024x}",
        "rule": "first_reply_breached",
        "tenant": "acme",
        "subject": {"kind": "conversation", "source": "zendesk/acme", "id": str(number), "channel": "email"},
        "episode": 1,
        "state": state,
        "since": "2026-01-12T08:30:00Z",
        "opened_at": "2026-01-12T08:30:00Z",
        "severity": "critical",
        "explain": {},
        "notified": [],
    }  # fmt: skip
    return Alert(**(fields | changes))


@dataclass
class PaperCommands:
    """Remembers commands instead of writing them; with `broken` it cannot."""

    written: list[tuple[bytes, Command]] = field(default_factory=list)
    broken: bool = False

    async def write(self, key: bytes, command: Command) -> str:
        if self.broken:
            raise Refusal(503, "Kafka does not take it", "try again")
        self.written.append((key, command))
        return f"0-{len(self.written) - 1}"

    async def close(self) -> None: ...


class PaperFeed(Feed):
    """A feed that reads nothing: what comes in is put in."""

    def __init__(self, now_ms: Callable[[], int] = wall_clock) -> None:
        super().__init__(Settings(), now_ms)
        self.read()

    def read(self) -> None:
        """All that was written has been read."""
        self.sessions += 1
        self.state = FeedState(True, None, None)
        self.news.set()

    def lose(self, problem: str = "the broker is gone") -> None:
        """The broker does not answer any more."""
        self.state = FeedState(False, self._now_ms(), problem)
        self.news.set()

    def forget(self, problem: str) -> None:
        """Nothing has been read yet, for the reason that is given."""
        self.sessions = 0
        self.state = FeedState(False, None, problem, alerts_read=0.0)

    def read_alerts(self, share: float) -> None:
        """Views have been read, and so much of the alerts."""
        self.state = FeedState(True, None, None, alerts_read=share)
        self.news.set()

    def put(self, *views: View, received_ms: int | None = None) -> None:
        """Views as workers write them."""
        at = self._now_ms() if received_ms is None else received_ms
        for each in views:
            self.store.put_view(key_of(each), _encode(each), at)
        self.news.set()

    def remove(self, gone: View) -> None:
        """The scope is no longer in use."""
        self.store.put_view(key_of(gone), None, self._now_ms())
        self.news.set()

    def put_alerts(self, *alerts: Alert) -> None:
        """Alerts as workers write them."""
        for each in alerts:
            self.store.put_alert(alert_key(each), _encode(each))
        self.news.set()


def key_of(view: View) -> bytes:
    """The record key of a view."""
    return join_parts(view.tenant, ",".join(f"{k}={v}" for k, v in view.scope.items()))


def alert_key(alert: Alert) -> bytes:
    """The record key of an alert."""
    return join_parts(alert.rule, alert.tenant, "|".join(alert.subject.values()))


@dataclass
class PaperWall:
    """The server with everything that a test may look at or break."""

    wall: Wall
    feed: PaperFeed
    commands: PaperCommands
    told: list[Told] = field(default_factory=list)
    url: str = ""


def paper_wall(
    admission: Admission = OPEN,
    now_ms: Callable[[], int] = wall_clock,
    most_clients: int = 500,
    links: Links | None = None,
) -> PaperWall:
    """A wall, not served yet."""
    feed, commands, told = PaperFeed(now_ms), PaperCommands(), list[Told]()

    async def timeline(tenant: str, source: str, native_id: str) -> Sequence[Told]:
        return told

    wall = Wall(
        feed=feed,
        hub=Hub(feed, now_ms),
        gate=Gate(admission, now_ms),
        commands=commands,
        timeline=timeline,
        now_ms=now_ms,
        most_clients=most_clients,
        has_tokens=len(admission.tokens) > 0,
        links=links,
    )
    return PaperWall(wall, feed, commands, told)


@asynccontextmanager
async def served(paper: PaperWall, port: int = 0) -> AsyncIterator[PaperWall]:
    """The wall on a port of this machine, with its hub running."""
    runner = web.AppRunner(wall_app(paper.wall), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    sending = asyncio.create_task(paper.wall.hub.run())
    paper.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield paper
    finally:
        paper.wall.hub.close()
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        await runner.cleanup()
