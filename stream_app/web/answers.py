"""How every answer leaves: JSON, security headers, no stack traces."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
LONGEST_NAME: Final = 256


def json_answer(content: Any, status: int = 200) -> web.Response:
    """An answer that msgspec can encode: builtins, structs, dataclasses."""
    body = msgspec.json.encode(content)
    return web.Response(body=body, status=status, content_type="application/json")


class Refusal(Exception):
    """A request that cannot be met: what is wrong, and what to do about it."""

    def __init__(self, status: int, error: str, hint: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.content = {"error": error} | ({"hint": hint} if hint else {})


def name_of(request: web.Request, part: str) -> str:
    """A part of the path or of the query that names something; 400 when it cannot be a name."""
    name = request.match_info.get(part) or request.query.get(part, "")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refusal(400, f"{part} must be 1 to {LONGEST_NAME} printable characters")
    return name


def tenants_of(request: web.Request, known: list[str]) -> list[str]:
    """The tenant that `?tenant=` asks for, else all; 404 for one that the policy does not name."""
    if "tenant" not in request.query:
        return known
    tenant = name_of(request, "tenant")
    if tenant not in known:
        raise Refusal(404, "unknown tenant", "the policy names: " + ", ".join(known[:20]))
    return [tenant]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every failure into a short answer, and put the headers on whatever leaves."""
    try:
        response = await handler(request)
    except Refusal as refusal:
        response = json_answer(refusal.content, refusal.status)
    except web.HTTPException as problem:
        response = _described(problem)
    except Exception:
        _log.exception("a request for %s failed", request.path)
        response = json_answer({"error": "internal error, see the worker's log"}, 500)
    response.headers.update(_HEADERS)
    return response


def _described(problem: web.HTTPException) -> web.Response:
    answer = json_answer({"error": problem.reason.lower()}, problem.status)
    if "Allow" in problem.headers:
        answer.headers["Allow"] = problem.headers["Allow"]
    return answer
