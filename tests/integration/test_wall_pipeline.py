"""From an event in Kafka to the pixel, through real workers and a real wall; and what a kill looks like there."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from stream_app.replay.writer import TopicWriter
from tests.support.desks import Desk
from tests.support.kafka import KafkaServer
from tests.support.pipeline import SOURCE, Pipeline
from tests.support.ports import free_port, is_listening
from tests.support.process import ServerProcess
from tests.support.screen import Screens, painted, tile

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]
PARTITIONS = 4
POLICY = """
apiVersion: pegel/v1
sla:
  - name: everything
    targets: {first_reply: 4h}
"""
VALUE = ".tile .value"


@pytest.fixture
def pipeline(kafka: KafkaServer, tmp_path: Path) -> Iterator[Pipeline]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    made = Pipeline(kafka, tmp_path, policy, PARTITIONS)
    yield made
    made.close()


def begin_wall(pipeline: Pipeline, port: int) -> ServerProcess:
    wall = pipeline.begin("wall", "--port", str(port))
    wall.wait_ready(lambda: is_listening(port), 60)
    return wall


class Customers:
    """Open conversations by mail, one after the other."""

    def __init__(self, writer: TopicWriter) -> None:
        self._writer = writer
        self.count = 0

    async def write(self) -> None:
        name = f"c-{self.count}"
        self.count += 1
        desk = Desk("desk/mail", PARTITIONS)
        desk.add(self._writer, desk.opened(name))
        await self._writer.flush()


async def test_events_reach_the_pixel_and_a_kill_is_seen_as_one(
    pipeline: Pipeline,
    kafka: KafkaServer,
    browser: Browser,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    first, second = pipeline.worker().start(), pipeline.worker().start()
    port = free_port()
    wall = begin_wall(pipeline, port)
    screens = Screens(browser, f"http://127.0.0.1:{port}/")
    async with TopicWriter(kafka.bootstrap, pipeline.name(SOURCE)) as writer:
        customers = Customers(writer)
        await customers.write()
        page = await screens.open()
        await expect(tile(page, "Email").locator(".badge")).to_have_text("On time", timeout=30_000)
        median = await event_to_pixel(page, customers)
        record_testsuite_property("event_to_pixel_through_kafka_ms", round(median * 1000))
        assert median < 1

        second.process.kill()
        await a_share_is_missing_until_it_is_taken_over(page)
        await customers.write()
        await asyncio.wait_for(painted(page, VALUE, str(customers.count)), 20)
        assert first.process.running

        wall.kill()
        await expect(page.locator("#banner")).to_contain_text("Connection lost", timeout=5_500)
        begin_wall(pipeline, port)
        await expect(page.locator("#pill")).to_have_text("Live", timeout=30_000)
        await expect(page.locator(VALUE).first).to_have_text(str(customers.count))
    await screens.close()
    assert not screens.errors


async def event_to_pixel(page: Page, customers: Customers) -> float:
    """The median of the seconds from writing an event to the frame that shows it."""
    took = []
    for _ in range(15):
        began = time.monotonic()
        await customers.write()
        await asyncio.wait_for(painted(page, VALUE, str(customers.count)), 10)
        took.append(time.monotonic() - began)
    return statistics.median(took)


async def a_share_is_missing_until_it_is_taken_over(page: Page) -> None:
    badge = tile(page, "Email").locator(".badge")
    await expect(badge).not_to_have_text("On time")
    assert await badge.inner_text() in {"Unknown", "Stale"}
    await expect(page.locator("#pill")).to_have_text("Not current")
    await expect(badge).to_have_text("On time", timeout=60_000)
