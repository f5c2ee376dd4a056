"""Sends a stream of deliveries as a live source would: history at once, then by the wall clock.

1. Deliveries before `live_from` are history: they go out as fast as possible, in event time, with
   `clock.advance` at least every 1,000 events.
2. At `live_from` every partition gets a last `clock.advance` and `clock.live`: from there on the
   tenant runs on live time.
3. The others go out when the wall clock reaches their arrival.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from schemas.events import Event
from schemas.instants import parse_ms
from stream_app.replay.outbox import EventTime, Outbox
from stream_app.replay.run import BREATHE_EVERY, LAST_WORDS, Writer

Delivery = tuple[int, Event]  # when it arrives (ms), and what
_TOO_SHORT: Final = 20  # ms; shorter waits are saved up, so that events travel in batches
_LONGEST_NAP: Final = 0.5  # seconds


@dataclass(slots=True)
class Counts:
    """What has been sent so far."""

    history: int = 0
    live: int = 0
    controls: int = 0
    partitions: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """The wall clock in ms, and how to wait; tests bring their own."""

    now: Callable[[], int]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Feed:
    """One run. `live_from` None: there is no history, and the tenant runs on live time already."""

    def __init__(self, writer: Writer, clock: Clock, tenant: str, live_from: int | None) -> None:
        self.counts = Counts(partitions=writer.partitions)
        self._writer = writer
        self._clock = clock
        self._tenant = tenant
        self._live_from = live_from
        self._outbox = Outbox(writer)
        self._event_time = EventTime(self._outbox, tenant)

    async def run(self, deliveries: Iterable[Delivery], on_progress: Callable[[], None]) -> None:
        """Send everything there is; an endless stream ends by cancellation."""
        handover = self._live_from
        try:
            for arrives, event in deliveries:
                if handover is not None and arrives >= handover:
                    await self._go_live(handover)
                    handover = None
                if handover is None:
                    await self._wait_for(arrives)
                    self.counts.live += 1
                else:
                    self._event_time.before(parse_ms(event.time))
                    self.counts.history += 1
                self._outbox.send(event)
                if self._outbox.events % BREATHE_EVERY == 0:
                    await self._breathe()
                    on_progress()
            if handover is not None:
                await self._go_live(handover)
            await self._writer.flush()
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._writer.flush(), LAST_WORDS)
            raise
        finally:
            self._count()
            on_progress()

    async def _go_live(self, at: int) -> None:
        self._event_time.reach(at)
        self._outbox.go_live(self._tenant, at)
        await self._writer.flush()
        self._count()

    async def _wait_for(self, arrives: int) -> None:
        while (left := arrives - self._clock.now()) > _TOO_SHORT:
            await self._writer.push()
            await self._clock.sleep(min(left / 1000, _LONGEST_NAP))

    async def _breathe(self) -> None:
        self._count()
        await self._writer.room()
        await asyncio.sleep(0)

    def _count(self) -> None:
        self.counts.controls = self._outbox.controls
