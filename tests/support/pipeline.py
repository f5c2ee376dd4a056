"""An installation of Pegel under test: the real commands as processes, on topics of its own."""

import os
import subprocess
import sys
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families

from tests.support.kafka import KafkaServer
from tests.support.ports import free_port
from tests.support.process import ServerProcess
from tests.support.topic_reader import Topics
from tests.support.wait import eventually

SOURCE: Final = "support.conversation.v1"
READ_BY_AGENTS: Final = ("engagement.pane.v1", "engagement.signal.v1")
Episode = tuple[str, str, str | None]
"""A conversation, when its episode was opened, and when it was resolved (None: it still fires)."""
_ROOT = Path(__file__).resolve().parents[2]
_PEGEL = [sys.executable, "-m", "stream_app.cli"]


class Worker:
    """One worker process; `start` returns when it is ready."""

    def __init__(self, name: str, env: Mapping[str, str], home: Path) -> None:
        self.url = f"http://127.0.0.1:{env['PEGEL_WEB_PORT']}"
        self.process = ServerProcess(name, [*_PEGEL, "worker"], home / f"{name}.log", env)

    def start(self, deadline: float = 60.0) -> "Worker":
        """Start it, and wait until all that it was given is restored."""
        self.process.start(self.ready, deadline)
        return self

    def ready(self) -> bool:
        """Whether /readyz says so; without partitions a worker is ready too."""
        return self.get("/readyz") is not None

    def get(self, path: str) -> str | None:
        """The body of a page; None while it answers with an error or not at all."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            return None

    def samples(self, *names: str) -> list[Any]:
        """The samples of these names on /metrics: name, labels, value."""
        families = text_string_to_metric_families(self.get("/metrics") or "")
        return [s for family in families for s in family.samples if s.name in names]

    def applied(self, agent: str = "conversations") -> dict[int, int]:
        """How many records of each owned partition are applied and written."""
        found = self.samples("engagement_processed_records_total")
        return {
            int(s.labels["partition"]): int(s.value) for s in found if s.labels["agent"] == agent
        }


class Pipeline:
    """Topics, workers and commands of one installation. `close` ends all that runs."""

    def __init__(self, kafka: KafkaServer, home: Path, policy: Path, partitions: int = 4) -> None:
        mark = uuid.uuid4().hex[:8]
        self.prefix, self.app_id = f"{mark}.", f"pegel-{mark}"
        self.partitions = partitions
        self.topics = Topics(kafka.bootstrap)
        self.home = home
        self.workers: list[Worker] = []
        self._children: list[ServerProcess] = []
        self._env = {
            **os.environ,
            "PYTHONPATH": str(_ROOT),
            "PEGEL_BROKER": kafka.bootstrap,
            "PEGEL_APP_ID": self.app_id,
            "PEGEL_TOPIC_PREFIX": self.prefix,
            "PEGEL_PARTITIONS": str(partitions),
            "PEGEL_POLICY": str(policy),
            "PEGEL_SESSION_TIMEOUT": "6",
            "PEGEL_REBALANCE_TIMEOUT": "10",
            "PEGEL_LOG_LEVEL": "warning",
        }
        self.run("topics", "apply")

    def run(self, *arguments: str, deadline: float = 120.0) -> str:
        """Run a command to its end; what it printed. It must succeed."""
        command = [*_PEGEL, *arguments]
        done = subprocess.run(
            command,
            check=False,
            env=self._env,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=deadline,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def begin(self, *arguments: str) -> ServerProcess:
        """Start a command that goes on by itself."""
        log = self.home / f"{arguments[0]}{len(self._children)}.out"
        child = ServerProcess(arguments[0], [*_PEGEL, *arguments], log, self._env)
        self._children.append(child)
        child.start(lambda: True)
        return child

    def worker(self, **env: str) -> Worker:
        """A further worker, not yet started."""
        own = {**self._env, "PEGEL_WEB_PORT": str(free_port()), **env}
        worker = Worker(f"worker{len(self.workers)}", own, self.home)
        self.workers.append(worker)
        return worker

    def name(self, topic: str) -> str:
        """The full name of a topic."""
        return self.prefix + topic

    def running(self) -> list[Worker]:
        """The workers that have not ended."""
        return [worker for worker in self.workers if worker.process.running]

    def settle(self, deadline: float = 120.0) -> None:
        """Wait until everything that was sent is applied and written, by all agents in turn."""
        source = [self.name(SOURCE)]
        eventually(
            lambda: self._covered(source, deadline) == self.topics.next_offsets(source),
            deadline,
            what="the input comes to rest (workers may add to it)",
        )
        # Heartbeats go on for ever; what counts is what stands there now.
        self._covered([self.name(topic) for topic in READ_BY_AGENTS], deadline)

    def close(self) -> None:
        """Kill what still runs."""
        for process in [*self._children, *(worker.process for worker in self.workers)]:
            process.kill()

    # -- what came out ------------------------------------------------------------------------------

    def views(self) -> list[dict[str, Any]]:
        """The snapshots that screens read, one for each scope."""
        return list(self.topics.newest(self.name("engagement.view.v1")).values())

    def alerts(self) -> list[dict[str, Any]]:
        """Everything that was written of alerts, in the order of each alert."""
        return self.topics.values(self.name("engagement.alert.v1"))

    def dead_letters(self) -> list[Any]:
        """What was refused, of whatever topic."""
        sources = (SOURCE, *READ_BY_AGENTS)
        return [r for topic in sources for r in self.topics.records(self.name(f"{topic}.dlq"))]

    def summed(
        self, names: Iterable[str], labels: Callable[[Mapping[str, str]], tuple[str, ...]]
    ) -> Counter[tuple[str, ...]]:
        """Metrics of all running workers, summed by (name, *labels); zeros left out."""
        total: Counter[tuple[str, ...]] = Counter()
        for worker in self.running():
            for sample in worker.samples(*names):
                total[sample.name, *labels(sample.labels)] += sample.value
        return Counter({key: value for key, value in total.items() if value})

    def _covered(self, topics: list[str], deadline: float) -> dict[tuple[str, int], int]:
        wanted = self.topics.next_offsets(topics)
        eventually(lambda: self._covers(wanted), deadline, every=0.2, what="all input is applied")
        return wanted

    def _covers(self, wanted: Mapping[tuple[str, int], int]) -> bool:
        committed = self.topics.committed(self.app_id)
        behind = {
            place: (committed.get(place, 0), offset)
            for place, offset in wanted.items()
            if committed.get(place, 0) < offset
        }
        assert not behind, f"behind: {behind}"
        return True


def episodes_of(alerts: Iterable[Mapping[str, Any]]) -> list[Episode]:
    """The episodes that a log of alerts tells of, each as (conversation, opened, resolved or None)."""
    told: dict[str, list[Mapping[str, Any]]] = {}
    for record in alerts:
        told.setdefault(record["alert"], []).append(record)
    return [_episode(records) for records in told.values()]


def _episode(records: list[Mapping[str, Any]]) -> Episode:
    states = [record["state"] for record in records]
    assert set(states[:-1]) <= {"firing"}, states  # nothing comes after the end, which is told once
    assert len({(r["subject"]["id"], r["opened_at"]) for r in records}) == 1, records
    last = records[-1]
    resolved = last["since"] if last["state"] == "resolved" else None
    return (last["subject"]["id"], last["opened_at"], resolved)
