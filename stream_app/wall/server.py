"""The wall's HTTP server: its parts put together, routes, start and stop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec
from aiohttp import web

from stream_app.adapters.clock import now_ms as wall_clock
from stream_app.credentials import credential
from stream_app.errors import UserError
from stream_app.links import SECRETS, links_of
from stream_app.settings import Settings
from stream_app.wall.answers import Handler, add_headers, guard, json_answer
from stream_app.wall.assets import asset_routes
from stream_app.wall.clicks import click_routes
from stream_app.wall.commands import CommandWriter
from stream_app.wall.context import WALL, Wall
from stream_app.wall.feed import Feed
from stream_app.wall.gate import Admission, Gate, admission_of, require_own_page
from stream_app.wall.hub import Hub
from stream_app.wall.openapi import document
from stream_app.wall.routes import PREFIX, ROUTES
from stream_app.wall.routing import Route, read_body, read_call
from stream_app.wall.timelines import Workers
from stream_app.wall.tokens import Caller, read_tokens, session_key

MOST_BYTES: Final = 16_384  # of a body
_GRACE_SECONDS: Final = 2.0
_NOBODY: Final = Caller("nobody", "view")


def wall_app(wall: Wall) -> web.Application:
    """Page and API on an aiohttp application; nothing runs yet."""
    app = web.Application(middlewares=[guard], client_max_size=MOST_BYTES)
    app[WALL] = wall
    app.add_routes([web.route(route.method, _pattern(route), _serving(route)) for route in ROUTES])
    app.router.add_get(f"{PREFIX}/openapi.json", _openapi())
    app.add_routes([*asset_routes(), *click_routes()])
    app.on_response_prepare.append(add_headers)
    return app


def make_wall(settings: Settings, now_ms: Callable[[], int] = wall_clock) -> Wall:
    """The parts of a wall. Raises UserError when it would be open to whoever finds it."""
    admission = _admission(settings)
    feed = Feed(settings, now_ms)
    hub = Hub(feed, now_ms)
    return Wall(
        feed=feed,
        hub=hub,
        gate=Gate(admission, now_ms),
        commands=CommandWriter(settings),
        timeline=Workers(settings.workers).timeline,
        now_ms=now_ms,
        most_clients=settings.wall_clients,
        has_tokens=len(admission.tokens) > 0,
        links=links_of(credential(SECRETS)),
    )


def _admission(settings: Settings) -> Admission:
    tokens = read_tokens()
    admission = admission_of(tokens, session_key(), settings.wall_host, settings.wall_open)
    if admission is None:
        raise UserError(
            f"on {settings.wall_host} everybody could look at this wall and act on alerts",
            "name tokens in PEGEL_WALL_TOKENS_FILE, or say what all may do: --open view or --open act",
        )
    return admission


async def serving(settings: Settings) -> AsyncIterator[int]:
    """A context: the wall runs while it is entered; gives the port."""
    wall = make_wall(settings)
    runner = web.AppRunner(wall_app(wall), access_log=None, shutdown_timeout=_GRACE_SECONDS)
    await runner.setup()
    tasks = [asyncio.create_task(wall.feed.run()), asyncio.create_task(wall.hub.run())]
    try:
        await _listen(runner, settings)
        yield int(runner.addresses[0][1])
    finally:
        wall.hub.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()
        await wall.commands.close()


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    try:
        await web.TCPSite(runner, settings.wall_host, settings.wall_port).start()
    except OSError as problem:
        raise UserError(
            f"cannot serve on {settings.wall_host}:{settings.wall_port}: "
            f"{problem.strerror or problem}",
            "free it, or set PEGEL_WALL_HOST and PEGEL_WALL_PORT",
        ) from problem


def _pattern(route: Route) -> str:
    """A source holds a slash (vendor/account); it may be percent-encoded or not."""
    return route.path.replace("{source}/{id}", "{source:.+}/{id:[^/]+}")


def _serving(route: Route) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        wall = request.app[WALL]
        caller = _NOBODY
        if route.role is not None:
            act = route.method != "GET"
            gate = wall.gate
            caller = gate.require_act(request) if act else gate.require(request, route.role)
        call = read_call(route, wall, request, caller)
        if route.body is not None:
            require_own_page(request)
            call = call._replace(body=await read_body(request, route.body))
        return await route.handler(call)

    return serve


def _openapi() -> Handler:
    body = msgspec.json.encode(document(ROUTES))

    async def openapi(request: web.Request) -> web.Response:
        return json_answer(request, body)

    return openapi
