"""The feed on a real Redis: what it says, how often, and what becomes of it when Redis has trouble."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from schemas.instants import format_ms
from stream_app.adapters.redis_feed import CHANGED, KEEP_FRESH_MS, LIFE_MS, LOG, PACE_MS, STALE_MS
from tests.support.feeds import Desk, channel_view, client, feed_of, running, start_member, told
from tests.support.servers import Server, start_redis
from tests.support.wait import eventually, eventually_async

WHOLE_AGAIN = 2.0  # seconds that a feed may need after Redis is back


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    server = start_redis(tmp_path)
    yield server
    server.process.stop()


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.show(channel_view(), channel_view("email", levels={"open": 3, "overdue": 1}))
    return made


def url(server: Server) -> str:
    return f"redis://127.0.0.1:{server.port}/0"


def shows(server: Server, channel: str, **fields: str) -> Callable[[], bool]:
    read = told(server, f"engagement:sla:acme:{channel}")
    return lambda: fields.items() <= read().items()


async def test_every_channel_has_a_hash_that_runs_out(redis: Server, desk: Desk) -> None:
    async with running(feed_of(desk, url(redis))):
        await eventually_async(shows(redis, "whatsapp", state="ok", open="9", waiting="2"))
        await eventually_async(shows(redis, "email", state="breached", overdue="1"))
    with client(redis) as reader:
        assert 0 < int(reader.pttl("engagement:sla:acme:email")) <= LIFE_MS


async def test_scopes_that_are_no_channel_are_left_out(redis: Server, desk: Desk) -> None:
    desk.show(channel_view(scope={}), channel_view(scope={"channel": "email", "team": "billing"}))
    async with running(feed_of(desk, url(redis))):
        await eventually_async(shows(redis, "email", state="breached"))
    with client(redis) as reader:
        assert set(reader.keys("engagement:sla:acme*")) == {
            "engagement:sla:acme:email",
            "engagement:sla:acme:whatsapp",
        }


async def test_figures_that_grow_old_on_live_time_are_stale(redis: Server, desk: Desk) -> None:
    async with running(feed_of(desk, url(redis))):
        await eventually_async(shows(redis, "whatsapp", state="ok"))
        desk.now += STALE_MS + 1
        await eventually_async(shows(redis, "whatsapp", state="stale"))
        desk.show(channel_view(as_of=format_ms(desk.now)))
        desk.now += KEEP_FRESH_MS
        await eventually_async(shows(redis, "whatsapp", state="ok"))


async def test_a_change_is_published_and_logged_and_the_passing_of_time_is_not(
    redis: Server, desk: Desk
) -> None:
    with client(redis) as reader:
        heard = reader.pubsub()
        heard.subscribe(CHANGED)
        feed = feed_of(desk, url(redis))
        async with running(feed):
            await eventually_async(lambda: feed.stats.changes == 2)
            for second in range(1, 4):
                desk.now += KEEP_FRESH_MS
                desk.show(channel_view(as_of=format_ms(desk.now)))
                await eventually_async(shows(redis, "whatsapp", as_of=format_ms(desk.now)))
                assert feed.stats.changes == 2, second
            desk.now += KEEP_FRESH_MS
            desk.show(channel_view(as_of=format_ms(desk.now), levels={"at_risk": 1}))
            await eventually_async(shows(redis, "whatsapp", state="at_risk"))
        texts = [m["data"] for m in iter(lambda: heard.get_message(timeout=1), None) if m]
        messages = [json.loads(text) for text in texts if isinstance(text, str)]
        assert [m["channel"] for m in messages].count("whatsapp") == 2
        assert messages[-1] | {"state": "at_risk", "tenant": "acme"} == messages[-1]
        assert reader.xlen(LOG) == 3


async def test_a_channel_is_written_no_more_than_four_times_a_second(
    redis: Server, desk: Desk
) -> None:
    """Ten seconds by the desk's clock, in which every look finds another view."""
    feed = feed_of(desk, url(redis))
    async with running(feed):
        await eventually_async(lambda: feed.stats.written == 2)
        for step in range(1, 101):
            desk.now += PACE_MS // 10
            desk.show(channel_view(levels={"open": step}))
            if step % 10 == 0:
                await eventually_async(shows(redis, "whatsapp", open=str(step)))
    of_whatsapp, of_email = 10, 2
    assert feed.stats.written - 2 <= of_whatsapp + of_email


