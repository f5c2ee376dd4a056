"""Logging in and out, the live stream, the timeline that a worker knows, and health."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from stream_app import __version__
from stream_app.wall.answers import Refusal, json_answer
from stream_app.wall.gate import COOKIE, SESSION_SECONDS, require_own_page
from stream_app.wall.reads import tenant_of
from stream_app.wall.routing import Call
from stream_app.wall.shapes import HealthAnswer, SessionAnswer, TimelineAnswer
from stream_app.wall.stream import follow
from stream_app.wall.timelines import Told
from stream_app.wall.tokens import Caller

_CROWDED: Final = 10  # seconds after which a screen that found no room may come again


async def log_in(call: Call) -> web.Response:
    """A session for the secret of a token."""
    caller, session = call.wall.gate.log_in(call.request, call.body.token)
    response = json_answer(call.request, _session(call, caller))
    response.set_cookie(
        COOKIE, session, max_age=SESSION_SECONDS, httponly=True, samesite="Strict",
        secure=_over_tls(call.request), path="/",
    )  # fmt: skip
    return response


async def log_out(call: Call) -> web.Response:
    """Forget the session."""
    require_own_page(call.request)
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
    return response


async def session(call: Call) -> web.Response:
    """Who the caller is."""
    return json_answer(call.request, _session(call, call.caller))


async def stream(call: Call) -> web.StreamResponse:
    """Follow a tenant live."""
    wall = call.wall
    if len(wall.hub) >= wall.most_clients:
        raise Refusal(
            503, "too many screens follow already", "raise PEGEL_WALL_CLIENTS"
        ).retry_after(_CROWDED)
    return await follow(call.request, wall.hub, call.text("tenant"), call.values["scope"])


async def timeline(call: Call) -> web.Response:
    """The clock timeline of one conversation, from the worker that owns it."""
    tenant, source, native_id = tenant_of(call), call.values["source"], call.values["id"]
    told = await call.wall.timeline(tenant, source, native_id)
    found = next((each.content for each in told if each.status == 200), None)
    if found is None:
        raise _not_found(told, source, native_id)
    answer = TimelineAnswer(
        tenant=tenant,
        as_of=found.get("as_of"),
        complete=True,
        missing_partitions=[],
        stale=False,
        behind=False,
        feed=call.wall.feed_shape(),
        conversation=found,
    )
    return json_answer(call.request, answer)


async def healthz(call: Call) -> web.Response:
    """That it answers is the answer."""
    return json_answer(call.request, _health(call))


async def readyz(call: Call) -> web.Response:
    """200 while the feed is read and connected."""
    health = _health(call)
    return json_answer(call.request, health, 200 if health.ready else 503)


def _health(call: Call) -> HealthAnswer:
    wall = call.wall
    ready = wall.feed.state.connected
    return HealthAnswer(
        version=__version__, ready=ready, clients=len(wall.hub), feed=wall.feed_shape()
    )


def _session(call: Call, caller: Caller) -> SessionAnswer:
    return SessionAnswer(name=caller.name, role=caller.role, tokens=call.wall.has_tokens)


def _over_tls(request: web.Request) -> bool:
    return request.secure or request.headers.get("X-Forwarded-Proto", "") == "https"


def _not_found(told: Sequence[Told], source: str, native_id: str) -> Refusal:
    silent = sum(not each.status for each in told)
    if silent == len(told):
        return Refusal(502, "no worker answers", "name them all in PEGEL_WORKERS")
    detail = f"no conversation {native_id} of {source}"
    if silent:
        return Refusal(502, f"{detail} at those that answer", f"{silent} workers do not; ask again")
    hints = [str(each.content.get("hint", "")) for each in told]
    if any("restoring" in hint for hint in hints):
        return Refusal(503, "a worker is still restoring it", "ask again").retry_after(5)
    return Refusal(404, detail, "check source and id; PEGEL_WORKERS must name all workers")
