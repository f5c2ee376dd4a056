"""Traffic for benchmarks: many events over many conversations, encoded in advance, as fast as it gets.

Each conversation lives the same life of some ten events and then is opened again; the lives overlap,
so that a partition sees them interleaved. Only ids and times differ between conversations of one
kind: an event is made by filling them into a text that was encoded once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final
from zlib import crc32

from aiokafka.partitioner import murmur2

from schemas import events as wire
from schemas.events import Data, Event, encode_event
from schemas.instants import format_ms
from schemas.keys import encode_key
from stream_app.simulator.channels import CHANNELS, PRIORITY_SHARES, TEAMS

Record = tuple[int, bytes, bytes]  # partition, key, value
BATCH: Final = 1_000
_AGENT: Final = "5f3a9c02d1e47b68"
_MESSAGE: Final = partial(Data, message="<id>/<nth>", visibility="public", kind="text")


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """`events_per_second` is event time: how dense the events lie, whatever the sending does."""

    count: int
    conversations: int
    partitions: int
    start: int
    events_per_second: float = 10_000
    seed: int = 7
    tenant: str = "default"
    source: str = "simulator/load"


@dataclass(frozen=True, slots=True)
class _Text:
    """An encoded event with gaps for id, number, time (and again id and number, in a message)."""

    gaps: bytes
    message: bool


@dataclass(slots=True, eq=False)
class _Life:
    """A conversation and how far it has come."""

    id: bytes
    key: bytes
    partition: int
    script: tuple[_Text, ...]
    nth: int = 0


def load_batches(plan: LoadPlan) -> Iterator[tuple[int, list[Record]]]:
    """Batches of records, each with the event time (ms) that is reached after it."""
    random = Random(f"load/{plan.seed}")
    lives = _lives(plan, random)
    for first in range(0, plan.count, BATCH):
        chosen = random.choices(lives, k=min(BATCH, plan.count - first))
        times = _times(plan, first, len(chosen))
        records = [_record(life, text) for life, (_, text) in zip(chosen, times, strict=True)]
        yield times[-1][0], records


def _record(life: _Life, time: bytes) -> Record:
    life.nth = nth = life.nth + 1
    script = life.script
    # After its first life a conversation is opened again, without being created.
    step = nth - 1 if nth <= len(script) else 1 + (nth - 2) % (len(script) - 1)
    text = script[step]
    if text.message:
        return life.partition, life.key, text.gaps % (life.id, nth, life.id, time, life.id, nth)
    return life.partition, life.key, text.gaps % (life.id, nth, life.id, time)


def _times(plan: LoadPlan, first: int, count: int) -> list[tuple[int, bytes]]:
    per_ms = plan.events_per_second / 1000
    texts: dict[int, bytes] = {}
    times = []
    for nth in range(first, first + count):
        ms = plan.start + int(nth / per_ms)
        text = texts.get(ms)
        if text is None:
            text = texts[ms] = format_ms(ms).encode()
        times.append((ms, text))
    return times


def _lives(plan: LoadPlan, random: Random) -> list[_Life]:
    scripts = [
        (_script(plan, channel.name, team.name, priority), channel.share * team.share * share)
        for channel in CHANNELS
        for team in TEAMS
        for priority, share in PRIORITY_SHARES
    ]
    count = min(plan.conversations, plan.count)
    chosen = random.choices([s for s, _ in scripts], [share for _, share in scripts], k=count)
    tag = f"{crc32(f'{plan.seed}/{plan.start}'.encode()):08x}"
    return [_life(plan, f"{tag}-{number}", script) for number, script in enumerate(chosen)]


def _life(plan: LoadPlan, native_id: str, script: tuple[_Text, ...]) -> _Life:
    key = encode_key(plan.tenant, plan.source, native_id)
    partition = int(murmur2(key) & 0x7FFFFFFF) % plan.partitions
    return _Life(native_id.encode(), key, partition, script)


def _script(plan: LoadPlan, channel: str, team: str, priority: str) -> tuple[_Text, ...]:
    created = Data(
        channel=channel, status="bot", priority=priority, team=team, created_by="customer"
    )
    asks = _MESSAGE(direction="in", author="customer", channel=channel)
    bot = _MESSAGE(direction="out", author="bot", channel=channel)
    reply = _MESSAGE(direction="out", author="agent", channel=channel)
    note = Data(
        message="<id>/<nth>", direction="out", author="agent", visibility="private", kind="note"
    )
    steps = (
        (wire.TICKET_CREATED, created),
        (wire.MESSAGE_CREATED, asks),
        (wire.MESSAGE_CREATED, bot),
        (wire.TICKET_STATUS_CHANGED, Data(to="open", by="bot")),
        (wire.TICKET_ASSIGNED, Data(assignee=_AGENT, team=team)),
        (wire.MESSAGE_CREATED, note),
        (wire.MESSAGE_CREATED, reply),
        (wire.TICKET_STATUS_CHANGED, Data(to="pending_customer", by="agent")),
        (wire.MESSAGE_CREATED, asks),
        (wire.MESSAGE_CREATED, reply),
        (wire.TICKET_STATUS_CHANGED, Data(to="solved", by="agent")),
    )
    return tuple(_text(plan, event_type, data) for event_type, data in steps)


def _text(plan: LoadPlan, event_type: str, data: Data) -> _Text:
    event = Event(
        id="<id>:<nth>",
        source=plan.source,
        type=event_type,
        subject="<id>",
        time="<time>",
        tenant=plan.tenant,
        data=data,
    )
    text = encode_event(event).replace(b"%", b"%%")
    gaps = text.replace(b"<id>", b"%b").replace(b"<nth>", b"%d").replace(b"<time>", b"%b")
    return _Text(gaps, data.message is not None)
