"""Broker restarts, poison, damage and neighbours, with real workers on a real broker."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.integration.engine_harness import Load, Toy, Worker
from tests.support.kafka import KafkaServer
from tests.support.wait import eventually

MakeToy = Callable[..., Toy]


def partition(worker: Worker, number: int) -> dict[str, object]:
    found: list[dict[str, object]] = worker.get("status")["partitions"]
    owned = [part for part in found if part["partition"] == number]
    assert owned, f"partition {number} is not here"
    return owned[0]


@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "SIGKILL"])
def test_a_broker_restart_costs_nothing(
    make_toy: MakeToy, own_kafka: Callable[..., KafkaServer], kill: bool
) -> None:
    kafka = own_kafka()
    toy = make_toy(kafka, TOY_LIMITS='{"flush_seconds": 0.1, "retry_seconds": 40.0}')
    toy.create()
    toy.feed(3_000)
    worker = toy.worker().start()
    eventually(lambda: worker.events() >= 3_000, 30)
    toy.feed(5_000, seed=2)
    kafka.restart(kill=kill)
    toy.feed(2_000, seed=3)
    toy.check(worker)


def test_poison_is_dead_lettered_with_its_reason_and_the_rest_counts(make_toy: MakeToy) -> None:
    toy = make_toy(TOY_LIMITS='{"record_bytes": 100000}')
    toy.create()
    toy.feed(2_000)
    poison = [b"no json", b'{"k": 5}', b"\xff\xfe", b"", b'{"k":"x","n":' + b"1" * 120_000 + b"}"]
    toy.produce("in", 1, poison)
    toy.feed(2_000, seed=2)
    toy.check(toy.worker().start())
    letters = toy.read(toy.name("in.dlq"))
    assert [(p, value) for p, _, value in letters] == [(1, value) for value in poison]
    headers = toy.headers("in.dlq")
    assert [h["dlq.error.code"] for h in headers] == [b"undecodable"] * 4 + [b"oversized"]
    assert all(h["dlq.original.topic"] == toy.name("in").encode() for h in headers)


def test_the_fuse_stops_one_partition_over_restarts_until_it_is_lifted(make_toy: MakeToy) -> None:
    toy = make_toy()
    toy.create()
    toy.feed(1_000)
    toy.produce("in", 0, [b"poison"] * 60)
    worker = toy.worker().start()
    eventually(lambda: partition(worker, 0)["state"] == "fused", 30)
    toy.feed(1_000, seed=2)
    ends = toy.ends()
    eventually(lambda: _at(worker, 1, toy.name("in")) == ends[toy.name("in/1")], 30)
    held = _at(worker, 0, toy.name("in"))
    assert held < ends[toy.name("in/0")]
    assert worker.process.stop(deadline=10) == 0

    again = toy.worker().start()
    eventually(lambda: again.ready or partition(again, 0)["state"] == "fused", 30)
    assert partition(again, 0)["fused"] == "51 records in a row were rejected"
    assert _at(again, 0, toy.name("in")) == held
    assert again.get("resume?agent=toy&partition=0") == {"resumed": True}
    toy.check(again)
    assert len(toy.read(toy.name("in.dlq"))) == 60


def _at(worker: Worker, number: int, topic: str) -> int:
    offsets = partition(worker, number)["offsets"]
    assert isinstance(offsets, dict)
    return int(offsets[topic])


def test_a_compacted_changelog_restores_the_same_state(make_toy: MakeToy) -> None:
    toy = make_toy(TOY_LIMITS='{"flush_seconds": 0.05}')
    toy.create(
        changelog={
            "min.cleanable.dirty.ratio": "0.01",
            "segment.ms": "100",
            "min.compaction.lag.ms": "0",
            "delete.retention.ms": "0",
        }
    )
    worker = toy.worker().start()
    written = 0
    for seed in range(8):
        toy.feed(4_000, seed)
        toy.settled(worker)
        written += 4_000
    worker.process.kill()
    log = toy.changelogs()[0]
    eventually(lambda: len(toy.read(log)) < written * 2 // 3, 60, what="the log is compacted")
    joint = toy.check(toy.worker().start())
    assert all(state["restores"] == 1 for state in joint.values())


def test_an_ordinary_agent_runs_beside_two_batch_agents(make_toy: MakeToy) -> None:
    toy = make_toy()
    toy.agents["second"] = ([toy.name("other")], toy.name("out2"))
    toy.create("other", "other.dlq", "out2", "cold")
    toy.feed(2_000)
    toy.feed(2_000, topic="other")
    toy.feed(300, topic="cold")
    worker = toy.worker(TOY_COLD=toy.name("cold")).start()
    toy.check(worker)
    eventually(lambda: worker.get("status")["cold"] == 300, 30, what="the ordinary agent saw all")


def test_faust_lists_tables_and_agents(make_toy: MakeToy) -> None:
    worker = make_toy().worker(TOY_COLD="cold")
    listed = {name: _faust(worker, name) for name in ("tables", "agents")}
    assert "toy-counts" in listed["tables"]
    assert "toy-letters" in listed["tables"]
    assert "@toy" in listed["agents"]
    assert "Counts events." in listed["agents"]
    assert "@cold" in listed["agents"]


def _faust(worker: Worker, command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.engine_worker", command],
        env=worker.process.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_a_lost_changelog_ends_the_process_instead_of_counting_from_zero(make_toy: MakeToy) -> None:
    toy = make_toy()
    toy.create()
    toy.feed(1_000)
    first = toy.worker().start()
    toy.settled(first)
    assert first.process.stop(deadline=10) == 0
    toy.recreate(toy.changelogs())
    second = toy.worker()
    eventually(lambda: _ended(second), 40)
    assert second.process.wait(1) == 1
    assert "the changelog has lost rows" in second.process.tail(200)


def _ended(worker: Worker) -> bool:
    if not worker.process.running and not worker.process.log.exists():
        worker.process.start(lambda: True)
    return not worker.process.running


def test_two_workers_settle_on_whole_partitions_under_load(make_toy: MakeToy) -> None:
    toy = make_toy()
    toy.create()
    first, second = toy.worker(), toy.worker()
    with Load(toy):
        first.start()
        second.start()
        eventually(lambda: first.owned and second.owned, 40, what="both own something")
    joint = toy.check(first, second)
    assert json.dumps(sorted(joint)) == '["toy/0", "toy/1"]'
