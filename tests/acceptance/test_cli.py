"""The real command line against a real Kafka: one worker from the first topic to the last drain."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.kafka import KafkaServer
from tests.support.ports import free_port
from tests.support.process import ServerProcess
from tests.support.wait import eventually

PEGEL = [sys.executable, "-m", "stream_app.cli"]
ROOT = Path(__file__).parents[2]
POLICY = "apiVersion: pegel/v1\ntenants: [acme]\nsla: [{name: all, targets: {first_reply: 4h}}]\n"


class Installation:
    """Names of its own on the shared broker, and what one does with them."""

    def __init__(self, broker: str, home: Path) -> None:
        self.mark = f"a{uuid.uuid4().hex[:8]}"
        self.home = home
        self.port = free_port()
        self.policy = home / "policy.yaml"
        self.policy.write_text(POLICY)
        self.env = {
            **os.environ,
            "PEGEL_BROKER": broker,
            "PEGEL_APP_ID": self.mark,
            "PEGEL_TOPIC_PREFIX": f"{self.mark}.",
            "PEGEL_PARTITIONS": "2",
            "PEGEL_SESSION_TIMEOUT": "6",
            "PEGEL_POLICY": str(self.policy),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PEGEL, *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=ROOT,
        )

    def worker(self) -> ServerProcess:
        command = [*PEGEL, "worker", "--web-port", str(self.port)]
        return ServerProcess("worker", command, self.home / "worker.log", self.env)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> tuple[int, Any]:
        """Status and body, 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, None
        except OSError:
            return 0, None

    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200


@pytest.fixture
def here(kafka: KafkaServer, tmp_path: Path) -> Installation:
    return Installation(kafka.bootstrap, tmp_path)


@pytest.fixture
def running(here: Installation) -> Iterator[tuple[Installation, ServerProcess]]:
    """An installation whose worker is ready."""
    assert here.run("topics", "apply").returncode == 0
    worker = here.worker()
    worker.start(here.ready, deadline=60)
    yield here, worker
    worker.stop()


def event(mark: str, native_id: str) -> str:
    """A ticket that a customer opened just now, as a line of JSON."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    data = {"channel": "email", "status": "new", "created_by": "customer"}
    line = {
        "specversion": "1.0",
        "id": f"{native_id}:created:{mark}",
        "source": "test/acceptance",
        "type": "support.ticket.created.v1",
        "subject": native_id,
        "time": now,
        "tenant": "acme",
        "data": data,
    }
    return json.dumps(line)


def test_a_worker_without_topics_says_what_to_type(here: Installation) -> None:
    done = here.run("worker", "--web-port", str(here.port))
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "topics are missing" in line
    assert "pegel topics apply" in line


def test_a_ticket_is_explained_by_its_id_alone(
    running: tuple[Installation, ServerProcess],
) -> None:
    here, _ = running
    events = here.home / "events.jsonl"
    events.write_text(event(here.mark, "4711") + "\n" + event(here.mark, "4712") + "\n")
    sent = here.run("replay", str(events), "--speed", "max", "--into-live")
    assert sent.returncode == 0, sent.stderr

    def explained() -> subprocess.CompletedProcess[str]:
        done = here.run("explain", "4711", "--worker", here.url, "--json")
        assert done.returncode == 0, done.stderr
        return done

    found = json.loads(eventually(explained, deadline=30).stdout)
    assert (found["tenant"], found["source"], found["conversation"]) == (
        "acme",
        "test/acceptance",
        "4711",
    )
    (clock,) = [clock for clock in found["clocks"] if clock["clock"] == "first_reply"]
    assert (clock["is"], clock["target"]) == ("running", 4 * 3600)
    shown = here.run("explain", "4711", "--worker", here.url)
    assert "first_reply" in shown.stdout
    unknown = here.run("explain", "nobody", "--worker", here.url)
    assert unknown.returncode == 1
    assert len(unknown.stderr.strip().splitlines()) == 1


def test_doctor_and_partitions_of_a_healthy_installation(
    running: tuple[Installation, ServerProcess],
) -> None:
    here, _ = running
    done = here.run("doctor", "--json", "--worker", here.url)
    checks = {check["name"]: check["status"] for check in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert set(checks.values()) == {"ok"}, checks
    assert set(checks) >= {"python", "packages", "broker", "transactions", "topics", "worker"}
    listed = here.run("partition", "list", "--json", "--worker", here.url)
    held = json.loads(listed.stdout)
    assert {(one["agent"], one["partition"]) for one in held} == {
        (agent, number) for agent in ("conversations", "channels", "alerts") for number in (0, 1)
    }
    resumed = here.run("partition", "resume", "alerts", "1", "--worker", here.url)
    assert (resumed.returncode, "nothing to do" in resumed.stderr) == (0, True)
    nobodys = here.run("partition", "resume", "alerts", "7", "--worker", here.url)
    assert nobodys.returncode == 1
    assert "owns alerts 7" in nobodys.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_drains_and_leaves_within_ten_seconds(
    running: tuple[Installation, ServerProcess], number: signal.Signals
) -> None:
    _, worker = running
    began = time.monotonic()
    worker.signal(number)
    assert worker.wait(15) == 0, worker.tail()
    assert time.monotonic() - began < 10
    assert "Traceback" not in worker.tail(200)
    for line in worker.log.read_text().splitlines():
        json.loads(line)  # where there is no terminal the log is JSON, all of it


def test_a_second_worker_on_the_same_port_is_told(
    running: tuple[Installation, ServerProcess],
) -> None:
    here, _ = running
    done = here.run("worker", "--web-port", str(here.port))
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "--web-port" in line


@pytest.mark.parametrize(
    ("command", "words"),
    [("agents", ("conversations", "channels", "alerts")), ("tables", ("windows", "groups"))],
)
def test_fausts_own_command_lists_what_there_is(
    here: Installation, command: str, words: tuple[str, ...]
) -> None:
    faust = [sys.executable, "-m", "faust", "-A", "stream_app.app", command]
    done = subprocess.run(
        faust, env=here.env, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    for word in words:
        assert word in done.stdout


def test_fausts_own_command_runs_a_worker(here: Installation) -> None:
    assert here.run("topics", "apply").returncode == 0
    command = [sys.executable, "-m", "faust", "-A", "stream_app.app", "worker", "-l", "warn"]
    env = {**here.env, "PEGEL_WEB_PORT": str(here.port)}
    worker = ServerProcess("faust worker", command, here.home / "faust.log", env)
    worker.start(here.ready, deadline=60)
    assert worker.stop(deadline=20) == 0, worker.tail()


def test_help_answers_at_once() -> None:
    def seconds() -> float:
        # Of the processor, not of the wall: others use the machine as well.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*PEGEL, "--help"], capture_output=True, check=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert b"pegel demo" in done.stdout
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    eventually(lambda: seconds() < 0.5, deadline=60, what="help within half a second")


def test_help_loads_nothing_that_only_commands_need() -> None:
    asked = (
        "import sys; from stream_app.cli.main import run; run(['--help']);"
        "print([m for m in ('aiohttp', 'aiokafka', 'faust', 'pydantic') if m in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr.strip() == "[]"
