"""Source partitions that come, go, fall silent or change their owner, and what views say of it."""

from tests.support.panes import (
    EMAIL,
    ONE,
    PHONE,
    T0,
    Teller,
    feed,
    new_job,
    said,
    started,
)


def test_nothing_of_a_new_owner_is_shown_before_it_has_told_everything() -> None:
    job, tellers = new_job(), started()
    tellers[0].pane(EMAIL, T0, ONE * 3)
    tellers[0].pane(PHONE, T0, ONE)
    tellers[0].level(PHONE, open=9)
    feed(job, said(tellers))
    job.turn(1_000, {})
    heir = Teller(0, epoch=2)
    feed(job, [heir.begin(), heir.pane(EMAIL, T0, ONE * 7)])
    job.turn(2_000, {})
    half = job.views["acme", ""]
    assert (half.windows["1m"]["messages_in"], half.levels["open"]) == (4, 9)
    assert (half.complete, half.missing_partitions) == (False, [0])
    feed(job, [heir.end(), heir.heartbeat(T0)])
    job.turn(3_000, {})
    whole = job.views["acme", ""]
    assert (whole.windows["1m"]["messages_in"], whole.levels["open"]) == (7, 0)
    assert whole.complete
    assert not [
        key for key in (row.key for row in job.collect().rows if row.value) if b"phone" in key
    ]


def test_a_former_owner_that_speaks_again_changes_nothing() -> None:
    job, tellers = new_job(), started()
    heir = Teller(0, epoch=2)
    feed(
        job,
        [*said(tellers), heir.begin(), heir.pane(EMAIL, T0, ONE), heir.end(), heir.heartbeat(T0)],
    )
    tellers[0].pane(EMAIL, T0, ONE * 9)
    tellers[0].level(EMAIL, open=9)
    tellers[0].heartbeat(T0 + 600_000)
    tellers[0].end()
    feed(job, said(tellers))
    job.turn(1_000, {})
    view = job.views["acme", ""]
    assert (view.windows["1m"]["messages_in"], view.levels["open"]) == (1, 0)
    assert view.as_of == "2026-01-09T23:07:00Z"


def test_a_view_without_all_source_partitions_is_not_complete_and_says_which() -> None:
    job = new_job(3)
    tellers = [Teller(partition) for partition in (0, 2)]
    for teller in tellers:
        teller.begin(), teller.end(), teller.heartbeat(T0)
    feed(job, said(tellers))
    job.turn(1_000, {})
    view = job.views["acme", ""]
    assert (view.complete, view.missing_partitions) == (False, [1])
    assert view.volume["verdict"] == "unknown"


def test_a_source_partition_that_falls_silent_is_named_after_three_seconds() -> None:
    job, tellers = new_job(), started()
    feed(job, said(tellers), T0)
    job.turn(1_000, {})
    assert job.views["acme", ""].complete
    for second in (1, 2, 3):
        feed(job, [tellers[0].heartbeat(T0 + second * 1_000)], T0 + second * 1_000)
        job.turn(1_000 + second * 1_000, {})
        assert job.views["acme", ""].complete
    feed(job, [tellers[0].heartbeat(T0 + 4_000)], T0 + 4_000)
    job.turn(5_000, {})
    view = job.views["acme", ""]
    assert (view.complete, view.missing_partitions) == (False, [1])
    assert view.as_of == "2026-01-09T23:07:04Z"


def test_when_nothing_comes_any_more_the_end_of_the_log_tells_the_silence() -> None:
    job, tellers = new_job(), started()
    feed(job, said(tellers), T0)
    job.turn(1_000, {"engagement.pane.v1": T0 + 3_500})
    assert job.views["acme", ""].complete
    job.turn(2_000, {"engagement.pane.v1": T0 + 3_501})
    assert job.views["acme", ""].missing_partitions == [0, 1]


def test_wall_time_alone_makes_nobody_silent() -> None:
    job, tellers = new_job(), started()
    feed(job, said(tellers), T0)
    job.turn(T0 + 3_600_000, {})
    assert job.views["acme", ""].complete


def test_a_source_partition_that_has_seen_nothing_of_a_tenant_yet_holds_nothing_up() -> None:
    job, tellers = new_job(), [Teller(0), Teller(1)]
    for teller in tellers:
        teller.begin()
        teller.end()
    tellers[0].heartbeat(T0, mode="event")
    tellers[1].heartbeat(0, mode="event")
    feed(job, said(tellers))
    job.turn(1_000, {})
    view = job.views["acme", ""]
    assert (view.as_of, view.missing_partitions) == ("2026-01-09T23:07:00Z", [1])
