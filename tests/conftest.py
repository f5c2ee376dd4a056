"""Markers by directory, a scrubbed environment, guarded sockets, and the servers tests ask for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from pytest_socket import socket_allow_hosts

from tests.support.kafka import KafkaServer
from tests.support.servers import Server, start_alertmanager, start_prometheus, start_redis

TIERS = frozenset(
    {
        "unit",
        "property",
        "agents",
        "engine",
        "contract",
        "integration",
        "acceptance",
        "chaos",
        "bench",
    }
)
# A broker, a worker and a rebalance need their time; everything else is quick or broken.
SLOW_TIERS = {"integration": 180, "acceptance": 180, "chaos": 300, "bench": 600}
_TESTS = Path(__file__).parent

# Two busy cores make single examples slow now and then; the test's own timeout is the judge.
_CALM = [HealthCheck.too_slow]
settings.register_profile("quick", max_examples=20, deadline=None, suppress_health_check=_CALM)
settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=_CALM)
settings.register_profile("thorough", max_examples=500, deadline=None, suppress_health_check=_CALM)
# For each of some thousand mutants: few examples, and the same ones, so that a verdict is one.
settings.register_profile(
    "mutation",
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # that it fails is enough, nobody reads how
    suppress_health_check=_CALM,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# Settings of the developer's shell must not reach a test.
for _name in [name for name in os.environ if name.startswith("PEGEL_")]:
    del os.environ[_name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the marker of its directory, and slow tiers their longer timeout."""
    for item in items:
        tier = item.path.relative_to(_TESTS).parts[0]
        if tier in TIERS:
            item.add_marker(getattr(pytest.mark, tier))
        if tier in SLOW_TIERS and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SLOW_TIERS[tier]))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how to repeat the order of a run that failed."""
    seed = getattr(config.option, "randomly_seed", None)
    if terminalreporter.stats.get("failed") and isinstance(seed, int):
        terminalreporter.write_line(f"the same order again: pytest --randomly-seed={seed}")


@pytest.fixture(autouse=True)
def _only_loopback() -> None:
    """No test reaches beyond this machine."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """One Apache Kafka for the whole session, started by the first test that asks for it.

    It is shared: use a topic prefix and app id of your own, and leave it running.
    """
    server = KafkaServer(tmp_path_factory.mktemp("kafka"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Callable[..., KafkaServer]]:
    """Starts a broker of the test's own, to be killed, paused or restarted at will.

    Keyword arguments are broker properties, with `_` for `.` in their names.
    """
    started: list[KafkaServer] = []

    def start(**properties: str) -> KafkaServer:
        server = KafkaServer(tmp_path / f"kafka{len(started)}", **properties)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One Redis for the whole session; use keys of your own."""
    server = start_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.process.stop()


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Callable[[Path | str], Server]]:
    """Starts an Alertmanager with the given configuration (a path, or the text itself)."""
    yield from _starter(start_alertmanager, tmp_path / "alertmanager")


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Callable[[Path | str], Server]]:
    """Starts a Prometheus with the given configuration (a path, or the text itself)."""
    yield from _starter(start_prometheus, tmp_path / "prometheus")


def _starter(
    start: Callable[[Path, Path | str], Server], home: Path
) -> Iterator[Callable[[Path | str], Server]]:
    started: list[Server] = []

    def begin(config: Path | str) -> Server:
        directory = home / str(len(started))
        directory.mkdir(parents=True)
        started.append(start(directory, config))
        return started[-1]

    yield begin
    for server in started:
        server.process.stop()
