"""The wall page: a few files of the package, served as they are. It polls `/api/v1/views`."""

from importlib.resources import files
from typing import Final

from aiohttp import web

from stream_app.web.answers import Handler

_TYPES: Final = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


def asset_handler(name: str) -> Handler:
    """Serves one file of `assets/`, read once."""
    body = files("stream_app.web").joinpath("assets", name).read_bytes()
    content_type = _TYPES[name.rsplit(".", 1)[1]]

    async def asset(request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, charset="utf-8")

    return asset


def wall_routes() -> list[web.RouteDef]:
    """The page and its assets."""
    return [
        web.get("/", asset_handler("wall.html")),
        web.get("/assets/icon.svg", asset_handler("icon.svg")),
        web.get("/assets/wall.css", asset_handler("wall.css")),
        web.get("/assets/wall.js", asset_handler("wall.js")),
    ]
