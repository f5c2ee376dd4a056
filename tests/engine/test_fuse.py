import pytest

from stream_app.engine.fuse import Fuse
from stream_app.engine.limits import FuseLimits

LIMITS = FuseLimits(run=5, ratio=0.05, window=100)


def rejects(fuse: Fuse, count: int) -> list[bool]:
    return [fuse.reject() for _ in range(count)]


def test_a_run_trips_one_above_its_limit() -> None:
    fuse = Fuse(LIMITS)
    assert rejects(fuse, 6) == [True] * 5 + [False]
    assert fuse.tripped == "6 records in a row were rejected"


def test_one_good_record_ends_a_run() -> None:
    fuse = Fuse(LIMITS)
    rejects(fuse, 5)
    fuse.accept(1)
    assert all(rejects(fuse, 5))


def test_a_share_counts_only_once_the_window_is_full() -> None:
    fuse = Fuse(LIMITS)
    for _ in range(9):
        fuse.accept(9)
        assert fuse.reject()  # 10 %, but of fewer than 100 records
    fuse.accept(9)
    assert not fuse.reject()
    assert fuse.tripped == "10 of the last 100 records were rejected"


def test_exactly_the_share_does_not_trip() -> None:
    fuse = Fuse(LIMITS)
    for _ in range(200):
        fuse.accept(19)
        assert fuse.reject()


def test_old_rejections_leave_the_window() -> None:
    fuse = Fuse(LIMITS)
    for _ in range(4):
        rejects(fuse, 2)
        fuse.accept(1)
    fuse.accept(300)
    fuse.accept(1)
    for _ in range(4):
        assert fuse.reject()
        fuse.accept(30)


def test_a_tripped_fuse_stays_so_in_its_state_until_it_is_reset() -> None:
    fuse = Fuse(LIMITS)
    rejects(fuse, 6)
    again = Fuse(LIMITS, fuse.state)
    assert again.tripped
    again.reset()
    assert not again.tripped
    assert all(rejects(again, 5))


@pytest.mark.parametrize("count", [0, 1, 50])
def test_good_records_never_trip(count: int) -> None:
    fuse = Fuse(LIMITS)
    fuse.accept(count)
    assert not fuse.tripped
