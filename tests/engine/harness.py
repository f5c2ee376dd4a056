"""Processes that own a partition of a toy agent on a log in memory, and an undisturbed run to compare."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from stream_app.engine.deadletters import Sender
from stream_app.engine.errors import FatalError, FencedError
from stream_app.engine.job import Output
from stream_app.engine.limits import FuseLimits, Limits
from stream_app.engine.log import Changelog
from stream_app.engine.owner import Fate, Owner
from stream_app.engine.partition import Partition, Setting, State
from stream_app.engine.status import Timings
from stream_app.testing import (
    CountingJob,
    Crashed,
    MemoryBroker,
    MemoryRecord,
    MemoryWriter,
    counting_spec,
)

SOURCES = ("in", "more")
LOGS = ("app-toy-counts-changelog", "app-toy-letters-changelog")
OUT = "out"
LIMITS = Limits(record_bytes=200, row_bytes=1000, fuse=FuseLimits(run=5, ratio=0.5, window=40))


def make_setting(limits: Limits = LIMITS) -> Setting:
    spec = counting_spec("toy", SOURCES, OUT)
    logs = tuple(Changelog(table, f"app-{table}-changelog") for table in spec.tables)
    return Setting(spec, logs, limits, Sender("app", "1.0"))


class Loop:
    """An event loop that lets simulated crashes pass in silence."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(self._on_error)
        self.errors: list[dict[str, Any]] = []

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(work)

    def close(self) -> None:
        self.loop.close()

    def _on_error(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Crashed):
            self.errors.append(context)


class Process:
    """One worker process with one partition."""

    def __init__(self, broker: MemoryBroker, loop: Loop, *, fencing: bool = True) -> None:
        self.broker = broker
        self.loop = loop
        self.crash_at: str | None = None
        self.crash_after = 0
        self.fences: list[FencedError] = []
        self.deaths: list[FatalError] = []
        self.crashed = False
        self.timings = Timings()
        writer = MemoryWriter(broker, "app-toy-0", fencing=fencing, point=self._point)
        fate = Fate(lambda _, exc: self.fences.append(exc), self.deaths.append)
        self.owner = Owner(Partition(make_setting(), 0), writer, fate, self._point)

    @property
    def partition(self) -> Partition:
        return self.owner.partition

    @property
    def job(self) -> CountingJob:
        assert isinstance(self.partition.job, CountingJob)
        return self.partition.job

    @property
    def usable(self) -> bool:
        return not (self.crashed or self.owner.lost or self.partition.state is not State.RUNNING)

    def start(self, chunk: int = 3) -> None:
        """Claim, restore, run."""
        self.claim()
        if not self.crashed:
            self.restore(chunk)
            self.partition.start()

    def claim(self) -> None:
        try:
            self.loop.run(self.owner.claim())
        except Crashed:
            self.crashed = True

    def restore(self, chunk: int = 3) -> None:
        for log in LOGS:
            records = self.broker.read(log, 0)
            for start in range(0, len(records), chunk):
                self.partition.restore(log, records[start : start + chunk])

    def apply(self, limit: int, back: int = 0) -> int:
        """Take up to `limit` records of each source, as a fetch from `back` records before would."""
        taken = 0
        for topic in SOURCES:
            start = max(0, self.partition.offsets.get(topic, 0) - back)
            records = self.broker.read(topic, 0, start)[:limit]
            if records and self.partition.takes:
                taken += self.partition.apply(topic, records)
        return taken

    def flush(self, crash_at: str | None = None, crash_after: int = 0) -> None:
        """Write what there is; perhaps crash on the way."""
        self.crash_at, self.crash_after = crash_at, crash_after
        self.loop.run(self._flush())
        self.crash_at = None

    async def _flush(self) -> None:
        try:
            await self.owner.finish(self.timings)
        except Crashed:
            self.crashed = True

    def _point(self, name: str) -> None:
        if self.crashed:
            raise Crashed(name)
        if name == self.crash_at:
            self.crash_after -= 1
            if self.crash_after < 0:
                self.crashed = True
                raise Crashed(name)


def produce(broker: MemoryBroker, topic: str, values: Sequence[bytes]) -> None:
    for value in values:
        broker.append(topic, 0, Output(topic, value[:8], value))


def finish(process: Process) -> None:
    """Apply and write everything, without disturbance."""
    while process.apply(100):
        process.flush()
    process.flush()


def state_of(process: Process) -> tuple[Any, ...]:
    job = process.job
    return (job.counts, job.letters, job.applied, process.partition.offsets)


def outputs_of(broker: MemoryBroker) -> dict[str, list[tuple[bytes | None, bytes | None]]]:
    topics = (OUT, "in.dlq", "more.dlq")
    return {topic: [(r.key, r.value) for r in broker.read(topic, 0)] for topic in topics}


def copy_input(broker: MemoryBroker) -> MemoryBroker:
    """A fresh broker with the same source topics."""
    fresh = MemoryBroker()
    for topic in SOURCES:
        for record in broker.read(topic, 0):
            fresh.append(topic, 0, Output(topic, record.key, record.value))
    return fresh


def records_of(values: Sequence[bytes], topic: str = "in", start: int = 0) -> list[MemoryRecord]:
    return [MemoryRecord(topic, 0, start + i, 0, b"k", v) for i, v in enumerate(values)]
