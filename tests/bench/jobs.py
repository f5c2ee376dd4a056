"""What the engine bench runs: an agent, what to feed it, and the same job for stock Faust.

Another job is measured by naming its module on the command line; it needs the same three names.
"""

import random
from collections.abc import Iterator
from typing import Any

import faust
import msgspec

from stream_app.engine.job import AgentSpec
from stream_app.settings import Settings
from stream_app.testing import counting_spec

KEYS = 50_000
PADDING = "x" * 200


class CountRecord(faust.Record, serializer="json"):
    """The toy event, as stock Faust declares it."""

    k: str
    n: int
    text: str = ""


def spec(settings: Settings) -> AgentSpec:
    """The agent."""
    prefix = settings.topic_prefix
    return counting_spec("bench", (f"{prefix}bench-in",), f"{prefix}bench-out")


def events(count: int, partitions: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Partition, key and value of `count` events."""
    dice = random.Random(7)
    for _ in range(count):
        number = dice.randrange(KEYS)
        key = f"{'abcdefgh'[number % 8]}{number}"
        value = {"k": key, "n": dice.randrange(1, 9), "text": PADDING}
        yield number % partitions, key.encode(), msgspec.json.encode(value)


def stock(app: Any, settings: Settings) -> None:
    """The same job in stock Faust: two tables, an output per new key."""
    prefix, partitions = settings.topic_prefix, settings.partitions
    source = app.topic(f"{prefix}bench-in", value_type=CountRecord)
    out = app.topic(f"{prefix}bench-out", value_serializer="raw", key_serializer="raw")
    counts = app.Table("counts", default=lambda: [0, 0], partitions=partitions)
    letters = app.Table("letters", default=int, partitions=partitions)

    async def count(stream: Any) -> None:
        async for event in stream:
            known = counts[event.k]
            if known == [0, 0]:
                await out.send(key=event.k.encode(), value=b"%d" % event.n)
            counts[event.k] = [known[0] + 1, known[1] + event.n]
            letters[event.k[:1]] += 1
            app.applied += 1

    app.agent(source)(count)
