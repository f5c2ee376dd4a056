"""A broker without transactions: no fencing, said so, and the state still survives a crash."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stream_app.adapters.embedded_broker import binary
from tests.integration.engine_harness import PARTITIONS, Oracle, Toy, Worker
from tests.support.ports import free_port, is_listening
from tests.support.process import ServerProcess
from tests.support.wait import eventually


@dataclass(frozen=True)
class Embedded:
    """The demo's broker."""

    bootstrap: str


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    port = free_port()
    url = f"tcp://127.0.0.1:{port}"
    flags = ["--listener-url", url, "--advertised-listener-url", url]
    command = [str(binary()), "broker", *flags, "--storage-engine", "memory://test/"]
    process = ServerProcess("tansu", command, tmp_path / "tansu.log")
    process.start(lambda: is_listening(port))
    yield Embedded(f"127.0.0.1:{port}")
    process.stop()


def test_a_kill_between_rows_and_outputs_leaves_the_right_state(
    embedded: Embedded, make_toy: Callable[..., Toy]
) -> None:
    toy = make_toy(embedded, PEGEL_REBALANCE_TIMEOUT="2", TOY_LIMITS='{"flush_seconds": 0.1}')
    toy.idempotent = False
    toy.create()
    toy.feed(2_000)
    dying = toy.worker(TOY_FAIL="before_commit:4")
    dying.process.start(lambda: True)
    eventually(lambda: not dying.process.running, 40, what="it died, as told")
    dying.process.wait(1)
    toy.feed(2_000, seed=2)
    worker = toy.worker().start()
    expected = Oracle()
    expected.take(toy.fed)  # this broker's end offsets leave the last batch out
    eventually(lambda: _state(worker) == _expected(expected), 60, what="the right state")
    assert worker.get("status")["fencing"] is False
    assert "no fencing on this broker" in worker.process.tail(200)


def _state(worker: Worker) -> list[object]:
    state = worker.get("state") or {}
    owned = [state.get(f"toy/{number}", {}) for number in range(PARTITIONS)]
    return [(part.get("counts"), part.get("letters"), part.get("applied")) for part in owned]


def _expected(oracle: Oracle) -> list[object]:
    return [
        (oracle.counts[number], dict(oracle.letters[number]), oracle.applied[number])
        for number in range(PARTITIONS)
    ]
