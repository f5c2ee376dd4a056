"""Asks the workers for the clock timeline of a conversation: the one that owns it knows.

`PEGEL_WORKERS` names them. A name that has several addresses (a service of Compose, a headless service
of Kubernetes) stands for all of them, so that workers may come and go without anybody listing them.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from yarl import URL

_TIMEOUT: Final = aiohttp.ClientTimeout(total=4, connect=2)
_MOST_BYTES: Final = 4 << 20
_MOST_WORKERS: Final = 256


class Told(NamedTuple):
    """What one worker said; `status` 0 when it did not answer."""

    status: int
    content: dict[str, Any]


class Workers:
    """The workers of this installation."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = [URL(url if "://" in url else f"http://{url}") for url in urls]

    async def timeline(self, tenant: str, source: str, native_id: str) -> Sequence[Told]:
        """What each worker says of a conversation."""
        path = f"/api/v1/conversations/{quote(source, safe='')}/{quote(native_id, safe='')}"
        query = urlencode({"tenant": tenant})
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            asked = [_ask(session, url, f"{path}?{query}") for url in await self._addresses()]
            return await asyncio.gather(*asked)

    async def _addresses(self) -> list[URL]:
        found = await asyncio.gather(*map(_resolved, self._urls))
        return sorted({url for urls in found for url in urls})[:_MOST_WORKERS]


async def _resolved(url: URL) -> Iterable[URL]:
    """One URL for each address of a name; the URL itself where a certificate goes by the name."""
    if url.scheme != "http" or url.host is None:
        return [url]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except OSError:
        return [url]
    return {url.with_host(str(address[0])) for _, _, _, _, address in found}


async def _ask(session: aiohttp.ClientSession, url: URL, path: str) -> Told:
    try:
        async with session.get(URL(f"{url.origin()}{path}", encoded=True)) as response:
            body = await response.content.read(_MOST_BYTES)
            content = _decoded(body)
            return Told(response.status, content)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return Told(0, {})


def _decoded(body: bytes) -> dict[str, Any]:
    content = msgspec.json.decode(body)
    return content if isinstance(content, dict) else {}
