"""Toy workers on a real broker, what is fed to them, and an oracle that reads the topics alone."""

import asyncio
import json
import os
import random
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from aiokafka.admin import NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from tests.integration import engine_topics as topics
from tests.support.ports import free_port
from tests.support.process import ServerProcess
from tests.support.wait import eventually

T = TypeVar("T")
PARTITIONS = 2
KEYS = 3_000
_ROOT = Path(__file__).resolve().parents[2]


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


class Worker:
    """One worker process."""

    def __init__(self, name: str, env: dict[str, str], home: Path) -> None:
        self.port = int(env["PEGEL_WEB_PORT"])
        command = [sys.executable, "-m", "tests.integration.engine_worker"]
        merged = {**os.environ, **env, "PYTHONPATH": str(_ROOT)}
        self.process = ServerProcess(name, command, home / f"{name}.log", merged)

    def start(self) -> "Worker":
        self.process.start(lambda: self.get("status") is not None)
        return self

    def get(self, page: str) -> Any:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/{page}", timeout=5
            ) as answer:
                return json.loads(answer.read())
        except OSError:
            return None

    @property
    def owned(self) -> set[str]:
        """Agents and partitions that run here."""
        return set(self.get("state") or ())

    @property
    def ready(self) -> bool:
        status = self.get("status")
        return bool(status and status["ready"] and status["partitions"])

    def events(self) -> int:
        """How many events this process has applied."""
        status = self.get("status")
        return status["timings"]["events"] if status else 0


class Broker(Protocol):
    """Anything that speaks Kafka."""

    @property
    def bootstrap(self) -> str: ...


class Toy:
    """An installation of the toy agents with topics of its own."""

    def __init__(self, kafka: Broker, home: Path, **env: str) -> None:
        self.kafka = kafka
        self.idempotent = True  # whether the broker knows idempotent producers
        self.home = home
        self.prefix = f"t{random.Random().randrange(10**9)}-"
        self.app_id = f"{self.prefix}app"
        self.agents: dict[str, tuple[list[str], str]] = {
            "toy": ([self.name("in"), self.name("in2")], self.name("out"))
        }
        self.env = env
        self.workers: list[Worker] = []
        self.fed: list[tuple[int, bytes, bytes]] = []

    def name(self, topic: str) -> str:
        return self.prefix + topic

    def create(self, *more: str, changelog: dict[str, str] | None = None) -> None:
        """Make the topics."""
        stamped = {"message.timestamp.type": "LogAppendTime"}
        plain = ["in", "in2", "out", "in.dlq", "in2.dlq", *more]
        made = [NewTopic(self.name(t), PARTITIONS, 1, topic_configs=stamped) for t in plain]
        compact = {"cleanup.policy": "compact", **(changelog or {})}
        made += [
            NewTopic(topic, PARTITIONS, 1, topic_configs=compact) for topic in self.changelogs()
        ]
        run(topics.create(self.kafka.bootstrap, made))

    def changelogs(self) -> list[str]:
        return [
            f"{self.app_id}-{agent}-{table}-changelog"
            for agent in self.agents
            for table in ("counts", "letters")
        ]

    def worker(self, name: str = "w", **env: str) -> Worker:
        """A worker, not yet started."""
        own = {
            "PEGEL_BROKER": self.kafka.bootstrap,
            "PEGEL_APP_ID": self.app_id,
            "PEGEL_PARTITIONS": str(PARTITIONS),
            "PEGEL_WEB_PORT": str(free_port()),
            "PEGEL_SESSION_TIMEOUT": "6",
            "PEGEL_REBALANCE_TIMEOUT": "10",
            "TOY_AGENTS": json.dumps(self.agents),
        }
        worker = Worker(f"{name}{len(self.workers)}", own | self.env | env, self.home)
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        for worker in self.workers:
            worker.process.kill()
            if worker.process.log.exists():  # it was started: nothing of it stays behind
                worker.process.wait(5)

    # -- input ------------------------------------------------------------------------------------

    def feed(self, count: int, seed: int = 1, topic: str = "in") -> None:
        """Produce events at once."""
        rows = _events(count, seed, topic[-1])
        self.fed += rows
        run(topics.produce(self.kafka.bootstrap, self.name(topic), rows, self.idempotent))

    def produce(self, topic: str, partition: int, values: Iterable[bytes]) -> None:
        """Produce given values to one partition."""
        rows = [(partition, b"k", value) for value in values]
        run(topics.produce(self.kafka.bootstrap, self.name(topic), rows, self.idempotent))

    def recreate(self, names: list[str]) -> None:
        """Delete topics and make them anew, as an operator's mistake would."""
        run(topics.delete(self.kafka.bootstrap, names))
        fresh = [
            NewTopic(t, PARTITIONS, 1, topic_configs={"cleanup.policy": "compact"}) for t in names
        ]

        def made() -> bool:
            try:
                run(topics.create(self.kafka.bootstrap, fresh))
            except TopicAlreadyExistsError:  # deleting takes its time
                return False
            return True

        eventually(made, 20)

    # -- outcome ------------------------------------------------------------------------------------

    def ends(self) -> dict[str, int]:
        """End offsets of the sources, as `topic/partition`."""
        sources = [topic for names, _ in self.agents.values() for topic in names]
        return run(topics.ends(self.kafka.bootstrap, sources, PARTITIONS))

    def settled(self, *workers: Worker) -> dict[str, Any]:
        """The joint state of the workers, once it covers all input and is written."""
        ends = self.ends()

        def done() -> dict[str, Any] | None:
            states = [worker.get("state") or {} for worker in workers]
            joint = {key: value for state in states for key, value in state.items()}
            owners = sum(map(len, states))
            reached = {
                f"{topic}/{key.split('/')[1]}": offset
                for key, value in joint.items()
                for topic, offset in value["durable"].items()
            }
            whole = all(reached.get(place, 0) == end for place, end in ends.items())
            return joint if whole and owners == PARTITIONS * len(self.agents) else None

        return eventually(done, 60, what=f"all of {ends} is applied and written")

    def check(self, *workers: Worker) -> dict[str, Any]:
        """State and outputs equal what a naive program makes of the topics."""
        joint = self.check_state(*workers)
        for sources, out in self.agents.values():
            expected = self._expected(sources)
            assert Counter(self.read(out)) == Counter(expected.outputs)
        return joint

    def check_state(self, *workers: Worker) -> dict[str, Any]:
        """State alone equals it."""
        joint = self.settled(*workers)
        for agent, (sources, _) in self.agents.items():
            expected = self._expected(sources)
            for number in range(PARTITIONS):
                state = joint[f"{agent}/{number}"]
                assert state["counts"] == expected.counts[number]
                assert state["letters"] == dict(expected.letters[number])
                assert state["applied"] == expected.applied[number]
        return joint

    def _expected(self, sources: list[str]) -> "Oracle":
        oracle = Oracle()
        for topic in sources:
            oracle.take(self.read(topic))
        return oracle

    def read(self, topic: str) -> list[tuple[int, bytes, bytes]]:
        """Everything in a topic that a read_committed consumer sees: partition, key, value."""
        return run(topics.read(self.kafka.bootstrap, topic, PARTITIONS))

    def headers(self, topic: str) -> list[dict[str, bytes]]:
        """The headers of everything in a topic."""
        return run(topics.headers(self.kafka.bootstrap, self.name(topic), PARTITIONS))


