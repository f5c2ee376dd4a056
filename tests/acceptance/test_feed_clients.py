"""The example clients of the Redis feed, run as a user runs them, beside a worker or a desk's feed."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import parts
from tests.support.feeds import Desk, channel_view, client, feed_of, running, told
from tests.support.fetched import FetchFailed
from tests.support.kafka import KafkaServer
from tests.support.node_modules import FEED_CLIENT, installed
from tests.support.pipeline import Pipeline
from tests.support.ports import is_listening
from tests.support.process import ServerProcess
from tests.support.servers import Server, start_redis
from tests.support.wait import eventually, eventually_async


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    server = start_redis(tmp_path)
    yield server
    server.process.stop()


def python_client(_: Path) -> list[str]:
    return [sys.executable, str(FEED_CLIENT / "client.py")]


def javascript_client(home: Path) -> list[str]:
    node = parts.find("node", package="nodejs")
    try:
        modules = installed(FEED_CLIENT)
    except FetchFailed as failure:
        parts.missing(str(failure))
    (home / "node_modules").symlink_to(modules / "node_modules")
    return [node, str(shutil.copy(FEED_CLIENT / "client.mjs", home))]


@pytest.mark.parametrize("program", [python_client, javascript_client])
async def test_a_client_shows_now_every_change_and_the_end_of_the_feed(
    program: Callable[[Path], list[str]], redis: Server, tmp_path: Path
) -> None:
    desk, env = Desk(), {**os.environ, "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0"}
    hour = {"first_reply_seconds": {"count": 30, "sum": 9000, "p50": 300.0, "p90": 600.0}}
    desk.show(channel_view(hour=hour))
    home = tmp_path / "client"
    home.mkdir()
    command = [*program(home), "acme", "whatsapp"]
    shown = ServerProcess("client", command, home / "client.out", env)
    says = shown.log.read_text
    async with running(feed_of(desk, env["REDIS_URL"])):
        first = "whatsapp: ok, 2 waiting, expected wait 6 min"
        await asyncio.to_thread(shown.start, lambda: first in says())
        desk.now += 1_000
        desk.show(channel_view(levels={"waiting": 3, "overdue": 1}))
        await eventually_async(lambda: "breached, 3 waiting, expected wait unknown" in says())
    with client(redis) as writer:
        writer.delete("engagement:sla:acme:whatsapp")  # as when nobody writes it any more
    await eventually_async(lambda: says().endswith("whatsapp: no live figures\n"))
    shown.kill()


def test_a_worker_feeds_redis_with_what_its_views_say_and_outlives_it(
    kafka: KafkaServer, redis: Server, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("apiVersion: pegel/v1\nsla: [{name: all, targets: {first_reply: 1s}}]\n")
    pipeline = Pipeline(kafka, tmp_path, policy, partitions=2)
    try:
        worker = pipeline.worker(PEGEL_REDIS_URL=f"redis://127.0.0.1:{redis.port}").start()
        pipeline.run("simulate", "--rate", "100", "--count", "300")
        pipeline.settle()
        eventually(lambda: assert_hashes_equal_views(redis, pipeline), 30, every=0.5)
        redis.process.kill()
        pipeline.run("simulate", "--rate", "100", "--count", "100", "--seed", "2")
        pipeline.settle()  # without Redis, events go on being applied
        assert worker.ready()
        redis.process.start(lambda: is_listening(redis.port))
        eventually(lambda: assert_hashes_equal_views(redis, pipeline), 30, every=0.5)
        worker.process.stop()
    finally:
        pipeline.close()


def assert_hashes_equal_views(redis: Server, pipeline: Pipeline) -> bool:
    views = [view for view in pipeline.views() if view["scope"].keys() == {"channel"}]
    assert len(views) > 3
    for view in views:
        sla = told(redis, f"engagement:sla:{view['tenant']}:{view['scope']['channel']}")()
        levels = {name: str(view["levels"][name]) for name in ("open", "waiting", "overdue")}
        assert levels.items() <= sla.items()
        assert sla["state"] == ("breached" if view["levels"]["overdue"] else "ok")
    assert any(view["levels"]["overdue"] for view in views)
    return True
