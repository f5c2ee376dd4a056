"""The servers that other tests build upon do what their names promise."""

import gc
import json
import os
import signal
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support.kafka import KafkaServer
from tests.support.process import ServerDied, ServerProcess
from tests.support.servers import Server
from tests.support.wait import DeadlineExceeded, eventually


async def _write_in_a_transaction(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}-writer")
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


async def _read_first(bootstrap: str, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        return bytes((await consumer.getone()).value)
    finally:
        await consumer.stop()


async def _create_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def test_kafka_takes_transactions_and_hands_them_back(kafka: KafkaServer) -> None:
    await _create_topic(kafka.bootstrap, "support.transactions")
    await _write_in_a_transaction(kafka.bootstrap, "support.transactions", b"one")
    assert await _read_first(kafka.bootstrap, "support.transactions") == b"one"


async def test_what_was_committed_is_there_after_the_broker_was_killed(
    own_kafka: Callable[..., KafkaServer],
) -> None:
    server = own_kafka(num_partitions="1")
    await _create_topic(server.bootstrap, "survivor")
    await _write_in_a_transaction(server.bootstrap, "survivor", b"still here")
    server.restart(kill=True)
    assert await _read_first(server.bootstrap, "survivor") == b"still here"


def test_a_paused_broker_is_not_ready_until_it_is_resumed(
    own_kafka: Callable[..., KafkaServer],
) -> None:
    server = own_kafka()
    server.pause()
    with pytest.raises(DeadlineExceeded, match="kafka is ready"):
        server.wait_ready(deadline=1)
    server.resume()
    server.wait_ready(deadline=30)


def test_redis_answers_a_ping(redis_server: Server) -> None:
    with socket.create_connection(("127.0.0.1", redis_server.port), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(16) == b"+PONG\r\n"


def test_alertmanager_runs_the_configuration_it_was_given(
    alertmanager: Callable[[Path | str], Server],
) -> None:
    server = alertmanager("route: {receiver: ours}\nreceivers: [{name: ours}]\n")
    with urllib.request.urlopen(f"{server.url}/api/v2/receivers", timeout=5) as answer:
        assert json.load(answer) == [{"name": "ours"}]


def test_prometheus_scrapes_what_it_was_told_to(
    prometheus: Callable[[Path | str], Server],
) -> None:
    server = prometheus(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs: [{job_name: nobody, static_configs: [{targets: ['127.0.0.1:1']}]}]\n"
    )

    def targets() -> object:
        with urllib.request.urlopen(f"{server.url}/api/v1/targets", timeout=5) as answer:
            return [t["scrapePool"] for t in json.load(answer)["data"]["activeTargets"]]

    assert eventually(targets, 15) == ["nobody"]


def test_a_server_that_dies_at_once_shows_its_last_words(tmp_path: Path) -> None:
    process = ServerProcess("gauge", ["sh", "-c", "echo the float sank; exit 3"], tmp_path / "log")
    with pytest.raises(ServerDied, match=r"(?s)gauge ended with 3.*the float sank"):
        process.start(lambda: False, 10)


def test_a_server_is_killed_when_the_test_run_is_killed(tmp_path: Path) -> None:
    process = ServerProcess("gauge", ["sleep", "60"], tmp_path / "log")
    process.start(lambda: True)
    reaper = process._reaper
    assert reaper is not None
    assert reaper.stdin is not None
    reaper.stdin.close()  # what the kernel does with the pipe of a dead pytest
    assert process.wait(10) == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_a_child_that_has_ended_by_itself_leaves_nothing_behind(tmp_path: Path) -> None:
    _end_by_itself_twice(tmp_path)
    gc.collect()  # whoever was left behind would be warned of, and a warning fails the test


def _end_by_itself_twice(home: Path) -> None:
    brief = ServerProcess("brief", ["sleep", "1"], home / "log")
    for _ in range(2):
        brief.start(lambda: True)
        eventually(lambda: not brief.running)
    brief.kill()