async def test_an_emptied_redis_is_whole_again(redis: Server, desk: Desk) -> None:
    async with running(feed_of(ticking(desk), url(redis))):
        await eventually_async(shows(redis, "email", state="breached"))
        with client(redis) as reader:
            reader.flushall()
        await eventually_async(shows(redis, "email", state="breached"), WHOLE_AGAIN)
        await eventually_async(shows(redis, "whatsapp", state="ok"), WHOLE_AGAIN)


async def test_a_redis_that_was_killed_and_comes_back_empty_is_whole_again(
    redis: Server, desk: Desk
) -> None:
    feed = feed_of(ticking(desk), url(redis))
    async with running(feed):
        await eventually_async(shows(redis, "email", state="breached"))
        redis.process.kill()
        await eventually_async(lambda: not feed.stats.reachable)
        redis.process.start(lambda: True)
        await eventually_async(answering(redis))
        await eventually_async(shows(redis, "email", state="breached"), WHOLE_AGAIN)
        await eventually_async(lambda: feed.stats.reachable)  # it hears so after everybody else


async def test_a_redis_that_hangs_holds_nobody_up_and_is_told_all_when_it_goes_on(
    redis: Server, desk: Desk
) -> None:
    feed = feed_of(ticking(desk), url(redis))
    async with running(feed):
        await eventually_async(shows(redis, "email", state="breached"))
        with client(redis) as reader:
            reader.execute_command("CLIENT", "PAUSE", 3_000, "ALL")
        paused, slowest = time.monotonic(), 0.0
        while time.monotonic() - paused < 2.5:
            asked = time.perf_counter()
            await asyncio.sleep(0)  # a turn of the loop, as the event path takes it
            slowest = max(slowest, time.perf_counter() - asked)
            desk.show(channel_view("email", levels={"open": 77}))
        assert slowest < 0.5
        await eventually_async(shows(redis, "email", open="77"), 0.5 + WHOLE_AGAIN)


async def test_a_failover_by_sentinel_moves_the_feed_to_the_new_primary(
    tmp_path: Path, desk: Desk
) -> None:
    primary = start_member(tmp_path)
    replica = start_member(tmp_path, "--replicaof", f"127.0.0.1 {primary.port}")
    config = tmp_path / "sentinel.conf"
    config.write_text(
        f"sentinel monitor mymaster 127.0.0.1 {primary.port} 1\n"
        "sentinel down-after-milliseconds mymaster 500\n"
        "sentinel failover-timeout mymaster 2000\n"
    )
    sentinel = start_member(tmp_path, str(config), "--sentinel")
    try:
        with client(sentinel) as watcher:
            eventually(lambda: len(watcher.sentinel_slaves("mymaster")) == 1, 15)
        with client(replica) as reader:
            eventually(lambda: reader.info("replication")["master_link_status"] == "up", 15)
        feed = feed_of(ticking(desk), "redis://unused/0", (f"127.0.0.1:{sentinel.port}",))
        async with running(feed):
            await eventually_async(shows(primary, "email", state="breached"))
            primary.process.kill()
            await eventually_async(lambda: promoted(replica), 20)
            with client(replica) as reader:
                reader.flushall()
            await eventually_async(shows(replica, "email", state="breached"), WHOLE_AGAIN)
    finally:
        for server in (sentinel, replica, primary):
            server.process.kill()


def promoted(server: Server) -> bool:
    with client(server) as reader:
        return bool(reader.role()[0] == "master")


def answering(server: Server) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            with Redis(port=server.port) as reader:
                return bool(reader.ping())
        except OSError:
            return False
        except Exception as error:
            raise AssertionError(str(error)) from error

    return ask


def ticking(desk: Desk) -> Desk:
    """The desk, on the clock of this machine from now on."""

    class Ticking(Desk):
        @property
        def now(self) -> int:
            return start + int(time.monotonic() * 1000)

        @now.setter
        def now(self, _: int) -> None:
            """Set by the constructor alone."""

    start = desk.now - int(time.monotonic() * 1000)
    return Ticking(desk.views)
