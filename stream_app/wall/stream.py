"""`/api/v1/stream`: one screen's connection, written as fast as it reads and no faster."""

import asyncio
from typing import Final

from aiohttp import web

from stream_app.wall.frames import GZIP_HEADER, RETRY, Frame
from stream_app.wall.hub import Audience, Client, Hub

_STUCK_SECONDS: Final = 20.0  # a screen that reads nothing for so long is let go


async def follow(
    request: web.Request, hub: Hub, tenant: str | None, scopes: str
) -> web.StreamResponse:
    """Write until the screen leaves, or does not read any more."""
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    response.headers["X-Accel-Buffering"] = "no"  # some proxies would wait for more
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    client, audience = hub.join(tenant, scopes)
    try:
        await response.prepare(request)
        retry = Frame(RETRY)
        await response.write(GZIP_HEADER + retry.deflated if packed else retry.plain)
        await _write(response, packed, hub, (client, audience))
    except (ConnectionError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()  # what is buffered for it will never be read
    finally:
        hub.leave(client, audience)
    return response


async def _write(
    response: web.StreamResponse, packed: bool, hub: Hub, follower: tuple[Client, Audience]
) -> None:
    client, audience = follower
    while True:
        frames = await client.take()
        if client.closed:
            return
        if client.lagging:
            client.lagging = False
            frames = [hub.snapshot(audience)]
        data = b"".join(each.deflated if packed else each.plain for each in frames)
        async with asyncio.timeout(_STUCK_SECONDS):
            await response.write(data)
