"""Sends a file's events to Kafka in event time.

For each event, in the order of the file:
1. Leave it out when it lies after `until`; pass over it when it was sent by an earlier run (`skip`).
2. Ask the guard whether it may go to its tenant.
3. Wait until it is due, when a speed is set; meanwhile tell the workers how time goes on.
4. Tell the workers how far event time has come, at least every 1,000 events.
5. Put it behind the other records of its partition.
At the end the tenants are told that `until` is reached, or else the last instant of the history: the
time of its last row, also of one that came to no event. Everything is acknowledged by the broker then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from schemas.events import Event
from schemas.instants import parse_ms
from stream_app.replay.guard import HistoryGuard
from stream_app.replay.outbox import EventTime, Outbox
from stream_app.replay.outbox import Writer as RecordWriter
from stream_app.replay.pace import Pace

BREATHE_EVERY: Final = 256  # events between two looks at the network and the progress bar
CHECKPOINT_EVERY: Final = 100_000  # events
LAST_WORDS: Final = 5.0  # seconds to bring home what is on its way after Ctrl-C
_IDLE_STEP: Final = 1.0  # seconds between two records that tell how time goes on


class Writer(RecordWriter, Protocol):
    """The part of TopicWriter that waits."""

    async def room(self) -> None: ...
    async def push(self) -> None: ...
    async def flush(self) -> None: ...


@dataclass(slots=True)
class Summary:
    """What has been done so far. `resume` is what `--skip` takes to go on from there."""

    sent: int = 0
    passed_over: int = 0  # sent by an earlier run
    left_out: int = 0  # after `until`
    controls: int = 0
    resume: int = 0
    first: int | None = None
    last: int | None = None
    tenants: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Options:
    """`until` in ms; `skip` counts readable events."""

    until: int | None = None
    skip: int = 0


class Replay:
    """One run. `summary` is kept up to date, also when the run is broken off."""

    def __init__(
        self,
        writer: Writer,
        guard: HistoryGuard,
        pace: Pace,
        options: Options = Options(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.summary = Summary()
        self._writer = writer
        self._guard = guard
        self._pace = pace
        self._options = options
        self._sleep = sleep
        self._outbox = Outbox(writer)
        self._clocks: dict[str, EventTime] = {}

    async def run(
        self,
        events: Iterable[Event],
        on_progress: Callable[[], None],
        silent_until: Callable[[], int] = lambda: 0,
    ) -> None:
        """Send all events. Raises UserError; what was sent until then stands in the summary.

        At the end `silent_until` says how far (ms) the history reaches where that is no event's time.
        """
        try:
            for event in events:
                time = parse_ms(event.time)
                if self._wanted(time):
                    self._guard.check(event.tenant, time)
                    if self._pace.wait(time):
                        await self._idle(time)
                    self._send(event, time)
                    if self._outbox.events % BREATHE_EVERY == 0:
                        on_progress()
                        await self._breathe()
            self._finish(silent_until())
            await self._checkpoint()
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._checkpoint(), LAST_WORDS)
            raise
        finally:
            self._count()
            on_progress()

    def _wanted(self, time: int) -> bool:
        summary = self.summary
        if self._options.until is not None and time > self._options.until:
            summary.left_out += 1
            return False
        if summary.passed_over < self._options.skip:
            summary.passed_over += 1
            summary.resume += 1
            return False
        return True

    def _send(self, event: Event, time: int) -> None:
        tenant = event.tenant
        clock = self._clocks.get(tenant)
        if clock is None and self._guard.on_event_time(tenant):
            clock = self._clocks[tenant] = EventTime(self._outbox, tenant)
        if clock is not None:
            clock.before(time)
        self._outbox.send(event)
        summary = self.summary
        if summary.last is None or time > summary.last:
            summary.last = time
        if summary.first is None or time < summary.first:
            summary.first = time

    async def _idle(self, next_time: int) -> None:
        await self._writer.push()
        while left := self._pace.wait(next_time):
            await self._sleep(min(left, _IDLE_STEP))
            until = min(self._pace.reached(), next_time - 1)
            for clock in self._clocks.values():
                if until > clock.latest:
                    clock.reach(until)
            await self._writer.push()

    async def _breathe(self) -> None:
        self._count()
        await self._writer.room()
        await asyncio.sleep(0)
        if self._outbox.events % CHECKPOINT_EVERY < BREATHE_EVERY:
            await self._checkpoint()

    async def _checkpoint(self) -> None:
        await self._writer.flush()
        self.summary.resume = self.summary.passed_over + self._outbox.events

    def _finish(self, silent_until: int) -> None:
        last = self._options.until
        if last is None:
            last = max((clock.latest for clock in self._clocks.values()), default=0)
            last = max(last, silent_until)
        for clock in self._clocks.values():
            clock.reach(last)

    def _count(self) -> None:
        self.summary.sent = self._outbox.events
        self.summary.controls = self._outbox.controls
        self.summary.tenants.update(self._clocks)
