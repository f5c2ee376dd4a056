"""The views of the channels agent: what panes and levels add up to."""

from tests.support.panes import (
    EMAIL,
    ONE,
    T0,
    Log,
    feed,
    new_job,
    said,
    started,
    views_of,
)


def test_a_pane_becomes_views_of_all_its_scopes() -> None:
    job, tellers = new_job(), started()
    tellers[0].pane(EMAIL, T0, ONE * 3)
    tellers[0].level(EMAIL, open=4, waiting=2, oldest_waiting_since=T0 - 90_000)
    feed(job, said(tellers))
    job.turn(1_000, {})
    written = views_of(job.collect())
    assert list(written) == [
        "acme|",
        "acme|channel=email",
        "acme|team=billing",
        "acme|channel=email,team=billing",
        "acme|channel=email,team=billing,priority=high",
    ]
    view = written["acme|channel=email"]
    assert view is not None
    assert (view.tenant, view.scope, view.complete) == ("acme", {"channel": "email"}, True)
    assert view.windows["1m"]["messages_in"] == view.windows["24h"]["messages_in"] == 3
    assert view.levels["waiting"] == 2
    assert view.levels["oldest_waiting_seconds"] == 90
    assert job.views["acme", "channel=email"] == view


def test_source_partitions_are_added_up() -> None:
    job, tellers = new_job(), started()
    for teller in tellers:
        teller.pane(EMAIL, T0, ONE)
        teller.level(EMAIL, open=1)
    feed(job, said(tellers))
    job.turn(1_000, {})
    assert job.views["acme", ""].windows["5m"]["messages_in"] == 2
    assert job.views["acme", ""].levels["open"] == 2


def test_the_newest_pane_counts_whatever_came_last() -> None:
    job, tellers = new_job(), started()
    old = tellers[0].pane(EMAIL, T0, ONE)
    new = tellers[0].pane(EMAIL, T0, ONE * 5)
    feed(job, [*said(tellers), new, old])
    job.turn(1_000, {})
    assert job.views["acme", ""].windows["1m"]["messages_in"] == 5


def test_a_correction_takes_back_what_was_counted() -> None:
    job, tellers = new_job(), started()
    tellers[0].pane(EMAIL, T0, ONE * 5)
    feed(job, said(tellers))
    job.turn(1_000, {})
    tellers[0].pane(EMAIL, T0, ONE * 2)
    feed(job, said(tellers))
    job.turn(2_000, {})
    assert job.views["acme", ""].windows["1m"]["messages_in"] == 2


def panes_in(log: Log) -> list[bytes]:
    return [key for key in log.rows if key.startswith(b"p|")]


def test_a_coarse_pane_takes_the_place_of_the_fine_ones_of_its_minute_and_of_their_rows() -> None:
    job, tellers = new_job(), started()
    log = Log()
    for place in range(6):
        tellers[0].pane(EMAIL, T0 + place * 10_000, ONE)
    tellers[0].heartbeat(T0 + 50_000)
    tellers[1].heartbeat(T0 + 50_000)
    feed(job, said(tellers))
    job.turn(1_000, {})
    log.write(job.collect())
    assert len(panes_in(log)) == 6
    tellers[0].pane(EMAIL, T0, ONE * 7, step=60)
    feed(job, said(tellers))
    job.turn(2_000, {})
    log.write(job.collect())
    assert panes_in(log) == [f"p|conversations|0|acme|email|billing|high|60000|{T0}".encode()]
    assert job.views["acme", ""].windows["5m"]["messages_in"] == 7


def test_a_minute_that_was_rolled_up_does_not_get_its_fine_panes_back() -> None:
    job, tellers = new_job(), started()
    fine = tellers[0].pane(EMAIL, T0, ONE)
    tellers[0].pane(EMAIL, T0, ONE * 7, step=60)
    feed(job, [*said(tellers), fine, tellers[0].pane(EMAIL, T0, ONE * 9)])
    job.turn(1_000, {})
    assert job.views["acme", ""].windows["5m"]["messages_in"] == 7


def test_panes_leave_their_windows_as_time_goes_on_and_their_rows_after_the_horizon() -> None:
    job, tellers, log = new_job(), started(), Log()
    tellers[0].pane(EMAIL, T0, ONE)
    feed(job, said(tellers))
    job.turn(1_000, {})
    shown = []
    for turn, age in enumerate([59_999, 60_000, 3_599_999, 3_600_000, 86_400_000, 87_060_000], 2):
        feed(job, [teller.heartbeat(T0 + age) for teller in tellers])
        job.turn(turn * 3_000, {})
        log.write(job.collect())
        windows = job.views["acme", ""].windows
        shown.append([windows[name]["messages_in"] for name in ("1m", "1h", "24h")])
    assert shown == [[1, 1, 1], [0, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert [key for key in log.rows if not key.startswith(b"v|")] == []  # what is usual stays
