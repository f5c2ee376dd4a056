"""Keeps the live SLA of every channel in Redis: a hash each, a message and a stream entry per change.

Beside the event path, never in it: it reads what the channels jobs of this worker show, and Redis may
be slow, gone or empty without anybody upstream noticing. Rules:

1. One atomic write (MULTI) a channel, at most one in PACE_MS, and one at least every KEEP_FRESH_MS, so
   that an emptied or replaced Redis is whole again within that time.
2. A hash lives LIFE_MS. Nobody who writes it any more means that it goes: a dead feed disappears.
3. A change is anything but the passing of time; it is published and put into the stream.
4. After a failure nothing counts as written.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import uniform
from typing import Any, Final, Protocol, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from schemas.instants import parse_ms
from schemas.outputs import ChannelSla, View
from stream_app.adapters.redis_connect import Connect
from stream_app.domain.channel_sla import channel_sla

_log = structlog.stdlib.get_logger("pegel.feed")

PACE_MS: Final = 250
KEEP_FRESH_MS: Final = 1_000
LIFE_MS: Final = 10_000
PREFIX: Final = "engagement:sla:"
CHANGED: Final = f"{PREFIX}changed"
LOG: Final = f"{PREFIX}log"
LOG_LENGTH: Final = 10_000
STALE_MS: Final = (
    10_000  # older figures of a tenant on live time are no promise; replays do not age
)
FIELDS: Final = (
    "state", "as_of", "waiting", "open", "overdue", "oldest_waiting_seconds",
    "first_reply_p90_seconds", "first_reply_met_ratio", "expected_wait_seconds",
)  # fmt: skip
_POLL: Final = PACE_MS / 1000 / 2
_LONGEST_PAUSE: Final = 1.0
_AT_ONCE: Final = 50  # channels in one request, so that Redis never works on one for long
_TIME_ALONE: Final = frozenset({"as_of", "oldest_waiting_seconds"})

_Mapping = dict[bytes | bytearray | memoryview | str | int | float, Any]  # as redis-py has it


class ViewSource(Protocol):
    """A job of the channels agent, as far as it concerns feeds."""

    @property
    def views(self) -> Mapping[tuple[str, str], View]: ...


@dataclass(slots=True)
class FeedStats:
    """What became of the feed's writes, for metrics and the log."""

    written: int = 0
    changes: int = 0
    failures: int = 0
    last_ok_ms: int = 0
    reachable: bool = True


@dataclass(slots=True)
class _Sent:
    """What Redis was last told of a channel."""

    view: View
    at: int
    fields: dict[str, str]


class RedisFeed:
    """One for each worker. `run` until cancelled; it leaves its hashes to run out."""

    def __init__(
        self,
        jobs: Callable[[], Iterable[ViewSource]],
        connect: Connect,
        clock: Callable[[], int],
        live: Callable[[str], bool],
    ) -> None:
        self.stats: Final = FeedStats()
        self._jobs, self._connect, self._clock, self._live = jobs, connect, clock, live
        self._sent: dict[str, _Sent] = {}

    async def run(self) -> None:
        """Keep Redis informed until cancelled; every failure ends in another connection."""
        while True:
            try:
                async with self._connect() as client:
                    await self._keep_informed(client)
            except (RedisError, OSError, TimeoutError) as error:
                pause = self._failed(error)
            except Exception:
                # One bug must not end the feed for good; it is said, and counted as a failure.
                _log.exception("writing the feed failed")
                pause = self._failed(None)
            await asyncio.sleep(pause)

    async def _keep_informed(self, client: Redis) -> None:
        while True:
            due = list(self._due())
            for start in range(0, len(due), _AT_ONCE):
                await self._write(client, due[start : start + _AT_ONCE])
            await asyncio.sleep(_POLL)

    def _due(self) -> Iterator[tuple[str, View]]:
        now, seen = self._clock(), set()
        for view in self._channels():
            key = hash_key(view.tenant, view.scope["channel"])
            seen.add(key)
            sent = self._sent.get(key)
            # A wall clock that was set back makes everything due.
            age = now - sent.at if sent else KEEP_FRESH_MS
            if sent is None or not 0 <= age < (KEEP_FRESH_MS if view is sent.view else PACE_MS):
                yield key, view
        for key in self._sent.keys() - seen:  # moved to another worker, or out of use
            del self._sent[key]

    def _channels(self) -> Iterator[View]:
        for job in self._jobs():
            yield from (v for v in list(job.views.values()) if v.scope.keys() == {"channel"})

    async def _write(self, client: Redis, due: list[tuple[str, View]]) -> None:
        now = self._clock()
        told = [(key, view, self._fields(view, now)) for key, view in due]
        changes = 0
        async with client.pipeline(transaction=True) as pipe:
            for key, view, fields in told:
                pipe.hset(key, mapping=cast("_Mapping", fields))
                pipe.pexpire(key, LIFE_MS)
                if self._changed(key, fields):
                    changes += 1
                    named = {"tenant": view.tenant, **view.scope, **fields}
                    pipe.publish(CHANGED, msgspec.json.encode(named))
                    pipe.xadd(LOG, cast("_Mapping", named), maxlen=LOG_LENGTH, approximate=True)
            await pipe.execute()
        for key, view, fields in told:
            self._sent[key] = _Sent(view, now, fields)
        self._succeeded(len(told), changes)

    def _fields(self, view: View, now: int) -> dict[str, str]:
        old = self._live(view.tenant) and now - parse_ms(view.as_of) > STALE_MS
        return fields_of(channel_sla(view, stale=old))

    def _changed(self, key: str, fields: Mapping[str, str]) -> bool:
        sent = self._sent.get(key)
        return sent is None or any(
            value != sent.fields[name] for name, value in fields.items() if name not in _TIME_ALONE
        )

    def _succeeded(self, written: int, changes: int) -> None:
        if not self.stats.reachable:
            _log.info("Redis answers again; the feed is whole")
        self.stats.reachable, self.stats.last_ok_ms = True, self._clock()
        self.stats.written += written
        self.stats.changes += changes

    def _failed(self, error: Exception | None) -> float:
        self.stats.failures += 1
        self._sent.clear()
        if self.stats.reachable:
            _log.warning("Redis does not answer; the feed pauses", problem=_named(error))
            self.stats.reachable = False
        return uniform(_LONGEST_PAUSE / 4, _LONGEST_PAUSE)


def hash_key(tenant: str, channel: str) -> str:
    """The key of a channel's hash; a colon or percent sign inside a name is percent-encoded."""
    return f"{PREFIX}{_escape(tenant)}:{_escape(channel)}"


def fields_of(sla: ChannelSla) -> dict[str, str]:
    """The flat fields of the hash. All are always there; what is not known is an empty text."""
    values = {name: getattr(sla, name) for name in FIELDS}
    return {name: "" if value is None else _text(value) for name, value in values.items()}


def _text(value: str | float) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _escape(name: str) -> str:
    return name.replace("%", "%25").replace(":", "%3A")


def _named(error: Exception | None) -> str:
    # The class alone: the text of a connection error may hold the address with its password.
    return type(error).__name__ if error else "unexpected"
