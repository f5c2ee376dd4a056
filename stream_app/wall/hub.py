"""Hands what is new to everybody who follows: one snapshot each, then shared deltas and beats.

1. Changes are collected and sent at most every `PACE_SECONDS`; when nothing was sent for a second, a
   beat is, so that a screen can tell a quiet desk from a dead line.
2. A delta is encoded once for all who follow the same tenant.
3. Nobody is waited for. A client that does not keep up loses what is queued for it and gets a fresh
   snapshot when it reads again; one that does not read at all is let go.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from schemas.instants import format_ms
from schemas.outputs import VIEW_INTERVAL_MS
from stream_app.wall.feed import Feed, FeedState
from stream_app.wall.frames import Frame, Lines, frame, json_object
from stream_app.wall.held import HeldView
from stream_app.wall.store import Changed

PACE_SECONDS: Final = 0.1
BEAT_SECONDS: Final = 0.9  # "at least every second" has to survive a slow turn of the loop
MOST_FRAMES: Final = 16
MOST_BYTES: Final = 2 << 20
MOST_ALERTS: Final = 200
_SAME_MOMENT_MS: Final = 100
WIDE, ALL = "wide", "all"


class Client:
    """What waits to be written to one screen."""

    def __init__(self) -> None:
        self.lagging = False
        self.closed = False
        self.resyncs = 0
        self._frames: deque[Frame] = deque()
        self._size = 0
        self._wake = asyncio.Event()

    def push(self, sent: Frame) -> None:
        """Queue a frame; too many of them are dropped for a snapshot."""
        if self.lagging:
            return
        self._frames.append(sent)
        self._size += len(sent.plain)
        if len(self._frames) > MOST_FRAMES or self._size > MOST_BYTES:
            self.lagging = True
            self.resyncs += 1
            self._clear()
        self._wake.set()

    def beat(self, sent: Frame) -> None:
        """Queue a beat, unless there is something better to write."""
        if not self._frames:
            self.push(sent)

    def close(self) -> None:
        """There will be no more."""
        self.closed = True
        self._wake.set()

    async def take(self) -> list[Frame]:
        """Wait for frames and take them all; none when a snapshot is due, or the end has come."""
        await self._wake.wait()
        self._wake.clear()
        taken = list(self._frames)
        self._clear()
        return taken

    def _clear(self) -> None:
        self._frames.clear()
        self._size = 0


class Audience:
    """Everybody who follows the same: a tenant, with wide scopes alone or with all of them."""

    def __init__(self, asked: str | None, scopes: str) -> None:
        self.asked, self.scopes = asked, scopes  # None: the first tenant that there is
        self.tenant = asked or ""
        self.clients: set[Client] = set()
        self.shown: set[str] = set()  # alerts that the last snapshot or delta left on the screens
        self.made: tuple[int, int, Frame] | None = None  # version, instant, snapshot

    def choose(self, tenants: list[str]) -> None:
        """Settle which tenant is meant."""
        if self.asked is None:
            self.tenant = tenants[0] if tenants else ""

    def sees(self, held: HeldView) -> bool:
        """Whether a view is for these screens."""
        return held.view.tenant == self.tenant and in_scopes(held.view.scope, self.scopes)


class Hub:
    """One for each wall."""

    def __init__(self, feed: Feed, now_ms: Callable[[], int]) -> None:
        self.version = 0
        self._feed = feed
        self._now_ms = now_ms
        self._audiences: dict[tuple[str | None, str], Audience] = {}
        self._tenants: list[str] = []
        self._session = -1
        self._told: FeedState | None = None

    def __len__(self) -> int:
        return sum(len(audience.clients) for audience in self._audiences.values())

    def join(self, tenant: str | None, scopes: str) -> tuple[Client, Audience]:
        """A screen begins to follow; a snapshot is queued for it."""
        client = Client()
        audience = self._audiences.setdefault((tenant, scopes), Audience(tenant, scopes))
        audience.clients.add(client)
        client.push(self.snapshot(audience))
        return client, audience

    def leave(self, client: Client, audience: Audience) -> None:
        """A screen is gone."""
        audience.clients.discard(client)
        if not audience.clients:
            self._audiences.pop((audience.asked, audience.scopes), None)

    def close(self) -> None:
        """Let everybody go."""
        for audience in self._audiences.values():
            for client in audience.clients:
                client.close()

    async def run(self) -> None:
        """Send for ever."""
        loop = asyncio.get_running_loop()
        sent = loop.time()
        while True:
            try:
                async with asyncio.timeout_at(sent + BEAT_SECONDS):
                    await self._feed.news.wait()
            except TimeoutError:
                self._beat()
            else:
                self._feed.news.clear()
                self.flush()
            sent = loop.time()
            await asyncio.sleep(PACE_SECONDS)

    def flush(self) -> None:
        """Send what has changed."""
        changed = self._feed.store.take_changed()
        tenants = self._feed.store.tenants()
        new_picture = self._feed.sessions != self._session or tenants != self._tenants
        if not (changed or new_picture or self._feed.state != self._told):
            return
        self._session, self._told = self._feed.sessions, self._feed.state
        self._tenants = tenants
        self.version += 1
        for audience in self._audiences.values():
            sent = self.snapshot(audience) if new_picture else self._delta(audience, changed)
            for client in audience.clients:
                client.push(sent)

    def snapshot(self, audience: Audience) -> Frame:
        """Everything that a screen needs; shared by those who come at the same moment."""
        now = self._now_ms()
        if audience.made is not None:
            version, at, made = audience.made
            if version == self.version and 0 <= now - at <= _SAME_MOMENT_MS:
                return made
        store = self._feed.store
        tenants = store.tenants()
        audience.choose(tenants)
        total, alerts = store.gravest(audience.tenant, MOST_ALERTS)
        audience.shown = {held.alert.alert for held in alerts}
        views = [h.json for h in store.views(audience.tenant) if audience.sees(h)]
        fields = {
            "version": self.version,
            "now": format_ms(now),
            "interval_seconds": VIEW_INTERVAL_MS / 1000,
            "tenant": audience.tenant,
            "tenants": tenants,
            "views": Lines(views),
            "alerts": Lines(held.json for held in alerts),
            "alerts_total": total,
            "feed": self._feed.state.content(),
        }
        made = frame("snapshot", self.version, json_object(fields))
        audience.made = self.version, now, made
        return made

    def _delta(self, audience: Audience, changed: Changed) -> Frame:
        gone = [
            dict(scope)
            for tenant, scope in changed.gone
            if tenant == audience.tenant and in_scopes(dict(scope), audience.scopes)
        ]
        views = [held.json for held in changed.views.values() if audience.sees(held)]
        fields = {
            "version": self.version,
            "now": format_ms(self._now_ms()),
            "views": Lines(views),
            "gone": gone,
            **self._alerts(audience, changed),
            "feed": self._feed.state.content(),
        }
        return frame("delta", self.version, json_object(fields))

    def _alerts(self, audience: Audience, changed: Changed) -> dict[str, object]:
        """Of very many alerts screens get the gravest: those that changed, and those that moved up."""
        mine = {n: h for n, h in changed.alerts.items() if h.alert.tenant == audience.tenant}
        if not mine:
            return {"alerts": []}
        total, gravest = self._feed.store.gravest(audience.tenant, MOST_ALERTS)
        now = {held.alert.alert: held for held in gravest}
        moved_up = {name: held for name, held in now.items() if name not in audience.shown}
        told = moved_up | {n: h for n, h in mine.items() if n in now or n in audience.shown}
        audience.shown = set(now)
        return {"alerts": Lines(held.json for held in told.values()), "alerts_total": total}

    def _beat(self) -> None:
        fields = {
            "version": self.version,
            "now": format_ms(self._now_ms()),
            "feed": self._feed.state.content(),
        }
        beat = frame("beat", self.version, json_object(fields))
        for audience in self._audiences.values():
            for client in audience.clients:
                client.beat(beat)


def in_scopes(scope: dict[str, str], scopes: str) -> bool:
    """Wide scopes have one part at most: the tenant, a channel, a team."""
    return scopes == ALL or len(scope) <= 1
