"""The one catalogue of topics: what exists on the broker, under which name, kept how, and for how long.

Values only. Comparing and creating is done in `stream_app.adapters.provision`; who consumes and
produces is the business of the engine and the agents.

Rules:
1. Every topic stamps records with their append time (`LogAppendTime`). Retention looks at record
   timestamps, so a backfill with old ones would be deleted minutes after it was written; and the
   append time is the clock of the workers.
2. All topics have the same number of partitions, for the agents read them co-partitioned; the policy
   topic has one, for everybody reads all of it. The number is chosen once per installation.
3. A changelog is compacted early and often (short segments, low dirty ratio), so that recovery reads
   little more than the live rows. Its records keep the producer's time: nobody judges by it.
4. A topic that is consumed has a dead-letter topic beside it: by an agent, or, as the alerts are, by
   receivers whom a message may not reach.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from stream_app.settings import Settings

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_MIB = 1 << 20

Kind = Literal["stream", "dead letters", "changelog"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it should be. `partitions` None: as many as the installation has."""

    name: str
    key: str
    holds: str
    cleanup: Literal["compact", "delete"]
    retention: int | None = None  # milliseconds; None for compacted topics
    kind: Kind = "stream"
    consumed: bool = False  # by an agent or by receivers, hence with a dead-letter topic
    partitions: int | None = None
    extra: tuple[tuple[str, str], ...] = ()

    def config(self) -> dict[str, str]:
        """What is set on the broker for this topic alone."""
        config: dict[str, str] = {"cleanup.policy": self.cleanup}
        if self.kind != "changelog":
            config["message.timestamp.type"] = "LogAppendTime"
        if self.retention is not None:
            config["retention.ms"] = str(self.retention)
        return config | dict(self.extra)


_COMPACTED = (("segment.ms", str(_HOUR)), ("min.cleanable.dirty.ratio", "0.1"))
# An edge must reach a slow alerts agent before compaction folds it into the next one.
_SIGNAL = (("min.compaction.lag.ms", str(_DAY)), *_COMPACTED)
_CHANGELOG = (
    ("min.compaction.lag.ms", "0"),
    ("min.cleanable.dirty.ratio", "0.1"),
    ("segment.bytes", str(16 * _MIB)),
    ("segment.ms", str(10 * _MINUTE)),
    ("delete.retention.ms", str(_HOUR)),  # far longer than any recovery takes
    ("max.message.bytes", str(8 * _MIB)),
)

TOPICS: tuple[Topic, ...] = (
    Topic(
        "support.conversation.v1",
        "tenant|source|id",
        "messages and tickets, control records",
        "delete",
        14 * _DAY,
        consumed=True,
    ),
    Topic(
        "customer.event.v1",
        "tenant|pseudonym",
        "what customers do, control records",
        "delete",
        30 * _DAY,
        consumed=True,
    ),
    Topic(
        "engagement.pane.v1",
        "tenant",
        "absolute panes, levels and heartbeats of each source partition",
        "delete",
        _DAY,
        consumed=True,
    ),
    Topic("engagement.sla.v1", "tenant|source|id", "SLA outcomes", "delete", 30 * _DAY),
    Topic(
        "engagement.signal.v1",
        "rule|tenant|subject",
        "is a rule's condition true now; heartbeats",
        "compact",
        consumed=True,
        extra=_SIGNAL,
    ),
    Topic(
        "engagement.command.v1",
        "rule|tenant|subject",
        "acknowledge, snooze, … by people",
        "delete",
        30 * _DAY,
        consumed=True,
    ),
    Topic(
        "engagement.alert.v1",
        "rule|tenant|subject",
        "the life of each alert",
        "delete",
        30 * _DAY,
        consumed=True,
    ),
    Topic(
        "engagement.view.v1",
        "tenant|scope",
        "the current snapshot for screens and feeds",
        "compact",
        extra=_COMPACTED,
    ),
    Topic(
        "engagement.policy.v1",
        "policy hash",
        "policy texts with resolved holidays",
        "compact",
        partitions=1,
        extra=_COMPACTED,
    ),
)

TABLES: Mapping[str, tuple[str, ...]] = {
    "conversations": ("conversations", "groups"),
    "channels": ("windows",),
    "alerts": ("alerts",),
}
"""The tables of each batch agent; a test holds this against the agents' own specifications."""


def topic_name(settings: Settings, name: str) -> str:
    """The name of a topic on the broker."""
    return settings.topic_prefix + name


def dead_letter_name(topic: str) -> str:
    """Where records of `topic` go that cannot be used."""
    return f"{topic}.dlq"


def changelog_name(settings: Settings, table: str) -> str:
    """The changelog of a table, under the name that Faust gives it."""
    return f"{settings.app_id}-{table}-changelog"


class Wanted(NamedTuple):
    """A topic of this installation: its full name, its size, and its configuration."""

    topic: Topic
    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


def catalogue(settings: Settings) -> tuple[Wanted, ...]:
    """Every topic that this installation needs, in the order in which they are listed and made."""
    streams = [(topic, topic_name(settings, topic.name)) for topic in TOPICS]
    dead = [
        (_dead_letters(topic), dead_letter_name(name)) for topic, name in streams if topic.consumed
    ]
    logs = [
        (_changelog(agent, table), changelog_name(settings, table))
        for agent, tables in TABLES.items()
        for table in tables
    ]
    return tuple(_wanted(topic, name, settings) for topic, name in (*streams, *dead, *logs))


def _wanted(topic: Topic, name: str, settings: Settings) -> Wanted:
    config = topic.config()
    if settings.replication > 2:
        config["min.insync.replicas"] = "2"
    partitions = topic.partitions or settings.partitions
    return Wanted(topic, name, partitions, settings.replication, config)


def _dead_letters(topic: Topic) -> Topic:
    holds = f"records of {topic.name} that cannot be used, with the reason"
    return Topic(
        dead_letter_name(topic.name),
        topic.key,
        holds,
        "delete",
        30 * _DAY,
        kind="dead letters",
        extra=(("max.message.bytes", str(8 * _MIB)),),  # it takes what others found too big
    )


def _changelog(agent: str, table: str) -> Topic:
    return Topic(
        f"{table}-changelog",
        "row",
        f"rows of table {table} of agent {agent}",
        "compact",
        kind="changelog",
        extra=_CHANGELOG,
    )
