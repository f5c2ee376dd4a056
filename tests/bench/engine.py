"""Figures of the engine against stock Faust: `python -m tests.bench.engine [--events N] …`.

One broker, one job, the same records for both. Prints events/s per worker CPU-second with durable
state, µs per event by step, start-up to first event, recovery, and kill -9 to progress.
"""

import argparse
import asyncio
import importlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stream_app.settings import Settings
from tests.support.kafka import KafkaServer
from tests.support.wait import eventually

ROOT = Path(__file__).parents[2]
COMPILED = ROOT / ".cache" / "compiled"
PARTITIONS = 2
STEPS = ("fetch", "apply", "turn", "collect", "build")


class Bench:
    """One broker and what runs on it."""

    def __init__(self, broker: str, jobs: str, home: Path, compiled: bool) -> None:
        self.home = home
        self.compiled = compiled
        self.jobs = importlib.import_module(jobs)
        self.jobs_name = jobs
        self.prefix = f"b{random.Random().randrange(10**6)}-"
        self.settings = Settings(
            broker=broker,
            topic_prefix=self.prefix,
            app_id=f"{self.prefix}app",
            partitions=PARTITIONS,
        )
        self.spec = self.jobs.spec(self.settings)
        self.runs = 0

    def prepare(self, events: int) -> None:
        """Make and fill the topics."""
        app = self.settings.app_id
        logs = [f"{app}-{table}-changelog" for table in self.spec.tables]
        logs += [f"{app}-stock-{table}-changelog" for table in ("counts", "letters")]
        logs += [f"{app}-stock-stock-{table}-changelog" for table in self.spec.tables]
        plain = [
            *self.spec.sources,
            *(f"{s}.dlq" for s in self.spec.sources),
            f"{self.prefix}bench-out",
            *getattr(self.jobs, "outputs", lambda _settings: [])(self.settings),
        ]
        asyncio.run(_create(self.settings.broker, plain, logs))
        rows = self.jobs.events(events, PARTITIONS)
        asyncio.run(_fill(self.settings.broker, self.spec.sources[0], rows))

    def start(
        self, kind: str, target: int, app_id: str = ""
    ) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a worker; its process and the file that it tells into."""
        self.runs += 1
        compiled = str(COMPILED) if self.compiled and kind == "engine" else ""
        told = self.home / f"{self.runs}.jsonl"
        told.touch()
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in (compiled, str(ROOT)) if path),
            "PEGEL_BROKER": self.settings.broker,
            "PEGEL_APP_ID": app_id or self.settings.app_id,
            "PEGEL_TOPIC_PREFIX": self.prefix,
            "PEGEL_PARTITIONS": str(PARTITIONS),
            "PEGEL_INSTANCE_ID": f"{kind}-bench",
            "PEGEL_SESSION_TIMEOUT": "6",
            "BENCH_TARGET": str(target),
            "BENCH_STARTED": str(time.monotonic()),
            "BENCH_OUT": str(told),
            "BENCH_JOBS": self.jobs_name,
        }
        command = [sys.executable, "-P", "-m", "tests.bench.worker", kind]  # cwd must not win
        log = (self.home / f"{self.runs}.log").open("wb")
        return subprocess.Popen(command, env=env, stdout=log, stderr=log), told

    def measure(self, kind: str, target: int, app_id: str = "") -> dict[str, Any]:
        """Run a worker to its target, or to its first event when there is none; then stop it."""
        process, told = self.start(kind, target, app_id)
        try:
            awaited = "done" if target else "first"
            return eventually(lambda: _line(told, awaited, process), 600, what=f"{kind} {awaited}")
        finally:
            process.terminate()
            process.wait(30)


def main() -> None:
    """Run everything and print the figures."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        server = None if options.broker else KafkaServer(home / "kafka")
        if server is not None:
            server.start()
        broker = options.broker or (server.bootstrap if server is not None else "")
        try:
            _run(
                Bench(broker, options.jobs, home, options.compiled),
                options.events,
                options.stock_events,
            )
        finally:
            if server is not None:
                server.kill()


