"""Sends records that are encoded already, as fast as the broker takes them: for load and benchmarks."""

import asyncio
from collections.abc import Callable, Iterable

from stream_app.replay.outbox import Outbox
from stream_app.replay.run import Writer

Batches = Iterable[tuple[int, list[tuple[int, bytes, bytes]]]]  # event time reached, records


async def send_batches(
    writer: Writer, batches: Batches, tenant: str | None, on_progress: Callable[[int], None]
) -> int:
    """Send everything and return the number of records; `tenant` is told of the time after each batch.

    Without a tenant (it runs on live time) nobody is told.
    """
    outbox = Outbox(writer)
    sent = 0
    for reached, records in batches:
        for partition, key, value in records:
            writer.add(partition, key, value)
        if tenant is not None:
            outbox.advance(tenant, reached)
        sent += len(records)
        await writer.room()
        await asyncio.sleep(0)
        on_progress(sent)
    await writer.flush()
    return sent
