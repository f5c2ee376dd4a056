"""Drives one partition against its log: claim it, and write its flushes one after the other.

A partition and its writer live and die together: as long as the writer is not fenced, the state is the
committed log plus what this process has not written yet.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from stream_app.adapters.clock import now_ms
from stream_app.engine.errors import FatalError, FencedError
from stream_app.engine.log import Flush, Writer
from stream_app.engine.partition import Partition, State
from stream_app.engine.status import FlushStatus, Timings

Probe = Callable[[str], None]
"""Called at named points of the life of a flush; tests crash the process there."""


@dataclass(frozen=True, slots=True)
class Fate:
    """Whom an owner tells that it lost its partition, or that the process must end."""

    lost: Callable[["Owner", FencedError], None]
    fatal: Callable[[FatalError], None]


class Owner:
    """A partition and its writer."""

    def __init__(self, partition: Partition, writer: Writer, fate: Fate, probe: Probe) -> None:
        self.partition = partition
        self.writer = writer
        self.lost = False
        self.checked = False  # against the group's committed offsets, after recovery
        self.ends: dict[str, int] = {}  # sources that are at their end, and when the broker said so
        self.last_progress_ms = 0
        self.flushes = FlushStatus()
        self.flushed_at = time.monotonic()
        self._fate = fate
        self._probe = probe
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a flush is in flight."""
        return self._task is not None and not self._task.done()

    @property
    def may_start(self) -> bool:
        """Whether nothing but a seek is missing."""
        return self.checked and not self.lost and self.partition.state is State.FROZEN

    def freeze(self) -> None:
        """Take nothing until a recovery has ended."""
        self.checked = False
        self.partition.freeze()

    async def claim(self) -> None:
        """Fence the former owner and write the claim rows."""
        await self.writer.claim()
        await self.writer.write(self.partition.claim(os.urandom(8), self.writer.fencing))
        self.partition.claimed()
        self._probe("claimed")

    def begin(self, timings: Timings) -> None:
        """Collect what has changed and start to write it; applying goes on meanwhile."""
        assert not self.busy, "one flush at a time"
        started = time.thread_time()
        try:
            flush = self.partition.collect()
        except FatalError as exc:
            self._fate.fatal(exc)
            return
        timings.collect_seconds += time.thread_time() - started
        self._probe("collected")
        self.flushed_at = time.monotonic()
        self._task = asyncio.get_running_loop().create_task(self._write(flush, timings))

    async def settle(self) -> None:
        """Wait until nothing is in flight; never raises, the fate of a flush is told elsewhere."""
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    async def finish(self, timings: Timings) -> None:
        """Write everything that there is."""
        await self.settle()
        if not self.lost and self.partition.state is not State.CLOSED and self.partition.dirty:
            self.begin(timings)
            await self.settle()

    async def close(self) -> None:
        """Give everything up, also what is in flight."""
        self.lost = True
        self.partition.close()
        await self.writer.close()

    async def _write(self, flush: Flush, timings: Timings) -> None:
        started = time.perf_counter()
        try:
            await self.writer.write(flush)
        except FencedError as exc:
            self.lost = True
            self._fate.lost(self, exc)
            return
        except FatalError as exc:
            self._fate.fatal(exc)
            return
        self._probe("written")
        self.partition.committed(flush)
        self._count(flush, time.perf_counter() - started, timings)

    def _count(self, flush: Flush, seconds: float, timings: Timings) -> None:
        rows, outputs, old = flush.rows, len(flush.outputs), self.flushes
        self.last_progress_ms = now_ms()
        self.flushes = FlushStatus(
            count=old.count + 1,
            seconds=old.seconds + seconds,
            last_seconds=seconds,
            rows=old.rows + rows,
            outputs=old.outputs + outputs,
            events=old.events + flush.events,
        )
        timings.commit_seconds += seconds
        timings.flushes += 1
        timings.rows += rows
        timings.outputs += outputs
