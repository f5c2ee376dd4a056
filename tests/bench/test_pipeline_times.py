"""How soon a worker is there, comes back after a kill, and shows what has happened.

Prints figures and judges nothing; run it with `-s`, on a machine that has nothing else to do. The sender
and the one who looks run in this process; the worker, in its own, has what is left of two cores.
"""

import asyncio
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from stream_app.adapters.clock import now_ms
from stream_app.replay.writer import TopicWriter
from stream_app.simulator import LoadPlan, load_batches
from tests.support.desks import Desk
from tests.support.feeds import client, told
from tests.support.kafka import KafkaServer
from tests.support.pipeline import SOURCE, Pipeline, Worker
from tests.support.servers import Server
from tests.support.wait import eventually, eventually_async

TENANT, PROBE = "default", "probe"
PARTITIONS = 4
SECONDS = 15
POLICY = f"""
apiVersion: pegel/v1
channels: [email, webchat, whatsapp, instagram, facebook, phone, sms, portal, {PROBE}]
sla:
  - name: everything
    targets: {{first_reply: 4h, next_reply: 8h, full_resolution: 3d}}
alerts:
  - name: ticket_unresolved
    when: {{unresolved_for: 48h}}
"""
Seen = tuple[int, float]
"""How many probes, and when."""
T = TypeVar("T")
_OPEN = re.compile(rf'^engagement_open_conversations{{.*channel="{PROBE}".*}} (\S+)$', re.MULTILINE)
_VIEW = re.compile(rf'"scope":{{"channel":"{PROBE}"}}.*?"open":(\d+)')


@pytest.fixture
def pipeline(kafka: KafkaServer, tmp_path: Path) -> Iterator[Pipeline]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    made = Pipeline(kafka, tmp_path, policy, PARTITIONS)
    yield made
    made.close()


