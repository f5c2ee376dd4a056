"""Conversations whose alert is due at a known moment, sent to a real worker that tells a webhook."""

import asyncio
from collections import Counter
from pathlib import Path

from schemas import events as wire
from schemas.instants import format_ms
from schemas.keys import encode_key
from stream_app.adapters.clock import now_ms
from stream_app.replay.outbox import partition_of
from stream_app.replay.writer import TopicWriter
from tests.support.kafka import KafkaServer
from tests.support.pipeline import SOURCE, Pipeline
from tests.support.webhooks import Hook

TENANT, RULE = "default", "too_old"
CHANNELS = [f"c{number}" for number in range(20)]  # below the limit of a flood in each of them
AGE_MS = 5_000
POLICY = """
apiVersion: pegel/v1
channels: [email, webchat, whatsapp, instagram, facebook, phone, sms, portal, {channels}]
sla:
  - name: everything
    targets: {{first_reply: 4h, next_reply: 8h, full_resolution: 3d}}
receivers:
  desk: {{webhook: {{url: '{url}', allow_private: true}}}}
alerts:
  - name: too_old
    when: {{unresolved_for: 5s}}
    match: {{channel: [{channels}]}}
    to: [desk]
"""


class Breaches:
    """An installation, and the conversations sent to it."""

    def __init__(self, kafka: KafkaServer, home: Path, hook: Hook, partitions: int = 4) -> None:
        policy = home / "policy.yaml"
        policy.write_text(POLICY.format(channels=", ".join(CHANNELS), url=hook.url))
        self.pipeline = Pipeline(kafka, home, policy, partitions)
        self.hook = hook
        self.due: dict[str, int] = {}
        self._bootstrap = kafka.bootstrap

    def send(self, count: int, *, channel: str = "", over_ms: int = 0) -> None:
        """Open so many conversations, created at moments spread over the last `over_ms`."""
        asyncio.run(self._send(count, channel, over_ms))

    async def _send(self, count: int, channel: str, over_ms: int) -> None:
        topic = self.pipeline.name(SOURCE)
        begin, known = now_ms() - over_ms, len(self.due)
        async with TopicWriter(self._bootstrap, topic) as writer:
            for number in range(known, known + count):
                created = begin + over_ms * (number - known) // count
                name = f"B-{number}"
                self.due[name] = created + AGE_MS
                where = channel or CHANNELS[number % len(CHANNELS)]
                event = wire.Event(
                    id=name, source="bench/due", type=wire.TICKET_CREATED, subject=name,
                    time=format_ms(created), tenant=TENANT,
                    data=wire.Data(channel=where, status="new", created_by="customer"),
                )  # fmt: skip
                key = encode_key(TENANT, event.source, name)
                partition = partition_of(key, self.pipeline.partitions)
                writer.add(partition, key, wire.encode_event(event))
            await writer.push()

    def told(self) -> dict[str, int]:
        """When the first message about each conversation arrived."""
        found: dict[str, int] = {}
        for body, at in zip(self.hook.bodies, self.hook.at, strict=False):
            found.setdefault(body["data"]["conversation"], at)
        return found

    def recorded(self) -> dict[str, int]:
        """When the alert of each conversation was first written."""
        found: dict[str, int] = {}
        for record in self.pipeline.topics.records(self.pipeline.name("engagement.alert.v1")):
            found.setdefault(wire_id(record.key), record.timestamp)
        return found

    def repeated(self) -> tuple[int, int]:
        """Messages beyond the first of a conversation: all of them, and those of another identity."""
        arrived = Counter(body["data"]["conversation"] for body in self.hook.bodies)
        distinct = {
            (body["data"]["conversation"], each)
            for body, each in zip(self.hook.bodies, self.hook.ids, strict=False)
        }
        return sum(arrived.values()) - len(arrived), len(distinct) - len(arrived)


def wire_id(key: bytes) -> str:
    """The conversation that the key of an alert names."""
    return key.decode().rpartition("/")[2]


def late(due: dict[str, int], seen: dict[str, int]) -> tuple[float, float]:
    """Seconds after the due moment: median and 99th percentile."""
    found = sorted((seen[name] - due[name]) / 1000 for name in due)
    return found[len(found) // 2], found[min(len(found) - 1, len(found) * 99 // 100)]