class Oracle:
    """Counts what is in the topics, one record after the other, sharing nothing with the engine."""

    def __init__(self) -> None:
        self.counts: list[dict[str, list[int]]] = [{} for _ in range(PARTITIONS)]
        self.letters: list[Counter[str]] = [Counter() for _ in range(PARTITIONS)]
        self.applied = [0] * PARTITIONS
        self.outputs: list[tuple[int, bytes, bytes]] = []

    def take(self, records: Iterable[tuple[int, bytes, bytes]]) -> None:
        for partition, _, value in records:
            try:
                event = json.loads(value)
                key, number = event["k"], event["n"]
            except (ValueError, KeyError, TypeError):
                continue
            self.applied[partition] += 1
            self.letters[partition][key[0]] += 1
            known = self.counts[partition].setdefault(key, [0, 0])
            if known == [0, 0]:
                self.outputs.append((partition, key.encode(), b"%d" % number))
            known[0] += 1
            known[1] += number


class Load:
    """Feeds events in the background until told to stop."""

    def __init__(self, toy: Toy, rate: int = 3_000) -> None:
        self.toy = toy
        self.rate = rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        seed = 1_000
        while not self._stop.wait(0.25):
            seed += 1
            self.toy.feed(self.rate // 4, seed)


def _events(count: int, seed: int, mark: str) -> list[tuple[int, bytes, bytes]]:
    dice = random.Random(seed)
    rows = []
    for _ in range(count):
        number = dice.randrange(KEYS)
        key = f"{'abcdefgh'[number % 8]}{mark}{number}"
        rows.append(
            (
                number % PARTITIONS,
                key.encode(),
                b'{"k":"%b","n":%d}' % (key.encode(), dice.randrange(1, 9)),
            )
        )
    return rows
