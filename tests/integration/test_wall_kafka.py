"""The wall on a real Kafka: reads what was written, says when it no longer can, and acts on alerts."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import ClientSession
from aiokafka import AIOKafkaProducer

from schemas.instants import parse_ms
from schemas.outputs import Alert, View
from stream_app.adapters.clock import now_ms
from stream_app.adapters.kafka import connect
from stream_app.adapters.provision import apply
from stream_app.adapters.topics import catalogue
from stream_app.settings import Settings
from stream_app.wall.feed import Feed
from stream_app.wall.server import serving
from tests.support.kafka import KafkaServer
from tests.support.topic_reader import Topics
from tests.support.wait import eventually_async
from tests.support.wall import alert, alert_key, key_of, view

_encode = msgspec.json.encode


class Installation:
    """Topics of its own, somebody who writes as workers do, and a wall."""

    def __init__(self, bootstrap: str) -> None:
        self.settings = Settings(
            broker=bootstrap, topic_prefix=f"{uuid.uuid4().hex[:8]}.", partitions=3, wall_port=0
        )
        self.prefix = self.settings.topic_prefix

    async def make_topics(self) -> None:
        async with connect(self.settings.broker) as admin:
            await apply(admin, catalogue(self.settings))

    async def write(self, *records: View | Alert, abort: bool = False) -> None:
        """One transaction, as a worker's flush is."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.settings.broker, transactional_id=f"{self.prefix}worker"
        )
        await producer.start()
        try:
            await producer.begin_transaction()
            for each in records:
                topic, key = (
                    ("engagement.view.v1", key_of(each))
                    if isinstance(each, View)
                    else ("engagement.alert.v1", alert_key(each))
                )
                await producer.send_and_wait(self.prefix + topic, _encode(each), key)
            await (producer.abort_transaction() if abort else producer.commit_transaction())
        finally:
            await producer.stop()


