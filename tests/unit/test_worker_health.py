"""A worker is called ill exactly when one of its partitions ought to move and does not."""

from typing import Any

import pytest

from stream_app.engine.status import PartitionStatus, SourceStatus
from stream_app.web.health import ProgressWatch
from tests.support.worker_fakes import BareJob, partition

LIMIT = 60_000
START = 1_000_000


def held(position: int = 5, lag: int = 0, **changes: Any) -> PartitionStatus:
    sources = (SourceStatus("topic", position, position + lag, None if lag else START),)
    changes = {"last_progress_ms": 0} | changes
    return partition("conversations", 0, BareJob(), sources=sources, lag=lag, **changes)


def verdicts(*looks: tuple[int, PartitionStatus]) -> list[tuple[bool, str]]:
    """What a watch says each time it sees the partition, at so many ms after the start."""
    watch = ProgressWatch(LIMIT)
    found = [watch.check([status], START + after)[0] for after, status in looks]
    return [(one.healthy, one.verdict) for one in found]


def test_no_lag_is_idle_however_long() -> None:
    assert verdicts((0, held()), (10 * LIMIT, held())) == [(True, "idle")] * 2


def test_lag_with_progress_is_healthy() -> None:
    seen = verdicts(*((step * LIMIT, held(position=step, lag=9)) for step in range(5)))
    assert seen == [(True, "progressing")] * 5


def test_lag_without_progress_is_ill_after_the_limit_and_not_before() -> None:
    seen = verdicts((0, held(lag=1)), (LIMIT, held(lag=1)), (LIMIT + 1000, held(lag=1)))
    assert seen == [
        (True, "progressing"),
        (True, "progressing"),
        (False, "running, stuck for 61 s"),
    ]


def test_a_record_after_an_idle_hour_is_not_an_hour_without_progress() -> None:
    hour = 3_600_000
    seen = verdicts((0, held()), (hour, held(lag=1)), (hour + LIMIT, held(lag=1)))
    assert all(healthy for healthy, _ in seen)


def test_progress_that_the_engine_reports_counts_even_if_nobody_looked() -> None:
    late = held(lag=1, last_progress_ms=START + LIMIT)
    assert verdicts((0, held(lag=1)), (LIMIT + 1000, late))[-1] == (True, "progressing")


def test_a_fuse_is_said_and_is_no_reason_to_restart() -> None:
    fused = held(lag=9, fused="51 rejected in a row", state="fused")
    assert verdicts((0, fused), (9 * LIMIT, fused))[-1] == (True, "fused: 51 rejected in a row")


@pytest.mark.parametrize("state", ["claiming", "restoring", "frozen"])
def test_every_other_state_has_to_end_or_move(state: str) -> None:
    still = held(state=state, recovering=True)
    seen = verdicts((0, still), (LIMIT + 1000, still))
    assert seen == [(True, state), (False, f"{state}, stuck for 61 s")]


def test_a_long_restore_that_moves_is_healthy() -> None:
    looks = [(n * LIMIT, held(state="restoring", rows_restored=n)) for n in range(9)]
    assert verdicts(*looks)[-1] == (True, "restoring")


def test_a_partition_that_was_gone_in_between_starts_anew() -> None:
    watch = ProgressWatch(LIMIT)
    watch.check([held(lag=1)], START)
    assert watch.check([], START + 1) == []
    assert watch.check([held(lag=1)], START + 2 * LIMIT)[0].healthy
