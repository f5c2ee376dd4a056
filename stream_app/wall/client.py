"""Following a wall from another process: its live stream, event by event, with a token if it asks for one."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final

import aiohttp
import msgspec

from stream_app.credentials import credential
from stream_app.errors import UserError

TOKEN: Final = "PEGEL_WALL_TOKEN"  # noqa: S105 - the name of a variable
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=8)
_LONGEST: Final = 128 << 20  # of one event; a wall with so many scopes is not for a terminal
_decode = msgspec.json.Decoder(dict[str, Any]).decode

Event = tuple[str, dict[str, Any]]


class LostError(Exception):
    """The wall does not answer, or has hung up; it is worth trying again."""


async def follow(wall: str, query: Mapping[str, str]) -> AsyncGenerator[Event, None]:
    """Events of one connection. Raises LostError when it ends, UserError when it is refused."""
    headers = {"Accept": "text/event-stream"}
    token = credential(TOKEN)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers) as session,
            session.get(f"{wall}/api/v1/stream", params=query) as response,
        ):
            await _check(wall, response)
            async for event in _events(response.content):
                yield event
    except aiohttp.InvalidURL as problem:
        raise UserError(f"{wall} is no address of a wall", "--wall http://HOST:6080") from problem
    except aiohttp.ClientConnectorError as problem:
        raise LostError("nothing listens there") from problem
    except (aiohttp.ClientError, TimeoutError) as problem:
        raise LostError(str(problem) or type(problem).__name__) from problem
    raise LostError("the wall has hung up")


async def _check(wall: str, response: aiohttp.ClientResponse) -> None:
    if response.status in (401, 403):
        raise UserError(f"the wall at {wall} asks for a token", f"set {TOKEN} or {TOKEN}_FILE")
    if response.status == 503:
        raise LostError("the wall is busy")
    if response.status == 200 and response.content_type == "text/event-stream":
        return
    if response.content_type == "application/problem+json":
        problem = await response.json(content_type=None)
        raise UserError(f"the wall at {wall}: {problem['detail']}", problem.get("remedy", ""))
    raise UserError(
        f"no wall answers at {wall} (HTTP {response.status})", "name the address of `pegel wall`"
    )


async def _events(stream: aiohttp.StreamReader) -> AsyncIterator[Event]:
    """Server-sent events as the wall writes them: one `data` line each."""
    kind, rest = "", bytearray()
    async for part in stream.iter_any():
        rest += part
        if len(rest) > _LONGEST:
            raise LostError("the wall sends more than fits")
        if b"\n" not in part:
            continue
        *lines, last = bytes(rest).split(b"\n")
        rest = bytearray(last)
        for line in lines:
            name, _, value = line.partition(b": ")
            if name == b"event":
                kind = value.decode()
            elif name == b"data":
                yield kind, _decode(value)