class Asked:
    """The API of a wall that runs."""

    def __init__(self, port: int, session: ClientSession) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._session = session

    async def get(self, path: str) -> Any:
        async with self._session.get(self._url + path) as answer:
            return await answer.json(content_type=None)

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        async with self._session.post(self._url + path, json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def ready(self) -> bool:
        """Connected, and everything has been read."""
        feed = (await self.get("/readyz"))["feed"]
        return bool(feed["connected"]) and feed["alerts_read"] == 1

    async def lost(self) -> bool:
        return not (await self.get("/readyz"))["ready"]


@asynccontextmanager
async def wall(settings: Settings) -> AsyncIterator[Asked]:
    async with asynccontextmanager(serving)(settings) as port, ClientSession() as session:
        yield Asked(port, session)


async def test_it_begins_with_what_was_written_before_and_goes_on(kafka: KafkaServer) -> None:
    installation = Installation(kafka.bootstrap)
    await installation.make_topics()
    old, new = view("email", levels={"waiting": 1}), view("email", levels={"waiting": 2})
    await installation.write(old, view("chat"), new, alert(1))
    await installation.write(view("fax"), view("email", levels={"waiting": 99}), abort=True)
    async with wall(installation.settings) as asked:
        await eventually_async(asked.ready, 20, what="everything is read")
        items = (await asked.get("/api/v1/channels"))["items"]
        assert [(each["channel"], each["waiting"]) for each in items] == [("chat", 4), ("email", 2)]
        assert (await asked.get("/api/v1/alerts"))["total"] == 1
        await installation.write(view("email", levels={"waiting": 3}))

        async def follows() -> bool:
            return bool((await asked.get("/api/v1/channels"))["items"][1]["waiting"] == 3)

        await eventually_async(follows, 10, what="the new figures are shown")


async def test_views_are_shown_at_once_and_alerts_only_when_all_are_read(
    kafka: KafkaServer,
) -> None:
    installation = Installation(kafka.bootstrap)
    await installation.make_topics()
    alerts = [alert(n, state) for n in range(300) for state in ("firing", "resolved")]
    await installation.write(view("email"), *alerts, alert(0, "acknowledged"))
    feed = Feed(installation.settings)
    seen: list[tuple[float, int, int]] = []
    running = asyncio.create_task(feed.run())
    try:

        async def all_read() -> bool:
            store = feed.store
            share = feed.state.alerts_read
            seen.append((share, len(store.views("acme")), len(list(store.alerts("acme")))))
            return share == 1

        await eventually_async(all_read, 60, every=0.001, what="all alerts are read")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert any(views for share, views, _ in seen if share < 1)
    assert {alerts for share, _, alerts in seen if share < 1} == {0}
    assert seen[-1][1:] == (1, 1)
    assert feed.sessions == 2  # a picture with the views, and one with the alerts


async def test_what_a_dead_worker_left_behind_is_old_from_the_start(kafka: KafkaServer) -> None:
    installation = Installation(kafka.bootstrap)
    await installation.make_topics()
    before = now_ms()
    await installation.write(view("email"))
    written = now_ms()
    async with wall(installation.settings) as asked:
        await eventually_async(asked.ready, 20, what="everything is read")
        (item,) = (await asked.get("/api/v1/views"))["items"]
        assert before - 1_000 <= parse_ms(item["received_at"]) <= written + 1_000


async def test_an_acknowledgement_becomes_a_command_beside_the_alert(kafka: KafkaServer) -> None:
    installation = Installation(kafka.bootstrap)
    await installation.make_topics()
    await installation.write(view("email"), alert(1))
    async with wall(installation.settings) as asked:
        await eventually_async(asked.ready, 20, what="everything is read")
        path = f"/api/v1/alerts/{alert(1).alert}/ack"
        status, told = await asked.post(path, {"reason": "on it"})
        assert status == 202
    topics = Topics(kafka.bootstrap)
    (record,) = await asyncio.to_thread(
        topics.records, f"{installation.prefix}engagement.command.v1"
    )
    (written,) = await asyncio.to_thread(
        topics.records, f"{installation.prefix}engagement.alert.v1"
    )
    assert (record.key, record.partition) == (written.key, written.partition)
    assert told["command"] == f"{record.partition}-{record.offset}"
    assert msgspec.json.decode(record.value) == {
        "action": "acknowledge",
        "alert": alert(1).alert,
        "actor": "wall/anyone",
        "reason": "on it",
    }


async def test_topics_that_are_not_there_are_named_and_not_made(kafka: KafkaServer) -> None:
    installation = Installation(kafka.bootstrap)
    async with wall(installation.settings) as asked:

        async def explained() -> bool:
            problem = (await asked.get("/readyz"))["feed"]["problem"] or ""
            return "pegel topics apply" in problem

        await eventually_async(explained, 20, what="the missing topic is named")
        await installation.make_topics()
        await eventually_async(asked.ready, 20, what="they are there now")


async def test_a_broker_that_is_gone_is_told_within_five_seconds_and_its_return_too(
    own_kafka: Callable[..., KafkaServer],
) -> None:
    kafka = own_kafka()
    installation = Installation(kafka.bootstrap)
    await installation.make_topics()
    await installation.write(view("email", levels={"waiting": 1}))
    async with wall(installation.settings) as asked:
        await eventually_async(asked.ready, 20, what="everything is read")
        kafka.kill()
        await eventually_async(asked.lost, 5, what="the loss is told")
        content = await asked.get("/api/v1/channels")
        assert content["stale"]
        assert content["items"][0]["state"] == "stale"
        assert content["feed"]["since"]
        await asyncio.to_thread(kafka.start)
        await installation.write(view("email", levels={"waiting": 2}))
        await eventually_async(asked.ready, 30, what="the feed is back")

        async def is_current() -> bool:
            content = await asked.get("/api/v1/channels")
            assert (content["stale"], content["items"][0]["waiting"]) == (False, 2)
            return True

        await eventually_async(is_current, 5, what="what was written meanwhile is shown")
