"""How every answer leaves: JSON with a validator, compressed, security headers, problems in one form."""

import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PROBLEM: Final = "application/problem+json"
_COMPRESS_FROM: Final = 1_024
_encode = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Problem(msgspec.Struct, omit_defaults=True):
    """What is wrong with a request (RFC 9457)."""

    title: str
    status: int
    detail: str
    place: str = ""  # what of the request it is about, e.g. `query: limit`
    remedy: str = ""


class Refusal(Exception):
    """A request that cannot be met: what is wrong, where, and what to do about it."""

    def __init__(self, status: int, detail: str, remedy: str = "", place: str = "") -> None:
        super().__init__(detail)
        title = _TITLES.get(status, "Error")
        self.problem = Problem(title, status, detail, place, remedy)
        self.headers: dict[str, str] = {}

    def retry_after(self, seconds: int) -> "Refusal":
        """The same, with when to come again."""
        self.headers["Retry-After"] = str(seconds)
        return self


_TITLES: Final = {
    400: "Bad request",
    401: "Not logged in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    429: "Too many requests",
    500: "Internal error",
    502: "No worker answers",
    503: "Not available",
}


def json_answer(request: web.Request, content: Any, status: int = 200) -> web.Response:
    """What msgspec can encode; 304 when the caller has it already."""
    body = content if isinstance(content, bytes) else _encode(content)
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if status == 200 and request.method == "GET" and _has(request, etag):
        return web.Response(status=304, headers=headers)
    response = web.Response(
        body=body, status=status, content_type="application/json", headers=headers
    )
    if len(body) >= _COMPRESS_FROM:
        response.enable_compression()
    return response


def _has(request: web.Request, etag: str) -> bool:
    given = request.headers.get("If-None-Match", "")
    return given.strip() == "*" or etag in (
        one.strip().removeprefix("W/") for one in given.split(",")
    )


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every failure into a problem that says what to do; headers are on whatever leaves."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return _told(refusal.problem, refusal.headers)
    except web.HTTPException as wrong:
        return _described(wrong)
    except ConnectionError:
        raise
    except Exception:
        _log.exception("a request for %s failed", request.path)
        return _told(
            Problem(_TITLES[500], 500, "this should not happen", remedy="see the wall's log"), {}
        )


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler: before any answer begins."""
    response.headers.update(_HEADERS)
    response.headers["Server"] = "pegel"
    response.headers.setdefault("Cache-Control", "no-store")


def _told(problem: Problem, headers: dict[str, str]) -> web.Response:
    return web.Response(
        body=_encode(problem), status=problem.status, content_type=PROBLEM, headers=headers
    )


def _described(wrong: web.HTTPException) -> web.Response:
    remedies = {404: "GET /api/v1/openapi.json lists what there is", 413: "send less"}
    detail = (wrong.text or wrong.reason).removeprefix(f"{wrong.status}: ")
    title = _TITLES.get(wrong.status, wrong.reason)
    headers = {"Allow": wrong.headers["Allow"]} if "Allow" in wrong.headers else {}
    return _told(
        Problem(title, wrong.status, detail, remedy=remedies.get(wrong.status, "")), headers
    )
