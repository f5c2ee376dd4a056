"""A measured worker: `python -m tests.bench.worker engine|stock`; prints JSON lines to stdout's file.

TARGET events are waited for; what is written is told as `first`, `progress` and `done` lines.
"""

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust

from stream_app.engine.app import EngineApp, make_app
from stream_app.settings import Settings
from tests.support.wait import eventually_async

TARGET = int(os.environ.get("BENCH_TARGET", "0"))
STARTED = float(os.environ.get("BENCH_STARTED", "0"))
OUT = Path(os.environ.get("BENCH_OUT", "/dev/stdout"))
JOBS = importlib.import_module(os.environ.get("BENCH_JOBS", "tests.bench.jobs"))


class StockApp(faust.App):
    """Stock Faust, with a counter."""

    applied = 0


def cpu_seconds() -> float:
    """CPU time of this process, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def say(kind: str, **values: Any) -> None:
    """One line for the driver."""
    with OUT.open("a") as file:
        file.write(json.dumps({"kind": kind, "at": time.monotonic(), **values}) + "\n")


async def watch(applied: Callable[[], int], details: Callable[[], dict[str, Any]]) -> None:
    """Tell about the first event and the last one."""
    count = await eventually_async(applied, 600, every=0.02)
    since, cpu = time.monotonic(), cpu_seconds()
    say("first", since_start=since - STARTED, **details())
    if TARGET:
        await eventually_async(lambda: applied() >= TARGET, 600, every=0.02)
        say(
            "done",
            events=applied() - count,
            wall=time.monotonic() - since,
            cpu=cpu_seconds() - cpu,
            since_start=since - STARTED,
            rss_kb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            **details(),
        )


def engine_app(settings: Settings) -> EngineApp:
    """A worker with the batch agent."""
    app = make_app(settings, [JOBS.spec(settings)])

    def details() -> dict[str, Any]:
        status = app.engine.status()
        timings = {name: getattr(status.timings, name) for name in status.timings.__slots__}
        restored = sum(part.rows_restored for part in status.partitions)
        return {"timings": timings, "restored": restored}

    def written() -> int:
        # Only what is durable counts.
        return sum(part.flush.events for part in app.engine.status().partitions)

    async def measure() -> None:
        await watch(written, details)

    app.task(measure)
    return app


def stock_app(settings: Settings) -> StockApp:
    """A worker of stock Faust, tuned as far as its settings go."""
    app = StockApp(
        settings.app_id,
        broker=f"kafka://{settings.broker}",
        store="memory://",
        topic_partitions=settings.partitions,
        topic_disable_leader=True,
        web_enabled=False,
        table_standby_replicas=0,
        broker_max_poll_records=2_000,
        producer_linger=0.02,
        producer_max_batch_size=512_000,
        datadir="/tmp/faust-stock-bench",
    )
    app.producer.buffer.max_messages = 100_000
    JOBS.stock(app, settings)

    async def measure() -> None:
        await watch(lambda: app.applied, dict)

    app.task(measure)
    return app


if __name__ == "__main__":
    kind, *_ = sys.argv[1:]
    sys.argv[1:] = ["worker", "--without-web", "--loglevel", "error"]
    configured = Settings()
    (engine_app if kind == "engine" else stock_app)(configured).main()
