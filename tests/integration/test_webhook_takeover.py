"""Webhooks of real workers that are killed: folded by identity, nothing is lost and nothing is left open."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web
from aiokafka import AIOKafkaProducer

from schemas.events import (
    STRUCTURED,
    TICKET_CREATED,
    TICKET_STATUS_CHANGED,
    Data,
    Event,
    encode_event,
)
from schemas.instants import format_ms
from schemas.keys import encode_key
from stream_app.adapters.clock import now_ms
from tests.support.alerts import DAY
from tests.support.kafka import KafkaServer
from tests.support.pipeline import SOURCE, Pipeline, Worker
from tests.support.wait import eventually_async
from tests.support.webhooks import Hook, listening

POLICY = """
apiVersion: pegel/v1
alerts:
  - {{name: old, when: {{unresolved_for: 48h}}, to: [support]}}
receivers:
  support: {{webhook: {{url: "{url}", allow_private: true, timeout: 60s}}}}
"""
TICKETS = [f"T-{n:02}" for n in range(10)]
SOLVED = TICKETS[::2]
UNDER_WAY = 4  # at most, to one receiver

pytestmark = pytest.mark.timeout(300)


def created(ticket: str) -> Event:
    return _event(ticket, TICKET_CREATED, now_ms() - 3 * DAY, Data(channel="email"))


def solved(ticket: str) -> Event:
    return _event(ticket, TICKET_STATUS_CHANGED, now_ms(), Data(to="solved"))


def _event(ticket: str, kind: str, at: int, data: Data) -> Event:
    return Event(
        id=f"{kind}-{ticket}",
        source="zendesk/acme",
        type=kind,
        subject=ticket,
        time=format_ms(at),
        data=data,
    )


async def write(kafka: KafkaServer, topic: str, events: list[Event]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")
    await producer.start()
    try:
        for event in events:
            key = encode_key(event.tenant, event.source, event.subject)
            await producer.send_and_wait(topic, encode_event(event), key=key, headers=[STRUCTURED])
    finally:
        await producer.stop()


def folded(hook: Hook) -> dict[str, str]:
    """What a receiver ends up with: the last state of each conversation."""
    found = {}
    for body in hook.bodies:
        found[body["data"]["conversation"]] = body["data"]["state"]
    return found


async def taken_over(pipeline: Pipeline, dying: Worker, gate: asyncio.Event) -> Worker:
    dying.process.kill()
    gate.set()
    return await asyncio.to_thread(pipeline.worker().start)


async def test_kills_lose_no_notification_and_none_is_left_open(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    gate = asyncio.Event()

    async def answer(_count: int) -> web.Response:
        await gate.wait()  # a worker dies with messages under way and others not yet begun
        return web.Response()

    async with listening(answer) as hook:
        policy = tmp_path / "policy.yaml"
        policy.write_text(POLICY.format(url=hook.url))
        pipeline = await asyncio.to_thread(Pipeline, kafka, tmp_path, policy, 1)
        try:
            await play(kafka, pipeline, hook, gate)
        finally:
            await asyncio.to_thread(pipeline.close)
    copies = Counter(hook.ids)
    assert len(copies) == len(TICKETS) + len(SOLVED)  # folded by identity: each state once
    # Two kills came while messages were under way; at the third all had been written down.
    assert sum(copies.values()) - len(copies) <= 2 * UNDER_WAY * pipeline.partitions


async def play(kafka: KafkaServer, pipeline: Pipeline, hook: Hook, gate: asyncio.Event) -> None:
    source = pipeline.name(SOURCE)
    worker = await asyncio.to_thread(pipeline.worker().start)
    await write(kafka, source, [created(ticket) for ticket in TICKETS])
    # One partition may tell ten by themselves, also of those that fire while an owner catches up.
    await eventually_async(lambda: firing(worker) == len(TICKETS) and len(hook.bodies) >= 2, 60)
    assert len(hook.bodies) < len(TICKETS)
    worker = await taken_over(pipeline, worker, gate)
    await eventually_async(lambda: set(folded(hook)) == set(TICKETS), 60)
    await eventually_async(lambda: _quiet(worker), 30)
    gate.clear()
    seen = len(hook.bodies)
    await write(kafka, source, [solved(ticket) for ticket in SOLVED])
    left = len(TICKETS) - len(SOLVED)
    await eventually_async(lambda: firing(worker) == left and len(hook.bodies) > seen, 60)
    worker = await taken_over(pipeline, worker, gate)
    wanted = {ticket: "resolved" if ticket in SOLVED else "firing" for ticket in TICKETS}
    await eventually_async(lambda: folded(hook) == wanted, 60)
    await eventually_async(lambda: _quiet(worker), 30)
    worker = await taken_over(pipeline, worker, gate)
    said = len(hook.bodies)
    await eventually_async(lambda: _quiet(worker) and bool(worker.applied("alerts")), 60)
    assert len(hook.bodies) == said  # a restart tells nothing again
    assert folded(hook) == wanted


def firing(worker: Worker) -> int:
    return int(sum(sample.value for sample in worker.samples("engagement_alerts_firing")))


def _quiet(worker: Worker) -> bool:
    """Whether all was delivered, and that was written down."""
    waiting = worker.samples("engagement_notifications_pending")
    return bool(waiting) and not any(sample.value for sample in waiting)