class Sender:
    """Sends traffic at an even rate in a thread, and every 100 ms one conversation to look for."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.sent: list[float] = []  # when each probe was sent
        self.behind = 0.0  # seconds that the sender could not keep up
        self._bootstrap, self._topic = bootstrap, topic

    def run(self, rate: int, seconds: float) -> threading.Thread:
        """Begin; join the thread to wait for the end."""
        thread = threading.Thread(target=lambda: asyncio.run(self._send(rate, seconds)))
        thread.start()
        return thread

    async def _send(self, rate: int, seconds: float) -> None:
        count = max(1, int(rate * seconds))
        plan = LoadPlan(count, 50_000, PARTITIONS, now_ms(), rate, seed=len(self.sent))
        async with TopicWriter(self._bootstrap, self._topic) as writer:
            began = time.monotonic()
            for number, (_, records) in enumerate(load_batches(plan)):
                due = began + number * 1000 / rate
                await eventually_async(partial(has_come, due), SECONDS, every=0.005)
                self.behind = max(self.behind, time.monotonic() - due)
                for partition, key, value in records:
                    writer.add(partition, key, value)
                self._probe(writer)
                await writer.push()

    def _probe(self, writer: TopicWriter) -> None:
        name = f"P-{len(self.sent)}-{now_ms()}"
        self.sent.append(time.monotonic())
        desk = Desk("bench/probe", PARTITIONS, TENANT)
        desk.add(writer, desk.opened(name, PROBE))


@pytest.fixture
def sender(kafka: KafkaServer, pipeline: Pipeline) -> Sender:
    return Sender(kafka.bootstrap, pipeline.name(SOURCE))


def has_come(due: float) -> bool:
    return time.monotonic() >= due


def shown_by(worker: Worker) -> int:
    """How many probes the gauges know."""
    return int(sum(float(value) for value in _OPEN.findall(worker.get("/metrics") or "")))


def seen_in_views(worker: Worker) -> int:
    """How many probes the view of their channel knows."""
    found = _VIEW.search(worker.get("/api/v1/views") or "")
    return int(found[1]) if found else 0


def seen_in_redis(redis: Server, _: Worker) -> int:
    """How many probes the feed of their channel knows."""
    return int(told(redis, f"engagement:sla:{TENANT}:{PROBE}")().get("open", 0))


def test_start_to_first_event(pipeline: Pipeline, sender: Sender) -> None:
    sender.run(1_000, 1).join()
    worker, began = pipeline.worker(), time.monotonic()
    worker.process.start(lambda: shown_by(worker), deadline=60)
    print(f"\nstart of a worker to the first event on its gauges: {time.monotonic() - began:.1f} s")


def test_kill_to_fresh_gauges(pipeline: Pipeline, sender: Sender) -> None:
    worker = pipeline.worker(PEGEL_INSTANCE_ID="w1", PEGEL_SESSION_TIMEOUT="20").start()
    sender.run(5_000, 20).join()
    eventually(lambda: shown_by(worker) == len(sender.sent), 60)
    worker.process.kill()
    began, before = time.monotonic(), len(sender.sent)
    sender.run(1_000, 1).join()
    worker.process.start(lambda: shown_by(worker) > before, deadline=60)
    took = time.monotonic() - began
    rows = sum(s.value for s in worker.samples("engagement_restored_rows"))
    print(f"\nkill -9 to fresh gauges, {rows:,.0f} rows restored: {took:.1f} s")


def test_catching_up(pipeline: Pipeline, sender: Sender) -> None:
    count = 300_000
    options = ["--rate", "max", "--count", str(count), "--conversations", "30000", "--into-live"]
    pipeline.run("simulate", *options)
    worker = pipeline.worker()
    worker.process.start(lambda: sum(worker.applied().values()) > 0, deadline=60)
    began, spent, first = time.monotonic(), cpu_seconds(worker), sum(worker.applied().values())
    eventually(lambda: sum(worker.applied().values()) >= count, 120, every=0.2)
    wall, cpu = time.monotonic() - began, cpu_seconds(worker) - spent
    done = sum(worker.applied().values()) - first
    print(f"\ncatching up with {done:,} events, all agents, outputs and state durable:")
    print(f"  {done / wall:,.0f} a second, {done / cpu:,.0f} per CPU-second of the worker")
    for sample in worker.samples("engagement_step_seconds_total"):
        print(f"  {sample.labels['step']:10} {sample.value / count * 1e6:6.1f} µs per event")


def cpu_seconds(worker: Worker) -> float:
    """Processor time that the worker has had."""
    fields = Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("rate", [2_000, 10_000])
def test_event_to_gauge(
    pipeline: Pipeline, sender: Sender, redis_server: Server, rate: int
) -> None:
    with client(redis_server) as redis:
        redis.flushall()
    worker = pipeline.worker(PEGEL_REDIS_URL=f"redis://127.0.0.1:{redis_server.port}").start()
    in_redis = partial(seen_in_redis, redis_server)
    counts: dict[str, Callable[[Worker], int]]
    counts = {"gauge": shown_by, "view": seen_in_views, "Redis": in_redis}
    watch(sender, rate, {name: of(count, worker) for name, count in counts.items()})


def of(count: Callable[[T], int], what: T) -> Callable[[], Seen]:
    """How many probes are seen, and when that was."""
    return lambda: (count(what), time.monotonic())


def watch(sender: Sender, rate: int, looks: Mapping[str, Callable[[], Seen]]) -> None:
    """Send, look until everybody has seen everything, and print how long it took."""
    sender.run(1_000, 1).join()
    eventually(lambda: all(look()[0] == len(sender.sent) for look in looks.values()), 60)
    delays: dict[str, list[float]] = {name: [] for name in looks}
    known = dict.fromkeys(looks, len(sender.sent))
    sending = sender.run(rate, SECONDS)

    def everything_is_seen() -> bool:
        for name, look in looks.items():
            seen, at = look()
            delays[name] += [at - sender.sent[number] for number in range(known[name], seen)]
            known[name] = max(known[name], seen)
        return not sending.is_alive() and min(known.values()) >= len(sender.sent)

    eventually(everything_is_seen, SECONDS + 90, every=0.02)
    print(f"\nat {rate:,} events/s (sender at most {sender.behind * 1000:.0f} ms behind):")
    for name, found in delays.items():
        found.sort()
        p50, p99 = (found[int(len(found) * q)] for q in (0.5, 0.99))
        print(f"  event to {name}: p50 {p50:.2f} s, p99 {p99:.2f} s, n={len(found)}")
