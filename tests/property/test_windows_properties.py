"""Windows equal a count by brute force, and nothing about delivery can change them."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.channels import ChannelsJob
from schemas.outputs import PaneRecord, View
from stream_app.domain.policy import Policy
from stream_app.domain.spans import span_name
from tests.support.panes import (
    T0,
    Log,
    Observation,
    Teller,
    expected_window,
    feed,
    new_job,
)

SPANS = Policy("", {}, frozenset()).windows
GROUPS = [("email", "a", "high"), ("email", "b", ""), ("phone", "a", "high")]
DAY = 86_400_000
COARSE_BEFORE = T0 - T0 % 60_000 - 2 * 3_600_000

observations = st.builds(
    Observation,
    source=st.integers(0, 1),
    group=st.sampled_from(GROUPS),
    time=st.one_of(
        st.integers(T0 - 120_000, T0 + 9_999),
        st.integers(T0 - 5 * 3_600_000, T0),
        st.integers(T0 - 25 * 3_600_000, T0),
        st.sampled_from([T0 - span for span in SPANS]),
    ),
    elapsed=st.one_of(st.none(), st.integers(0, DAY)),
)
histories = st.lists(observations, max_size=40)


def tell(seen: Sequence[Observation], source: int, epoch: int = 1) -> list[PaneRecord]:
    """All that a source partition says of its part, from the beginning."""
    teller = Teller(source, epoch)
    teller.begin()
    mine = [one for one in seen if one.source == source]
    teller.panes_of(mine, COARSE_BEFORE)
    for place, group in enumerate(GROUPS):
        teller.level(group, open=sum(one.group == group for one in mine), waiting=place)
    teller.end()
    teller.heartbeat(T0 + source * 1_000)
    return teller.told


def views_at(job: ChannelsJob, now: int = T0) -> dict[tuple[str, str], View]:
    """All views as they stand, each written anew."""
    for turn in range(1, 20):
        job.turn(now + turn * 3_000, {})
    return dict(job.views)


def holds(scope: dict[str, str], group: tuple[str, str, str]) -> bool:
    named = dict(zip(("channel", "team", "priority"), group, strict=True))
    return all(named[part] == value for part, value in scope.items())


def same_figures(shown: dict[str, Any], expected: dict[str, Any]) -> None:
    seconds = shown["first_reply_seconds"]
    assert shown["messages_in"] == expected["messages_in"]
    assert (seconds["count"], seconds["sum"]) == (expected["count"], expected["sum"] / 1000)
    for name in ("p50", "p90", "p95", "p99", "max") if expected["count"] else ():
        assert seconds[name] == pytest.approx(expected[name], rel=0.01001, abs=1e-9)


@given(histories)
def test_every_window_of_every_scope_equals_a_count_by_brute_force(seen: list[Observation]) -> None:
    job = new_job()
    feed(job, [*tell(seen, 0), *tell(seen, 1)])
    views = views_at(job)
    assert ("acme", "") in views
    for view in views.values():
        mine = [one for one in seen if holds(view.scope, one.group)]
        assert view.complete
        assert view.levels["open"] == len(mine)
        for span in SPANS:
            expected = expected_window(mine, T0, span, COARSE_BEFORE)
            same_figures(view.windows[span_name(span)], expected)


@given(histories, st.lists(st.integers(1, 7_200_000), min_size=1, max_size=6))
def test_windows_that_moved_step_by_step_equal_those_counted_at_once(
    seen: list[Observation], steps: list[int]
) -> None:
    job = new_job()
    tellers = [Teller(0), Teller(1)]
    feed(job, [record for teller in tellers for record in (teller.begin(), teller.end())])
    feed(
        job,
        [
            record
            for t in tellers
            for record in t.panes_of(o for o in seen if o.source == t.partition)
        ],
    )
    as_of = T0 - sum(steps)
    for turn, step in enumerate([0, *steps]):
        as_of += step
        feed(job, [teller.heartbeat(as_of, mode="event") for teller in tellers])
        job.turn(turn * 3_000, {})
        for span in SPANS:
            shown = job.views["acme", ""].windows[span_name(span)]
            same_figures(shown, expected_window(seen, as_of, span))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[PaneRecord], list[PaneRecord]]:
    """What two source partitions say over several owners, in order; and again in any order, doubled."""
    in_order: list[PaneRecord] = []
    for source in (0, 1):
        for epoch in range(1, draw(st.integers(1, 3)) + 1):
            seen = draw(st.lists(observations, max_size=8))
            in_order += tell([one._replace(source=source) for one in seen], source, epoch)
            corrected = Teller(source, epoch, seq=10_000)
            coarse_before = draw(
                st.sampled_from([COARSE_BEFORE, T0])
            )  # replaces finer panes or not
            in_order += corrected.panes_of(draw(st.lists(observations, max_size=3)), coarse_before)
            in_order.append(corrected.level(GROUPS[0], open=draw(st.integers(0, 5))))
    doubled = in_order + draw(st.lists(st.sampled_from(in_order), max_size=30))
    return in_order, draw(st.permutations(doubled))


@given(deliveries())
def test_order_and_duplication_of_records_change_nothing(
    records: tuple[list[PaneRecord], list[PaneRecord]],
) -> None:
    straight, shuffled = new_job(), new_job()
    feed(straight, records[0])
    feed(shuffled, records[1])
    assert views_at(shuffled) == views_at(straight)


@given(deliveries(), st.integers(0, 100))
def test_reading_the_log_again_from_any_place_changes_nothing(
    records: tuple[list[PaneRecord], list[PaneRecord]], percent: int
) -> None:
    in_order = records[0]
    once, again = new_job(), new_job()
    feed(once, in_order)
    feed(again, in_order)
    feed(again, in_order[len(in_order) * percent // 100 :])
    assert views_at(again) == views_at(once)


@given(deliveries(), st.lists(st.integers(0, 100), max_size=4))
@settings(max_examples=40)
def test_a_crash_anywhere_leads_to_the_views_of_an_undisturbed_run(
    records: tuple[list[PaneRecord], list[PaneRecord]], crashes: list[int]
) -> None:
    in_order = records[0]
    undisturbed = new_job()
    feed(undisturbed, in_order)
    log, job, done = Log(), new_job(), 0
    for place in sorted(len(in_order) * percent // 100 for percent in crashes):
        feed(job, in_order[done:place])
        done = place
        log.write(job.collect())
        feed(job, in_order[place : place + 3])  # applied, but lost with the process
        job = log.restart()
    feed(job, in_order[done:])
    assert views_at(job) == views_at(undisturbed)


@given(deliveries())
def test_rows_hold_all_that_is_shown_and_nothing_that_is_over(
    records: tuple[list[PaneRecord], list[PaneRecord]],
) -> None:
    log, job = Log(), new_job()
    for record in records[1]:
        feed(job, [record])
        log.write(job.collect())
    shown = views_at(job)
    log.write(job.collect())
    restarted = log.restart()
    assert not restarted.collect().rows  # no strays
    assert views_at(restarted) == shown
    panes = sum(tenant.cells for tenant in job.tenants.values())
    levels = sum(len(v.shown.levels) for t in job.tenants.values() for v in t.voices.values())
    usual = sum(key.startswith(b"v|") for key in log.rows)
    assert len(log.rows) - usual == panes + levels
