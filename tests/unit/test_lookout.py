"""When a receiver's task looks again."""

import pytest

from stream_app.adapters.notify.lookout import Lookout


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_it_looks_when_something_is_new_and_else_after_a_poll(clock: Clock) -> None:
    found = Lookout(poll=0.5)
    assert found.is_due([1, 1])
    clock.now += 0.4
    assert not found.is_due([1, 1])
    assert found.is_due([1, 2])
    clock.now += 0.4
    assert not found.is_due([1, 2])
    clock.now += 0.1
    assert found.is_due([1, 2])


def test_another_partition_is_something_new(clock: Clock) -> None:
    found = Lookout(poll=0.5)
    assert found.is_due([])
    assert found.is_due([3])
    assert found.is_due([])


def test_after_a_long_look_there_is_a_much_longer_rest(clock: Clock) -> None:
    found = Lookout(poll=0.5)
    found.is_due([1])
    found.looked()
    assert found.nap == pytest.approx(0.05)
    clock.now += 0.5
    found.is_due([1])
    clock.now += 0.1
    found.looked()
    clock.now += 5.0  # what is done with it takes no part in that
    assert found.nap == pytest.approx(2.0)
    found.is_due([1])
    assert found.nap == pytest.approx(0.05)


def test_a_poll_shorter_than_a_nap_is_kept(clock: Clock) -> None:
    assert Lookout(poll=0.02).nap == pytest.approx(0.02)
