"""`pegel alerts` against a real Kafka and a real worker: from a command to the history of an alert."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from schemas.instants import parse_ms
from schemas.outputs import Signal
from stream_app.adapters.clock import now_ms
from tests.support.alerts import HOUR, RULE, T0, FakeRecord, heartbeat, signal
from tests.support.kafka import KafkaServer
from tests.support.pipeline import Pipeline
from tests.support.wait import eventually

POLICY = """
apiVersion: pegel/v1
tenants:
  acme: {clock: live}
sla:
  - name: everything
    targets: {first_reply: 4h}
alerts:
  - name: ticket_unresolved
    when: {unresolved_for: 48h}
"""

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def pipeline(kafka: KafkaServer, tmp_path: Path) -> Iterator[Pipeline]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    made = Pipeline(kafka, tmp_path, policy, partitions=1)
    yield made
    made.close()


def say(pipeline: Pipeline, kafka: KafkaServer, *records: FakeRecord) -> None:
    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        try:
            for record in records:
                name = pipeline.name("engagement.signal.v1")
                await producer.send_and_wait(name, record.value, record.key)
        finally:
            await producer.stop()

    asyncio.run(send())


def listed_by(pipeline: Pipeline, *filters: str) -> list[Any]:
    found: list[Any] = json.loads(pipeline.run("alerts", "list", "--json", *filters))
    return found


def much_later() -> FakeRecord:
    """A heartbeat of two hours from now, of an epoch that no real one reaches."""
    record = heartbeat(now_ms() - T0 + 2 * HOUR, 1)
    found = msgspec.json.decode(record.value or b"", type=Signal)
    found.epoch = 1_000_000
    return FakeRecord(record.topic, record.key, msgspec.json.encode(found))


def test_what_people_do_stands_in_the_history_with_who_why_and_when(
    pipeline: Pipeline, kafka: KafkaServer
) -> None:
    pipeline.worker().start()
    listed = partial(listed_by, pipeline)
    say(pipeline, kafka, signal(True, 0, 1), signal(True, 0, 1, conversation="T-2"))
    eventually(lambda: len(listed()) == 2, 60, every=1, what="both alerts fire")
    name = next(a["alert"] for a in listed("--rule", RULE) if a["subject"]["id"] == "T-1")
    begun = now_ms()
    pipeline.run(
        "alerts", "ack", name[:12], "--for", "1h", "--as", "shift-lead", "--reason", "on it"
    )
    (mine,) = listed("--state", "acknowledged", "--channel", "email", "--tenant", "acme")
    assert (mine["alert"], mine["actor"]) == (name, "cli/shift-lead")
    pipeline.run("alerts", "snooze", name, "--for", "90m", "--as", "night", "--reason", "tomorrow")
    pipeline.run("alerts", "unack", name, "--as", "night")
    pipeline.run("alerts", "ack", name, "--for", "1h", "--as", "shift-lead")
    say(pipeline, kafka, much_later())
    eventually(lambda: len(listed("--state", "firing")) == 2, 30, every=1, what="it has expired")
    say(pipeline, kafka, signal(False, 3 * HOUR + now_ms() - T0, 2))
    eventually(lambda: len(listed("--state", "resolved")) == 1, 30, every=1, what="it is over")

    told = json.loads(pipeline.run("alerts", "show", name, "--json"))
    steps = [(s["state"], s["actor"], s["reason"]) for s in told["trail"]]
    assert steps[:4] == [
        ("firing", None, "raised"),
        ("acknowledged", "cli/shift-lead", "on it"),
        ("snoozed", "cli/night", "tomorrow"),
        ("firing", "cli/night", "released"),
    ]
    assert steps[4][:2] == ("acknowledged", "cli/shift-lead")
    assert (steps[5][0], steps[5][2]) == ("firing", "expired")
    assert steps[-1][0] == "resolved"
    assert begun <= parse_ms(told["trail"][1]["since"]) <= now_ms()
    shown = pipeline.run("alerts", "show", name)
    for words in ("cli/shift-lead", "on it", "tomorrow", "expired", "resolved"):
        assert words in shown


def test_without_a_worker_the_command_is_written_and_its_effect_is_said_to_be_missing(
    pipeline: Pipeline, kafka: KafkaServer
) -> None:
    worker = pipeline.worker().start()
    say(pipeline, kafka, signal(True, 0, 1))
    eventually(pipeline.alerts, 60, every=1, what="the alert fires")
    worker.process.kill()
    (name,) = {alert["alert"] for alert in pipeline.alerts()}
    asked = pipeline.begin("alerts", "ack", name, "--as", "shift-lead")
    assert asked.wait(60) == 1
    assert "is a worker running?" in asked.tail()
    (record,) = pipeline.topics.records(pipeline.name("engagement.command.v1"))
    assert json.loads(record.value) == {
        "action": "acknowledge",
        "alert": name,
        "actor": "cli/shift-lead",
    }
