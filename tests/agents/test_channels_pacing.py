"""When the channels agent writes which views."""

import pytest

from agents.channels import ChannelsJob
from schemas.instants import format_ms
from tests.support.panes import (
    EMAIL,
    ONE,
    T0,
    Log,
    Observation,
    feed,
    new_job,
    said,
    started,
    views_of,
)


def test_a_scope_that_falls_out_of_use_gets_a_tombstone_once() -> None:
    job, tellers, log = new_job(), started(), Log()
    tellers[0].level(EMAIL, open=1)
    feed(job, said(tellers))
    job.turn(1_000, {})
    log.write(job.collect())
    assert b"acme|channel=email" in log.views
    feed(job, [tellers[0].level(EMAIL, open=0)])
    job.turn(2_000, {})
    log.write(job.collect())
    assert list(log.views) == [b"acme|"]
    assert ("acme", "channel=email") not in job.views
    feed(job, [tellers[0].level(EMAIL, open=0, waiting=0)])
    job.turn(3_000, {})
    assert list(views_of(job.collect())) == ["acme|"]


def test_views_are_written_at_most_every_quarter_of_a_second() -> None:
    job, tellers = new_job(), started()
    feed(job, said(tellers))
    job.turn(1_000, {})
    assert list(views_of(job.collect())) == ["acme|"]
    feed(job, [tellers[0].pane(EMAIL, T0, ONE)])
    job.turn(1_249, {})
    assert not views_of(job.collect())
    job.turn(1_250, {})
    assert len(views_of(job.collect())) == 5


def test_what_has_not_changed_is_written_again_while_time_goes_on() -> None:
    job, tellers = new_job(), started()
    tellers[0].level(EMAIL, open=1)
    feed(job, said(tellers))
    job.turn(1_000, {})
    job.collect()
    written = []
    for turn in range(1, 9):
        feed(job, [teller.heartbeat(T0 + turn * 250) for teller in tellers])
        job.turn(1_000 + turn * 250, {})
        written.append(len(views_of(job.collect())))
    assert written == [0, 0, 0, 0, 0, 0, 0, 5]


def test_the_last_move_of_time_reaches_every_view_although_nothing_follows() -> None:
    job, tellers = new_job(), started()
    tellers[0].level(EMAIL, open=1)
    feed(job, said(tellers))
    job.turn(1_000, {})
    feed(job, [teller.heartbeat(T0 + 60_000) for teller in tellers])
    job.turn(1_500, {})  # too early to write all again
    job.turn(3_000, {})
    assert {view.as_of for view in job.views.values()} == {format_ms(T0 + 60_000)}
    job.collect()
    job.turn(9_000, {})
    assert not views_of(job.collect())


def test_when_the_wall_clock_is_set_back_views_go_on() -> None:
    job, tellers = new_job(), started()
    feed(job, said(tellers))
    job.turn(9_000_000, {})
    feed(job, [tellers[0].pane(EMAIL, T0, ONE)])
    job.turn(1_000, {})
    assert ("acme", "channel=email") in job.views


def test_many_changes_are_written_in_portions_wide_views_first() -> None:
    job, tellers = new_job(), started()
    for number in range(150):
        tellers[0].level(("email", "billing", f"p{number}"), open=1)
    feed(job, said(tellers))
    job.turn(1_000, {})
    first = views_of(job.collect())
    assert {"acme|", "acme|channel=email", "acme|team=billing"} <= first.keys()
    assert len(first) == 3 + 64
    job.turn(1_250, {})
    job.turn(1_500, {})
    job.collect()
    assert len(job.views) == 154


def test_views_follow_what_the_policy_groups_by_and_its_windows() -> None:
    job = new_job(windows=(60_000, 7_200_000), group_by=("channel",))
    tellers = started()
    tellers[0].pane(EMAIL, T0, ONE)
    feed(job, said(tellers))
    job.turn(1_000, {})
    assert {text for _, text in job.views} == {"", "channel=email"}
    assert list(job.views["acme", ""].windows) == ["1m", "2h"]


def test_a_long_way_is_gone_in_steps_and_ends_where_one_step_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = [Observation(0, EMAIL, T0 + minute * 60_000) for minute in range(0, 24 * 60, 5)]
    until = T0 + 24 * 3_600_000
    at_once, steps = run(seen, until), []
    monkeypatch.setattr("stream_app.domain.tenant.SLICE", len(seen) // 10)
    job = told(seen, until)
    for turn in range(2, 40):
        job.turn(turn * 3_000, {})
        steps.append(job.views["acme", ""].as_of)
    assert len(set(steps)) == 11  # some tenth of the horizon each
    assert steps[-1] == format_ms(until)
    assert job.views["acme", ""].windows == at_once.views["acme", ""].windows
    assert at_once.views["acme", ""].windows["4h"]["messages_in"] == 47


def told(seen: list[Observation], until: int) -> ChannelsJob:
    """A job that was at the first instant when all was told, and may now go on."""
    job, tellers = new_job(), started()
    feed(job, said(tellers))
    job.turn(0, {})
    tellers[0].panes_of(seen)
    for teller in tellers:
        teller.heartbeat(until)
    feed(job, said(tellers))
    return job


def run(seen: list[Observation], until: int) -> ChannelsJob:
    job = told(seen, until)
    job.turn(3_000, {})
    return job
