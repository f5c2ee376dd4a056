"""Runs of the simulator: to Kafka, live or as load, or to a file; and their figures."""

import asyncio
import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from rich.console import Console
from rich.status import Status

from schemas.events import encode_event
from schemas.instants import format_ms
from stream_app.adapters.topics import topic_name
from stream_app.errors import UserError
from stream_app.replay.bulk import send_batches
from stream_app.replay.feed import Clock, Feed
from stream_app.replay.guard import HistoryGuard
from stream_app.replay.writer import TopicWriter
from stream_app.settings import Settings
from stream_app.simulator import Delivery, LoadPlan, Plan, load_batches
from stream_app.simulator import simulate as deliveries_of

TOPIC: Final = "support.conversation.v1"
_GZIP_LEVEL: Final = 4  # a third of the time of the usual 9, for a few percent of size


def _status(text: str) -> Status:
    return Console(stderr=True).status(text)


def _figures(to: str, sent: int, seconds: float) -> dict[str, Any]:
    rate = round(sent / seconds) if seconds > 0 else 0
    return {"to": to, "sent": sent, "seconds": round(seconds, 3), "rate": rate}


@dataclass(slots=True)
class Traffic:
    """The traffic of a plan, at most `count` events of it. `figures` are there after a run."""

    settings: Settings
    plan: Plan
    guard: HistoryGuard
    count: int | None = None
    figures: dict[str, Any] = field(default_factory=dict)

    def events(self) -> Iterator[Delivery]:
        return islice(deliveries_of(self.plan), self.count)

    def write(self, path: Path) -> dict[str, Any]:
        """Write the events to a file, in the order of arrival, as fast as they can be made."""
        if self.plan.until is None and self.count is None:
            raise UserError("a file needs an end", "give --duration or --count")
        began = time.monotonic()
        written = 0
        with _output(path) as out, _status(f"writing {path}"):
            for _, event in self.events():
                out.write(encode_event(event) + b"\n")
                written += 1
        return _figures(str(path), written, time.monotonic() - began)

    async def send(self, now: Callable[[], int], steady: Callable[[], float]) -> None:
        """Send the history at once and the rest by the wall clock, until it ends or Ctrl-C."""
        plan = self.plan
        self.guard.check(plan.tenant, plan.start)
        topic = topic_name(self.settings, TOPIC)
        began = steady()
        async with TopicWriter(self.settings.broker, topic) as writer:
            feed = Feed(writer, Clock(now), plan.tenant, self._live_from())
            with _status("connected") as status:
                try:
                    await feed.run(self.events(), lambda: status.update(_words(feed)))
                except asyncio.CancelledError:
                    if plan.until is not None or self.count is not None:
                        raise
                finally:
                    sent = feed.counts.history + feed.counts.live
                    self.figures = _figures(topic, sent, steady() - began) | {
                        "history": feed.counts.history,
                        "live": feed.counts.live,
                        "control_records": feed.counts.controls,
                        "live_from": format_ms(plan.live_from or plan.start),
                    }

    def _live_from(self) -> int | None:
        """None when the tenant is on live time and there is no history: nothing to hand over."""
        plan = self.plan
        handed_over = self.guard.on_event_time(plan.tenant)
        return plan.live_from if handed_over or plan.live_from != plan.start else None


def _words(feed: Feed) -> str:
    counts = feed.counts
    if not counts.live:
        return f"history: {counts.history:,} events"
    return f"live: {counts.live:,} events (after {counts.history:,} of history); Ctrl-C ends it"


@contextmanager
def _output(path: Path) -> Iterator[BinaryIO | gzip.GzipFile]:
    with path.open("wb") as plain:
        if path.suffix != ".gz":
            yield plain
            return
        # A fixed time and no name inside: the same traffic gives the same bytes.
        with gzip.GzipFile("", "wb", _GZIP_LEVEL, plain, mtime=0) as packed:
            yield packed


@dataclass(slots=True)
class Load:
    """As many events as the broker takes. The plan's `partitions` are those of the topic."""

    settings: Settings
    plan: LoadPlan
    guard: HistoryGuard

    async def run(self) -> dict[str, Any]:
        plan = self.plan
        self.guard.check(plan.tenant, plan.start)
        told = plan.tenant if self.guard.on_event_time(plan.tenant) else None
        topic = topic_name(self.settings, TOPIC)
        async with TopicWriter(self.settings.broker, topic) as writer:
            batches = load_batches(replace(plan, partitions=writer.partitions))
            began = time.monotonic()
            with _status("load") as status:
                sent = await send_batches(
                    writer, batches, told, lambda n: status.update(f"load: {n:,} events")
                )
            return _figures(topic, sent, time.monotonic() - began)
