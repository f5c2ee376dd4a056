"""Conversations whose alert is due at a known moment, sent to a real worker that tells a webhook.

The rule also goes to Alertmanager; workers that are given no address of one tell it nothing.
"""

import asyncio
from collections.abc import Iterable
from itertools import count as counting
from pathlib import Path

from schemas import events as wire
from stream_app.adapters.clock import now_ms
from stream_app.replay.writer import TopicWriter
from tests.support.desks import Desk
from tests.support.kafka import KafkaServer
from tests.support.pipeline import SOURCE, Pipeline
from tests.support.webhooks import Hook

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
  pager: {{alertmanager: {{}}}}
alerts:
  - name: too_old
    when: {{unresolved_for: 5s}}
    match: {{channel: [{channels}]}}
    to: [desk, pager]
"""


class Breaches:
    """An installation, and the conversations sent to it."""

    def __init__(self, kafka: KafkaServer, home: Path, hook: Hook, partitions: int = 4) -> None:
        policy = home / "policy.yaml"
        policy.write_text(POLICY.format(channels=", ".join(CHANNELS), url=hook.url))
        self.pipeline = Pipeline(kafka, home, policy, partitions)
        self.hook = hook
        self.due: dict[str, int] = {}
        self.solved: set[str] = set()
        self._states: dict[str, str] = {}
        self._read = 0
        self._tried = 0  # names of conversations that were thought of
        self._bootstrap = kafka.bootstrap
        self._desk = Desk("bench/due", partitions)

    def send(self, count: int, *, channel: str = "", over_ms: int = 0, ago_ms: int = 0) -> None:
        """Open so many conversations, created at moments spread over the `over_ms` before `ago_ms`."""
        names = [f"B-{number}" for number in range(len(self.due), len(self.due) + count)]
        self._open(names, channel, (now_ms() - ago_ms - over_ms, over_ms))

    def send_evenly(self, each: int, *, over_ms: int = 0, ago_ms: int = 0) -> list[str]:
        """The same with so many in each partition; their names."""
        wanted = dict.fromkeys(range(self.pipeline.partitions), each)
        names = []
        for name in (f"E-{number}" for number in counting(self._tried)):
            self._tried += 1
            partition = self._desk.partition(name)
            if wanted[partition]:
                wanted[partition] -= 1
                names.append(name)
            if not any(wanted.values()):
                break
        self._open(names, "", (now_ms() - ago_ms - over_ms, over_ms))
        return names

    def solve(self, names: Iterable[str]) -> None:
        """Solve these conversations now."""
        self.solved.update(names)
        data = wire.Data(to="solved")
        self._write(self._desk.event(name, wire.TICKET_STATUS_CHANGED, data) for name in names)

    def _open(self, names: list[str], channel: str, when: tuple[int, int]) -> None:
        begin, over_ms = when
        events = []
        for number, name in enumerate(names):
            created = begin + over_ms * number // len(names)
            self.due[name] = created + AGE_MS
            where = channel or CHANNELS[(len(self.due) - 1) % len(CHANNELS)]
            events.append(self._desk.opened(name, where, created))
        self._write(events)

    def _write(self, events: Iterable[wire.Event]) -> None:
        asyncio.run(self._write_async(events))

    async def _write_async(self, events: Iterable[wire.Event]) -> None:
        async with TopicWriter(self._bootstrap, self.pipeline.name(SOURCE)) as writer:
            for event in events:
                self._desk.add(writer, event)
            await writer.push()

    def told(self) -> dict[str, int]:
        """When the first message about each conversation arrived."""
        found: dict[str, int] = {}
        for body, at in zip(self.hook.bodies, self.hook.at, strict=False):
            found.setdefault(body["data"]["conversation"], at)
        return found

    def signalled(self) -> dict[str, int]:
        """When it was first written that a conversation is too old."""
        return self._first("engagement.signal.v1")

    def recorded(self) -> dict[str, int]:
        """When the alert of each conversation was first written."""
        return self._first("engagement.alert.v1")

    def _first(self, topic: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for record in self.pipeline.topics.records(self.pipeline.name(topic)):
            name = wire_id(record.key)
            if name in self.due:  # else a heartbeat
                found.setdefault(name, record.timestamp)
        return found

    def identities(self) -> dict[str, set[str]]:
        """Under which identities the alerts of each conversation were written."""
        found: dict[str, set[str]] = {}
        for alert in self.pipeline.alerts():
            found.setdefault(alert["subject"]["id"], set()).add(alert["alert"])
        return found

    def states(self) -> dict[str, str]:
        """What the receiver ends up with: the state in the last message of each conversation."""
        arrived = self.hook.bodies[self._read :]  # asked for often: what was read is not read again
        self._read += len(arrived)
        for body in arrived:
            self._states[body["data"]["conversation"]] = body["data"]["state"]
        return self._states

    def repeated(self) -> tuple[int, int]:
        """Messages beyond the first of each kind and conversation: all, and those of another identity."""
        arrived = [
            (body["data"]["conversation"], body["data"]["kind"]) for body in self.hook.bodies
        ]
        distinct = set(zip(arrived, self.hook.ids, strict=False))
        once = len(set(arrived))
        return len(arrived) - once, len(distinct) - once


def wire_id(key: bytes) -> str:
    """The conversation that the key of an alert names."""
    return key.decode().rpartition("/")[2]


def late(due: dict[str, int], seen: dict[str, int]) -> tuple[float, float]:
    """Seconds after the due moment: median and 99th percentile."""
    found = sorted((seen[name] - due[name]) / 1000 for name in due)
    return found[len(found) // 2], found[min(len(found) - 1, len(found) * 99 // 100)]
