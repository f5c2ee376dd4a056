"""The newest alerts, read from the topic that the alerts agent writes."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.outputs import Alert
from stream_app.adapters.kafka import servers
from stream_app.adapters.topics import topic_name
from stream_app.settings import Settings

_SHOWN: Final = 5
_decode: Final = msgspec.json.Decoder(Alert).decode


class Line(NamedTuple):
    """One alert as it is shown."""

    rule: str
    subject: str
    severity: str
    since: str
    conversation: str = ""  # native id, to ask `pegel explain` for


class AlertFeed:
    """Keeps the newest alerts that began to fire, and hands out those not seen yet."""

    def __init__(self, settings: Settings) -> None:
        self.newest: list[Line] = []  # the youngest last; partitions do not come in order of time
        self.count = 0
        self._topic = topic_name(settings, "engagement.alert.v1")
        self._partitions = settings.partitions
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=servers(settings.broker),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
        )

    async def __aenter__(self) -> "AlertFeed":
        await self._consumer.start()
        self._consumer.assign(
            [TopicPartition(self._topic, number) for number in range(self._partitions)]
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def poll(self) -> list[Line]:
        """Alerts that began to fire since the last call."""
        fetched = await self._consumer.getmany(timeout_ms=0)
        values = [r.value for records in fetched.values() for r in records if r.value is not None]
        lines = list(_firing(values))
        self.newest = sorted([*self.newest, *lines], key=lambda line: line.since)[-_SHOWN:]
        self.count += len(lines)
        return lines


def _firing(values: list[bytes]) -> Iterator[Line]:
    for value in values:
        alert = _decode(value)
        if alert.state == "firing":
            subject = alert.subject
            conversation = subject.get("id", "") if subject.get("kind") == "conversation" else ""
            yield Line(alert.rule, _name(subject), alert.severity, alert.since, conversation)


def _name(subject: dict[str, str]) -> str:
    """What an alert is about, e.g. `simulator/demo 4711, whatsapp`."""
    kind = subject.get("kind", "")
    what = " ".join(subject[part] for part in ("source", "id") if part in subject) or kind
    channel = subject.get("channel", "")
    return f"{what}, {channel}" if channel and channel != what else what
