"""Packs rows and outputs into record batches. A flush takes as many as it needs."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from aiokafka.partitioner import murmur2

from stream_app.adapters.clock import now_ms
from stream_app.engine.internals import fill_batch
from stream_app.engine.job import Output
from stream_app.engine.log import Flush

Batch = tuple[str, int, Any]  # topic, partition, aiokafka's BatchBuilder
NewBatch = Callable[[], Any]


def pack_rows(new_batch: NewBatch, flush: Flush) -> list[Batch]:
    """The changelog rows, in order."""
    at_ms = now_ms()
    packed: list[Batch] = []
    for topic, rows in flush.changelogs.items():
        start = 0
        while start < len(rows):
            batch = new_batch()
            start = fill_batch(batch, rows, start, at_ms)
            packed.append((topic, flush.partition, batch))
    return packed


def pack_outputs(
    new_batch: NewBatch, outputs: Sequence[Output], counts: Mapping[str, int]
) -> list[Batch]:
    """The outputs, in order within each partition; `counts` has the partitions of each topic."""
    at_ms = now_ms()
    packed: list[Batch] = []
    filling: dict[tuple[str, int], Any] = {}
    for topic, key, value, partition, headers in outputs:
        number = partition_of(key, counts[topic]) if partition is None else partition
        batch = filling.get((topic, number))
        kept = list(headers)
        if batch is None or not _append(batch, at_ms, key, value, kept):
            batch = filling[topic, number] = new_batch()
            _append(batch, at_ms, key, value, kept)  # an empty batch takes a record of any size
            packed.append((topic, number, batch))
    return packed


def firsts_first(batches: Sequence[Batch]) -> list[Batch]:
    """The first batch of each partition before all others: one request then adds the partitions."""
    first: dict[tuple[str, int], Batch] = {}
    later: list[Batch] = []
    for batch in batches:
        if first.setdefault(batch[:2], batch) is not batch:
            later.append(batch)
    return [*first.values(), *later]


@lru_cache(maxsize=1 << 16)
def partition_of(key: bytes | None, count: int) -> int:
    """The partition of a key, as the Java client chooses it."""
    if key is None:
        return 0
    number: int = (murmur2(key) & 0x7FFFFFFF) % count
    return number


def _append(
    batch: Any, at_ms: int, key: bytes | None, value: bytes | None, headers: list[Any]
) -> bool:
    appended = batch.append(timestamp=at_ms, key=key, value=value, headers=headers)
    return appended is not None
