"""Replays and simulated traffic on a real Kafka: where records lie, in which order, and how fast."""

import asyncio
import json
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import DefaultPartitioner

from schemas.events import CONTROL_TYPES, STRUCTURED, decode_event
from schemas.instants import parse_ms
from stream_app.cli.main import run
from stream_app.errors import UserError
from stream_app.replay import load_mapping, read_events
from stream_app.replay.writer import BATCH_BYTES, TopicWriter
from tests.support.kafka import KafkaServer

EXAMPLES = Path(__file__).parents[2] / "examples"
PARTITIONS = 3


@pytest.fixture
async def topic(kafka: KafkaServer) -> AsyncIterator[str]:
    name = f"{uuid.uuid4().hex[:8]}.support.conversation.v1"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    config = {"message.timestamp.type": "LogAppendTime"}
    await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=config)])
    yield name
    await admin.delete_topics([name])
    await admin.close()


@pytest.fixture
def pegel(
    kafka: KafkaServer, topic: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> list[str]:
    """Options of a command that uses this topic and a tenant on event time."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("apiVersion: pegel/v1\ntenants: {incidents: {clock: event}}\n")
    monkeypatch.setenv("PEGEL_TOPIC_PREFIX", topic.removesuffix("support.conversation.v1"))
    return ["--broker", kafka.bootstrap, "--policy", str(policy)]


async def contents(kafka: KafkaServer, topic: str) -> dict[int, list[Any]]:
    """Every record of a topic, by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, n) for n in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: dict[int, list[Any]] = defaultdict(list)
        while [p for p in partitions if await consumer.position(p) < ends[p]]:
            for p, records in (await consumer.getmany(timeout_ms=500)).items():
                found[p.partition].extend(records)
        return found
    finally:
        await consumer.stop()


async def command(*arguments: str) -> int:
    """Run `pegel` beside this test's own event loop."""
    return await asyncio.to_thread(run, arguments)


async def test_a_replay_of_the_example_arrives_completely_and_in_order(
    kafka: KafkaServer, topic: str, pegel: list[str]
) -> None:
    mapping = EXAMPLES / "volvo.yaml"
    file = EXAMPLES / "incidents.csv"
    assert await command("replay", str(file), "--map", str(mapping), *pegel) == 0
    expected = defaultdict(list)
    for event in read_events(file, load_mapping(mapping), "incidents"):
        expected[event.subject].append(event)
    arrived = defaultdict(list)
    everywhere = list(range(PARTITIONS))
    for partition, records in (await contents(kafka, topic)).items():
        for record in records:
            event = decode_event(record.value)
            assert record.headers == (STRUCTURED,)
            if event.type not in CONTROL_TYPES:
                arrived[event.subject].append(event)
                assert DefaultPartitioner()(record.key, everywhere, everywhere) == partition
    assert arrived == expected


async def test_every_partition_ends_with_the_last_instant(
    kafka: KafkaServer, topic: str, pegel: list[str]
) -> None:
    file, mapping = str(EXAMPLES / "incidents.csv"), str(EXAMPLES / "volvo.yaml")
    until = "2025-03-31T00:00:00Z"
    assert await command("replay", file, "--map", mapping, "--until", until, *pegel) == 0
    found = await contents(kafka, topic)
    assert set(found) == set(range(PARTITIONS))
    for records in found.values():
        last = decode_event(records[-1].value)
        assert (last.type, last.data.until) == ("pegel.clock.advance.v1", until)
        assert records[-1].key == b"control|pegel.clock.advance.v1|incidents"


async def test_every_partition_ends_with_the_last_row_also_if_that_changes_nothing(
    kafka: KafkaServer, topic: str, pegel: list[str], tmp_path: Path
) -> None:
    file, mapping = tmp_path / "log.csv", tmp_path / "map.yaml"
    file.write_text("id,at\nA,2025-01-01T00:00:00Z\nA,2025-01-02T00:00:00Z\n")
    mapping.write_text("format: csv\ntime: at\nconversation: id\n")
    assert await command("replay", str(file), "--map", str(mapping), *pegel) == 0
    found = await contents(kafka, topic)
    assert {decode_event(records[-1].value).data.until for records in found.values()} == {
        "2025-01-02T00:00:00Z"
    }
    assert len(found) == PARTITIONS


async def test_load_arrives_completely_and_no_partition_waits_long_for_the_time(
    kafka: KafkaServer, topic: str, pegel: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--rate", "max", "--count", "60000", "--conversations", "2000", "--json"]
    assert await command("simulate", *options, *pegel) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["sent"] == 60_000
    ids = set()
    for records in (await contents(kafka, topic)).values():
        since = 0
        for record in records:
            event = decode_event(record.value)
            since = 0 if event.type in CONTROL_TYPES else since + 1
            assert since <= 1000
            if event.type not in CONTROL_TYPES:
                ids.add(event.id)
    assert len(ids) == 60_000


async def test_a_simulation_hands_over_from_history_to_live_in_every_partition(
    kafka: KafkaServer, topic: str, pegel: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = time.time_ns() // 1_000_000  # noqa: TID251 -- compared with what the command did
    options = ["--history", "6h", "--duration", "2s", "--rate", "3", "--json"]
    assert await command("simulate", *options, *pegel) == 0
    figures = json.loads(capsys.readouterr().out)
    assert parse_ms(figures["live_from"]) >= before
    assert figures["history"] > 1000
    for records in (await contents(kafka, topic)).values():
        types = [decode_event(record.value).type for record in records]
        live = types.index("pegel.clock.live.v1")
        assert types[live - 1] == "pegel.clock.advance.v1"
        assert "pegel.clock.advance.v1" not in types[live:]
        advance = decode_event(records[live - 1].value)
        assert advance.data.until == figures["live_from"]


async def test_a_producer_is_idempotent_where_the_broker_can_be(
    kafka: KafkaServer, topic: str
) -> None:
    async with TopicWriter(kafka.bootstrap, topic) as writer:
        assert writer.idempotent
        assert writer.partitions == PARTITIONS


async def test_records_of_a_partition_keep_their_order_over_many_batches(
    kafka: KafkaServer, topic: str
) -> None:
    value = b'{"padding":"' + b"x" * 300 + b'"}'
    async with TopicWriter(kafka.bootstrap, topic) as writer:
        for number in range(5 * BATCH_BYTES // len(value)):
            writer.add(1, b"%d" % number, value)
            if number % 100 == 0:
                await writer.room()
    keys = [int(record.key) for record in (await contents(kafka, topic))[1]]
    assert keys == list(range(len(keys)))
    assert len(keys) > 2000


async def test_a_record_that_the_broker_refuses_ends_the_sending(
    kafka: KafkaServer, topic: str
) -> None:
    async with TopicWriter(kafka.bootstrap, topic) as writer:
        writer.add(0, b"k", b"x" * 2_000_000)
        with pytest.raises(UserError, match=r"does not take records for .*MessageSizeTooLarge"):
            await writer.flush()


async def test_a_topic_that_does_not_exist_is_named_and_not_created(kafka: KafkaServer) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match=r"has no topic no\.such\.topic — create it: pegel"):
            async with TopicWriter(kafka.bootstrap, "no.such.topic"):
                raise AssertionError("the writer must not start")
