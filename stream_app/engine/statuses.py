"""Makes the status of a partition from its owner and the consumer."""

from faust.types import TP

from stream_app.engine.internals import BatchConsumer
from stream_app.engine.owner import Owner
from stream_app.engine.partition import State
from stream_app.engine.status import PartitionStatus, SourceStatus


def partition_status(agent: str, owner: Owner, consumer: BatchConsumer | None) -> PartitionStatus:
    """How one partition stands."""
    part = owner.partition
    fused = part.fuse.tripped or None
    sources = tuple(_source_status(owner, topic, consumer) for topic in part.setting.spec.sources)
    return PartitionStatus(
        agent=agent,
        partition=part.number,
        state="fused" if fused and part.state is State.RUNNING else part.state.value,
        owned=not owner.lost,
        recovering=part.state in (State.CLAIMING, State.RESTORING),
        fused=fused,
        paused=not part.takes,
        sources=sources,
        lag=sum(source.lag for source in sources),
        epoch=part.epoch,
        rows_restored=part.rows_restored,
        last_progress_ms=owner.last_progress_ms,
        dead_letters=dict(part.dead_letters),
        flush=owner.flushes,
        job=part.job,
    )


def _source_status(owner: Owner, topic: str, consumer: BatchConsumer | None) -> SourceStatus:
    answer = consumer.answer(TP(topic, owner.partition.number)) if consumer is not None else None
    return SourceStatus(
        topic=topic,
        position=owner.partition.offsets.get(topic, 0),
        end=answer.end if answer is not None else None,
        at_end_ms=owner.ends.get(topic),
    )
