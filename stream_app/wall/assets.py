"""The page and its files, out of the package; nothing is built and nothing comes from elsewhere."""

import hashlib
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PAGE: Final = "wall.html"
_TYPES: Final = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "woff2": "font/woff2",
}
_TEXT: Final = frozenset({"css", "html", "js", "json", "svg"})
_SMALL: Final = 1_024


def asset_routes() -> list[web.RouteDef]:
    """Every file of `assets/` under its name, and the page as `/`."""
    folder = files("stream_app.wall") / "assets"
    names = sorted(entry.name for entry in folder.iterdir() if _suffix(entry.name) in _TYPES)
    routes = [web.get(f"/assets/{name}", _handler(name)) for name in names if name != PAGE]
    return [web.get("/", _handler(PAGE)), *routes]


def _handler(name: str) -> Handler:
    """Serves one file, read once; who has it already is told so."""
    body = (files("stream_app.wall") / "assets" / name).read_bytes()
    suffix = _suffix(name)
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'

    async def asset(request: web.Request) -> web.Response:
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        response = web.Response(body=body, content_type=_TYPES[suffix], headers=headers)
        if suffix in _TEXT:
            response.charset = "utf-8"
            if len(body) > _SMALL:
                response.enable_compression()
        return response

    return asset


def _suffix(name: str) -> str:
    return name.rpartition(".")[2]
