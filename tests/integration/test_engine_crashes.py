"""Workers are killed, replaced, stopped and continued; nothing is lost and nothing counts twice."""

import random
from collections.abc import Callable

import pytest

from tests.integration.engine_harness import Load, Toy, Worker
from tests.support.wait import eventually

SMALL = '{"flush_events": 1500, "poll_records": 500, "flush_seconds": 0.1}'
MakeToy = Callable[..., Toy]


def progressed(worker: Worker, events: int) -> Callable[[], bool]:
    return lambda: worker.events() >= events


def test_a_worker_killed_again_and_again_ends_with_the_right_state(make_toy: MakeToy) -> None:
    toy = make_toy(TOY_LIMITS=SMALL, PEGEL_INSTANCE_ID="one")
    toy.create()
    dice = random.Random(5)
    with Load(toy):
        for _ in range(4):
            worker = toy.worker().start()
            eventually(progressed(worker, dice.randrange(1, 3_000)), 30, every=0.01)
            worker.process.kill()
    last = toy.worker().start()
    joint = toy.check(last)
    assert all(state["restores"] == 1 for state in joint.values())


@pytest.mark.parametrize(
    "point", ["claimed", "applied", "collected", "sent", "before_commit", "written"]
)
def test_a_kill_at_any_point_of_a_flush_is_exact(make_toy: MakeToy, point: str) -> None:
    toy = make_toy(TOY_LIMITS=SMALL, PEGEL_INSTANCE_ID="one")
    toy.create()
    toy.feed(6_000)
    toy.feed(2_000, topic="in2")
    dying = toy.worker(TOY_FAIL=f"{point}:{2 if point == 'claimed' else 4}")
    dying.process.start(lambda: True)
    eventually(lambda: not dying.process.running, 30, what="it died, as told")
    dying.process.wait(1)
    toy.check(toy.worker().start())


def test_a_second_worker_takes_over_from_a_killed_one(make_toy: MakeToy) -> None:
    toy = make_toy(TOY_LIMITS=SMALL)
    toy.create()
    first, second = toy.worker(), toy.worker()
    with Load(toy):
        first.start()
        eventually(progressed(first, 1_000), 30)
        second.start()
        eventually(lambda: first.owned and second.owned, 30, what="both own something")
        first.process.kill()
        eventually(lambda: len(second.owned) == 2, 30, what="the second owns everything")
    toy.check(second)


def test_workers_that_join_and_leave_under_load_keep_what_they_are_given_back(
    make_toy: MakeToy,
) -> None:
    toy = make_toy(TOY_LIMITS=SMALL)
    toy.create()
    first, second = toy.worker(), toy.worker()
    with Load(toy):
        first.start()
        eventually(progressed(first, 1_000), 30)
        second.start()
        eventually(lambda: first.owned and second.owned, 30, what="both own something")
        kept = first.owned.pop()
        assert first.get("state")[kept]["restores"] == 1  # given back, not read again
        assert second.process.stop(deadline=12) == 0
        eventually(lambda: len(first.owned) == 2, 30)
    joint = toy.check(first)
    assert joint[kept]["epoch"] == 1  # one ownership all along


def test_a_stopped_worker_that_comes_back_is_fenced(make_toy: MakeToy) -> None:
    toy = make_toy(TOY_LIMITS=SMALL)
    toy.create()
    first, second = toy.worker(), toy.worker()
    with Load(toy):
        first.start()
        eventually(progressed(first, 2_000), 30)
        first.process.pause()
        second.start()
        eventually(lambda: len(second.owned) == 2, 30, what="the second owns everything")
        eventually(progressed(second, 1_000), 30)
        first.process.resume()
        eventually(lambda: first.owned and second.owned, 40, what="both own something")
    toy.check(first, second)


def test_sigterm_writes_what_was_applied_and_ends_within_ten_seconds(make_toy: MakeToy) -> None:
    toy = make_toy(TOY_LIMITS=SMALL)
    toy.create()
    with Load(toy):
        worker = toy.worker(TOY_LIMITS='{"flush_seconds": 30.0}').start()
        eventually(progressed(worker, 1_000), 30)
        applied = worker.events()
        assert worker.process.stop(deadline=10) == 0
    successor = toy.worker(TOY_LIMITS='{"flush_seconds": 30.0}').start()
    eventually(lambda: len(successor.owned) == 2, 30)
    restored = sum(state["applied"] for state in successor.get("state").values())
    assert restored >= applied
