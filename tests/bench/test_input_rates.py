"""How many events a second (of processor time) the input side makes, reads and sends.

Prints figures and judges nothing; run it with `-s`.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.events import encode_event
from stream_app.replay import EventFile, load_mapping, read_events
from stream_app.replay.bulk import send_batches
from stream_app.replay.guard import HistoryGuard
from stream_app.replay.pace import Pace
from stream_app.replay.run import Replay
from stream_app.replay.writer import TopicWriter
from stream_app.simulator import LoadPlan, Plan, load_batches, simulate
from tests.support.kafka import KafkaServer

MONDAY = 1_767_571_200_000
EXAMPLES = Path(__file__).parents[2] / "examples"
EVENTS = 200_000
PARTITIONS = 12
GUARD = HistoryGuard(oldest=0)


def measured(what: str, work: Callable[[], int]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    events = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"\n{what}: {events / cpu:,.0f} events per CPU-second, {events / wall:,.0f} per second")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "events.jsonl"
    with path.open("wb") as out:
        for _, event in islice(simulate(Plan(start=MONDAY)), EVENTS):
            out.write(encode_event(event) + b"\n")
    return path


def count(things: Iterable[object]) -> int:
    return sum(1 for _ in things)


def test_the_simulator() -> None:
    measured("simulator", lambda: count(islice(simulate(Plan(start=MONDAY)), EVENTS)))


def test_the_load_generator() -> None:
    plan = LoadPlan(count=1_000_000, conversations=50_000, partitions=PARTITIONS, start=MONDAY)
    measured("load generator", lambda: sum(len(batch) for _, batch in load_batches(plan)))


def test_reading_canonical_events(file: Path) -> None:
    measured("reading JSON lines", lambda: count(read_events(file)))


def test_reading_a_mapped_file(tmp_path: Path) -> None:
    rows = (EXAMPLES / "incidents.csv").read_text().splitlines()
    big = tmp_path / "big.csv"
    many = [f"{n}-{row}" for n in range(2000) for row in rows[1:]]
    big.write_text("\n".join([rows[0], *many]))
    mapping = load_mapping(EXAMPLES / "volvo.yaml")
    measured("reading a mapped CSV", lambda: count(read_events(big, mapping)))


@pytest.fixture
def topic(kafka: KafkaServer) -> str:
    name = f"bench-{uuid.uuid4().hex[:8]}"

    async def create() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
        await admin.close()

    asyncio.run(create())
    return name


def test_a_replay_to_kafka(kafka: KafkaServer, topic: str, file: Path) -> None:
    async def send() -> int:
        async with TopicWriter(kafka.bootstrap, topic) as writer:
            run = Replay(writer, GUARD, Pace(None, time.monotonic))
            await run.run(EventFile(file), lambda: None)
            return run.summary.sent

    measured("replay of JSON lines to Kafka", lambda: asyncio.run(send()))


def test_load_to_kafka(kafka: KafkaServer, topic: str) -> None:
    plan = LoadPlan(count=500_000, conversations=50_000, partitions=PARTITIONS, start=MONDAY)

    async def send() -> int:
        async with TopicWriter(kafka.bootstrap, topic) as writer:
            return await send_batches(writer, load_batches(plan), "default", lambda sent: None)

    measured("load to Kafka", lambda: asyncio.run(send()))
