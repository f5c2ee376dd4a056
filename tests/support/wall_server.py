"""A small server that keeps the wall page's contract: the files, the stream, acknowledgements.

It says what a test tells it to say, and can fall silent, hang up, or ask for a token.
"""

import asyncio
from importlib.resources import files
from typing import Any, Self

import orjson
from aiohttp import web

from schemas.instants import format_ms
from tests.support.wall_data import INTERVAL, Organisation

POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_TYPES = {
    "css": "text/css", "html": "text/html", "js": "text/javascript", "json": "application/json",
    "svg": "image/svg+xml", "woff2": "font/woff2",
}  # fmt: skip
Json = dict[str, Any]


class WallServer:
    """Serves the page to any number of screens. Use as an async context manager."""

    def __init__(self, organisation: Organisation, *, token: str | None = None) -> None:
        self.organisation = organisation
        self.token = token
        self.role = "act"
        self.version = "1"
        self.beating = True
        self.interval = INTERVAL
        self.feed: Json = {"connected": True, "since": None, "problem": None}
        self.asked: list[Json] = []  # acknowledgements and snoozes
        self.answer = 202
        self.port = 0
        self.now = organisation.now
        self._version = 1
        self._screens: set[asyncio.Queue[tuple[str, Json] | None]] = set()
        self._runner: web.AppRunner | None = None
        self._offset = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; again on the same port after a stop."""
        app = web.Application()
        app.on_response_prepare.append(_policy)
        app.add_routes(
            [
                web.get("/", self._asset),
                web.get("/assets/{name}", self._asset),
                web.get("/api/v1/stream", self._stream),
                web.post("/api/v1/alerts/{alert}/{action}", self._answer),
                web.get("/api/v1/session", self._session),
                web.get("/healthz", self._health),
                web.post("/api/v1/session", self._log_in),
            ]
        )
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        self._offset = self.now - asyncio.get_running_loop().time() * 1000
        self._beat()

    async def stop(self) -> None:
        """Hang up on everybody."""
        self.hang_up()
        if self._timer is not None:
            self._timer.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def hang_up(self) -> None:
        """End every stream that is open."""
        for screen in self._screens:
            screen.put_nowait(None)

    @property
    def screens(self) -> int:
        """How many follow."""
        return len(self._screens)

    def say(self, event: str, **content: Any) -> None:
        """Send one event to everybody."""
        self._version += event != "beat"
        message = {
            "version": self._version,
            "now": format_ms(self.now),
            "feed": self.feed,
            **content,
        }
        for screen in self._screens:
            screen.put_nowait((event, message))

    def snapshot(self) -> Json:
        """All that there is."""
        return {
            "version": self._version,
            "now": format_ms(self.now),
            "interval_seconds": self.interval,
            "tenant": self.organisation.tenant,
            "tenants": [self.organisation.tenant],
            "views": list(self.organisation.views.values()),
            "alerts": list(self.organisation.alerts.values()),
            "feed": self.feed,
        }

    def _beat(self) -> None:
        """Every half second; a timer rather than a task, so that nothing waits."""
        loop = asyncio.get_running_loop()
        if self.beating:
            self.now = int(self._offset + loop.time() * 1000)
            views = list(self.organisation.moved_to(self.now))
            self.say("delta", views=views, gone=[], alerts=[])
        self._timer = loop.call_later(0.5, self._beat)

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "wall.html")
        place = files("stream_app.wall") / "assets" / name
        kind = _TYPES.get(name.rpartition(".")[2])
        if kind is None or not place.is_file():
            raise web.HTTPNotFound
        return web.Response(body=place.read_bytes(), content_type=kind)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"retry: 500\n\n")
        queue: asyncio.Queue[tuple[str, Json] | None] = asyncio.Queue()
        queue.put_nowait(("snapshot", self.snapshot()))
        self._screens.add(queue)
        try:
            while (message := await queue.get()) is not None:
                event, content = message
                head = f"id: {content['version']}\nevent: {event}\ndata: "
                await response.write(head.encode() + orjson.dumps(content) + b"\n\n")
        except ConnectionError:
            pass
        finally:
            self._screens.discard(queue)
        return response

    def _let_in(self, request: web.Request) -> None:
        if self.token is not None and request.cookies.get("session") != self.token:
            raise web.HTTPUnauthorized

    async def _session(self, request: web.Request) -> web.Response:
        self._let_in(request)
        return web.json_response(
            {"name": "a screen", "role": self.role, "tokens": bool(self.token)}
        )

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"version": self.version})

    async def _log_in(self, request: web.Request) -> web.Response:
        if (await request.json())["token"] != self.token:
            raise web.HTTPUnauthorized
        response = web.json_response({"name": "a screen", "role": self.role, "tokens": True})
        response.set_cookie("session", self.token or "", httponly=True, samesite="Strict")
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        self._let_in(request)
        self.asked.append({**request.match_info, **await request.json()})
        return web.Response(status=self.answer)


async def _policy(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = POLICY
