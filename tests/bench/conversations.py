"""The job of the conversations agent for the engine bench: `--jobs tests.bench.conversations`.

Stock Faust does the same job with the same code, record by record: every changed row is a table write,
every output a send, as its documentation shows it.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import faust

from agents.conversations import spec as conversations
from stream_app.domain.policy import Policy
from stream_app.engine.job import AgentSpec, Output
from stream_app.policyfile import load_policy
from stream_app.settings import Settings
from stream_app.simulator.load import LoadPlan, load_batches

EVENTS_PER_CONVERSATION = 10
OUTPUTS = ("engagement.pane.v1", "engagement.signal.v1", "engagement.sla.v1")
_POLICY = Path(__file__).parents[2] / "examples" / "demo-policy.yaml"


def policy() -> Policy:
    """The policy of the demo, for a tenant on event time."""
    return replace(load_policy(_POLICY), tenants={"default": "event"})


def spec(settings: Settings) -> AgentSpec:
    """The agent."""
    return conversations(settings, policy())


def outputs(settings: Settings) -> list[str]:
    """The topics that the job writes to, beside its own source."""
    return [f"{settings.topic_prefix}{name}" for name in OUTPUTS]


def events(count: int, partitions: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Partition, key and value of `count` events of a busy hour."""
    start = int(time.time() * 1000) - 3_600_000  # noqa: TID251  # a bench has a clock
    plan = LoadPlan(count, count // EVENTS_PER_CONVERSATION, partitions, start)
    for _reached, records in load_batches(plan):
        yield from records


def stock(app: Any, settings: Settings) -> None:
    """The same job in stock Faust: two raw tables, every row a write, every output a send."""
    made = spec(settings)
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw"}
    schema: Any = faust.Schema(**raw)
    source = app.topic(made.sources[0], **raw)
    topics = {name: app.topic(name, **raw) for name in (*outputs(settings), *made.sources)}
    tables = {
        name: app.Table(f"stock-{name}", partitions=settings.partitions, schema=schema)
        for name in made.tables
    }
    jobs: dict[int, Any] = {}

    async def send(output: Output) -> None:
        await topics[output.topic].send(
            key=output.key, value=output.value, partition=output.partition
        )

    async def converse(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            job = jobs.get(message.partition)
            if job is None:
                job = jobs[message.partition] = made.new_job(message.partition)
                job.restored(None, 1)
                job.collect()
            job.apply([_Record(message)], lambda _rejected: True)
            changes = job.collect()
            for table, key, value in changes.rows:
                tables[table][key] = value
            for output in changes.outputs:
                await send(output)
            app.applied += 1

    app.agent(source)(converse)


class _Record:
    """A Faust message as the job reads records."""

    __slots__ = ("headers", "key", "offset", "partition", "timestamp", "topic", "value")

    def __init__(self, message: Any) -> None:
        self.topic, self.partition, self.offset = message.topic, message.partition, message.offset
        self.timestamp = int(message.timestamp * 1000)
        self.key, self.value, self.headers = message.key, message.value, ()