def _run(bench: Bench, events: int, stock_events: int) -> None:
    bench.prepare(events)
    ours = bench.measure("engine", events - events // 20)
    _print_run("engine", ours)
    _print_steps(ours)
    print(f"start -> first written   {ours['since_start']:8.2f} s (a new group, empty state)")
    _recovery(bench)
    if hasattr(bench.jobs, "stock") and stock_events:
        stock = bench.measure("stock", stock_events, f"{bench.settings.app_id}-stock")
        _print_run("stock Faust", stock)
        ratio = (ours["events"] / ours["cpu"]) / (stock["events"] / stock["cpu"])
        print(f"engine / stock Faust     {ratio:8.1f} x events per CPU-second")


def _recovery(bench: Bench) -> None:
    """Kill a worker while it works; the next one restores, and goes on."""
    more = 200_000
    rows = bench.jobs.events(more, PARTITIONS)
    process, told = bench.start("engine", 0)
    asyncio.run(_fill(bench.settings.broker, bench.spec.sources[0], rows))
    eventually(lambda: _line(told, "first", process), 60)
    process.kill()
    process.wait(10)
    again = bench.measure("engine", 0)
    rate = again["timings"]["rows_restored"] / max(again["timings"]["restore_seconds"], 1e-9)
    print(
        f"kill -9 -> first event   {again['since_start']:8.2f} s (static member, new process; written)"
    )
    print(
        f"recovery                 {again['timings']['rows_restored']:8d} rows, {rate:,.0f} rows/s in load()"
    )


def _print_run(title: str, run: dict[str, Any]) -> None:
    print(
        f"{title:<24} {run['events'] / run['cpu']:8,.0f} events/s per CPU-second, "
        f"{run['events'] / run['wall']:,.0f}/s wall, RSS {run['rss_kb'] // 1024} MB"
    )


def _print_steps(run: dict[str, Any]) -> None:
    timings = run["timings"]
    for step in STEPS:
        seconds = timings[f"{step}_seconds"]
        print(f"  {step:<22} {seconds / timings['events'] * 1e6:8.2f} µs/event")
    rows = timings["rows"]
    per_row = (
        (timings["collect_seconds"] + timings["build_seconds"]) / (rows + timings["outputs"]) * 1e6
    )
    print(
        f"  rows and outputs       {per_row:8.2f} µs each, {rows / timings['events']:.2f} rows/event"
    )
    print(
        f"  commit                 {timings['commit_seconds'] / timings['flushes'] * 1e3:8.1f} ms a flush"
    )


def _line(told: Path, kind: str, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    assert process.poll() is None, f"the worker has ended with {process.returncode}"
    for text in told.read_text().splitlines():
        line: dict[str, Any] = json.loads(text)
        if line["kind"] == kind:
            return line
    return None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--stock-events", type=int, default=15_000, help="0: leave stock Faust out")
    parser.add_argument(
        "--jobs", default="tests.bench.jobs", help="module with spec, events, stock"
    )
    parser.add_argument("--broker", default="", help="an Apache Kafka; default: one of its own")
    parser.add_argument("--compiled", action="store_true", help="run .cache/compiled")
    return parser.parse_args()


async def _create(broker: str, plain: list[str], logs: list[str]) -> None:
    stamped = {"message.timestamp.type": "LogAppendTime"}
    topics = [NewTopic(name, PARTITIONS, 1, topic_configs=stamped) for name in plain]
    topics += [
        NewTopic(n, PARTITIONS, 1, topic_configs={"cleanup.policy": "compact"}) for n in logs
    ]
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics(topics)
    await admin.close()


async def _fill(broker: str, topic: str, rows: Iterable[tuple[int, bytes, bytes]]) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, acks=1, max_batch_size=500_000, max_request_size=4 << 20
    )
    await producer.start()
    await producer.partitions_for(topic)
    batches = {n: producer.create_batch() for n in range(PARTITIONS)}
    for partition, key, value in rows:
        if batches[partition].append(timestamp=None, key=key, value=value) is None:
            await producer.send_batch(batches[partition], topic, partition=partition)
            batches[partition] = producer.create_batch()
            batches[partition].append(timestamp=None, key=key, value=value)
    for partition, batch in batches.items():
        await producer.send_batch(batch, topic, partition=partition)
    await producer.stop()


if __name__ == "__main__":
    main()
