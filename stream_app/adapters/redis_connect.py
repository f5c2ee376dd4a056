"""How to reach Redis (or Valkey): by address, or through Sentinels that know who is the primary.

The address may hold a password and therefore is a secret: it is never printed.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from stream_app.errors import UserError

_NAME: Final = "PEGEL_REDIS_URL"
# Longer than a healthy Redis ever takes, and short enough that a feed is back within two seconds.
_PATIENCE: Final[dict[str, Any]] = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}
Connect = Callable[[], AbstractAsyncContextManager[Redis]]
_OWN: Final = ("username", "password", "db")


def connector(url: str, sentinels: Sequence[str], primary: str) -> Connect:
    """Opens clients for the address, each for one `async with`; with Sentinels (`host:port`) its host gives way to theirs.

    Raises UserError for an address that is none; it is not repeated, since it may hold a password.
    """
    try:
        options = Redis.from_url(url).connection_pool.connection_kwargs
    except ValueError as problem:
        raise UserError(
            f"{_NAME} is no address of Redis", "give it as redis://user:password@host:6379/0"
        ) from problem
    if not sentinels:
        return lambda: _straight(url)
    places = [_place(sentinel) for sentinel in sentinels]
    own = {str(name): options[name] for name in _OWN if name in options}
    return lambda: _through(places, primary, own)


@asynccontextmanager
async def _straight(url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(url, retry=Retry(NoBackoff(), 0), **_PATIENCE)
    async with _closed(client):
        yield client


@asynccontextmanager
async def _through(
    places: list[tuple[str, int]], primary: str, own: dict[str, Any]
) -> AsyncIterator[Redis]:
    watch = cast("Any", Sentinel)(places, sentinel_kwargs=dict(_PATIENCE), **_PATIENCE)
    client: Redis = watch.master_for(primary, retry=Retry(NoBackoff(), 0), **own, **_PATIENCE)
    async with _closed(client, *watch.sentinels):
        yield client


@asynccontextmanager
async def _closed(*clients: Redis) -> AsyncIterator[None]:
    """Leave no connection open behind, whatever happened to it."""
    try:
        yield
    finally:
        for client in clients:
            with suppress(RedisError, OSError, TimeoutError):
                await client.connection_pool.disconnect()


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise UserError(
            f"PEGEL_REDIS_SENTINELS: {text!r} is no address", "give each Sentinel as host:26379"
        )
    return host, int(port)
