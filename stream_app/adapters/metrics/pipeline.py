"""How the worker itself fares: clocks per tenant, lag, states, flushes and dead letters."""

from typing import Final

from schemas.events import OTHER
from stream_app.adapters.metrics import catalogue
from stream_app.adapters.metrics.families import Families
from stream_app.adapters.metrics.folding import Folding
from stream_app.adapters.metrics.labels import MODES, NOTED, REASONS, REASONS_OF, STATES, STEPS
from stream_app.adapters.metrics.sources import (
    CountersSource,
    PartitionStatus,
    TotalsSource,
    WorkerStatus,
)

EVENT_TIME: Final = "event"
LATE_EVENTS: Final = "late_events"


def add_worker(out: Families, status: WorkerStatus) -> None:
    """Add what the engine says of the process and of each partition that it owns."""
    out.add(catalogue.READY, (), float(status.ready))
    out.add(catalogue.FENCES, (), status.fences)
    for step in STEPS:
        out.add(catalogue.STEPS_TIME, (step,), getattr(status.timings, f"{step}_seconds"))
    for partition in status.partitions:
        if partition.owned:
            _add_partition(out, partition)


def _add_partition(out: Families, status: PartitionStatus) -> None:
    key = (status.agent, str(status.partition))
    for known in STATES:
        out.add(catalogue.PARTITION_STATE, (*key, known), float(known == status.state))
    out.add(catalogue.LAG, key, status.lag)
    if status.last_progress_ms:
        out.add(catalogue.PROGRESS, key, status.last_progress_ms / 1000)
    out.add(catalogue.RESTORED_ROWS, key, status.rows_restored)
    out.summary(catalogue.FLUSH, key, status.flush.count, status.flush.seconds)
    out.add(catalogue.FLUSH_ROWS, key, status.flush.rows)
    out.add(catalogue.PROCESSED, key, status.flush.events)
    # An agent with several source topics counts its dead letters for all of them together.
    topic = ",".join(source.topic for source in status.sources)
    counts = dict.fromkeys(REASONS_OF.get(status.agent, (OTHER,)), 0)
    for code, count in status.dead_letters.items():
        known = code if code in REASONS else OTHER
        counts[known] = counts.get(known, 0) + count
    for code, count in counts.items():
        out.add(catalogue.DEAD_LETTERS, (*key, topic, code), count)


def add_clocks(
    out: Families, partition: int, job: TotalsSource, folding: Folding, now_ms: int
) -> None:
    """Add how far a source partition is for each tenant, and its newest event."""
    number = str(partition)
    for name, (watermark, tick, mode) in job.clocks().items():
        key = (folding.tenant(name), number)
        for known in MODES:
            out.add(catalogue.TENANT_MODE, (*key, known), float(known == mode))
        if watermark:
            out.add(catalogue.WATERMARK, key, watermark / 1000)
        if tick:
            out.add(catalogue.TICK, key, tick / 1000)
        if watermark and mode != EVENT_TIME:
            out.add(catalogue.EVENT_LAG, key, max(0, now_ms - watermark) / 1000)
    if job.last_event_ms:
        out.add(catalogue.LAST_EVENT, (number,), job.last_event_ms / 1000)


def add_counters(out: Families, partition: int, job: CountersSource) -> None:
    """Add what a source partition noticed about its input."""
    number, noticed = str(partition), dict.fromkeys(NOTED, 0)
    for name, count in job.counters.items():
        if name != LATE_EVENTS:
            noticed[name if name in noticed else OTHER] += count
    out.add(catalogue.LATE, (number,), job.counters.get(LATE_EVENTS, 0))
    for name, count in noticed.items():
        out.add(catalogue.NOTICED, (number, name), count)
