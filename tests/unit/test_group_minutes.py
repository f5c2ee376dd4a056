"""Minutes of a group: how they are rolled up, dropped, and told anew."""

from schemas.group_rows import COARSE, FINE
from stream_app.domain.facts import Counted
from stream_app.domain.groups import Groups
from stream_app.domain.histogram import bucket_of
from stream_app.domain.standing import nothing_in
from tests.support.groups import (
    DAY,
    EMAIL,
    HOUR,
    KEY,
    LATENESS,
    PHONE,
    T0,
    message,
    new_groups,
    panes,
    reply,
    told,
)

# ------------------------------------------------------------------- rolling and dropping


def filled() -> Groups:
    """Three panes of a minute and one of the next, all written."""
    groups = new_groups()
    for at in (T0, T0 + 10_000, T0 + 50_000, T0 + COARSE):
        groups.count("acme", message(at))
        groups.observe("acme", reply(at, 5_000))
        groups.observe("acme", reply(at, 2 * HOUR))
    told(groups)
    return groups


ROLLED = T0 + COARSE + HOUR + LATENESS + COARSE  # the watermark at which the first minute is old


def test_a_minute_is_rolled_up_when_it_leaves_the_hour_and_not_before() -> None:
    groups = filled()
    groups.advance("acme", ROLLED - 1)
    assert {step for _, step in panes(groups)} == {FINE}
    assert not groups.dirty_panes
    groups.advance("acme", ROLLED)
    assert set(panes(groups)) == {(T0, COARSE), (T0 + COARSE, FINE)}


def test_a_minute_rolled_up_holds_the_sum_of_its_panes() -> None:
    groups = filled()
    groups.advance("acme", ROLLED)
    row = panes(groups)[T0, COARSE]
    assert row.counts == {"messages_in": 3}
    assert row.sums == {"first_reply_ms": 3 * (5_000 + 2 * HOUR)}
    assert row.hist == {"first_reply": {bucket_of(5_000): 3, bucket_of(2 * HOUR): 3}}


def test_of_a_minute_rolled_up_only_the_whole_is_told() -> None:
    groups = filled()
    groups.count("acme", message(T0 + 10_000))
    groups.advance("acme", ROLLED)
    assert groups.dirty_panes == {(KEY, T0)}
    assert groups.dirty_minutes == {(KEY, T0)}


def test_what_comes_late_for_a_minute_rolled_up_is_added_to_the_whole() -> None:
    groups = filled()
    groups.advance("acme", ROLLED)
    groups.count("acme", message(T0 + 59_999))
    groups.count("acme", message(T0 - 1))  # a minute that had nothing, and is old from the start
    assert panes(groups)[T0, COARSE].counts == {"messages_in": 4}
    assert panes(groups)[T0 - COARSE, COARSE].counts == {"messages_in": 1}
    assert groups.pane(KEY, T0) == (COARSE, panes(groups)[T0, COARSE])


def test_a_minute_past_the_horizon_is_dropped_and_never_made_again() -> None:
    groups, late = filled(), DAY - HOUR
    groups.advance("acme", ROLLED)
    told(groups)
    groups.advance("acme", ROLLED + late - 1)
    assert (T0, COARSE) in panes(groups)
    groups.advance("acme", ROLLED + late)
    assert (T0, COARSE) not in panes(groups)
    assert (KEY, T0) in groups.dirty_minutes
    groups.count("acme", message(T0 + 1))
    groups.observe("acme", reply(T0 + 1, 60_000))
    assert groups.pane(KEY, T0) is None
    assert groups.state(KEY).totals.counts == {"messages_in": 5}
    assert groups.state(KEY).totals.buckets == {"first_reply": [5, 0, 4]}
    groups.count("acme", message(T0 + COARSE))  # the next minute is still kept
    assert groups.pane(KEY, T0 + COARSE) is not None


def test_a_day_that_passes_at_once_leaves_nothing_behind() -> None:
    groups = filled()
    groups.advance("acme", T0 + 3 * DAY)
    assert panes(groups) == {}


def test_every_tenant_has_its_own_time() -> None:
    groups = filled()
    groups.advance("other", ROLLED + DAY)
    assert {step for _, step in panes(groups)} == {FINE}
    groups.count("acme", message(T0))
    assert panes(groups)[T0, FINE].counts == {"messages_in": 2}


def test_minutes_that_were_loaded_roll_and_go_like_those_that_were_counted() -> None:
    before, after = filled(), new_groups()
    after.state(KEY).minutes = before.state(KEY).minutes
    after.restored()
    after.advance("acme", ROLLED)
    assert set(panes(after)) == {(T0, COARSE), (T0 + COARSE, FINE)}
    again = new_groups()
    again.state(KEY).minutes = after.state(KEY).minutes
    again.restored()
    again.advance("acme", T0 + 3 * DAY)
    assert panes(again) == {}


# ---------------------------------------------------------------------------- telling anew


def test_a_fact_after_a_flush_at_the_same_instant_is_told_again() -> None:
    groups = new_groups()
    groups.count("acme", message(T0))
    told(groups)
    groups.count("acme", message(T0))
    assert groups.dirty_panes == {(KEY, T0)}
    assert groups.dirty_minutes == {(KEY, T0)}
    assert groups.dirty_totals == {KEY}


def test_a_fact_at_the_instant_of_the_last_one_counts_for_its_own_group() -> None:
    groups = new_groups()
    groups.count("acme", message(T0))
    groups.count("acme", Counted("messages_in", T0, PHONE[1:]))
    groups.count("other", message(T0))
    groups.count("other", message(T0 + 30_000))
    assert [s.totals.counts["messages_in"] for s in groups.states.values()] == [1, 1, 2]
    assert [start for start, _, _ in groups.panes(("other", *EMAIL))] == [T0, T0 + 30_000]


def test_a_fact_at_the_instant_of_the_last_one_goes_to_the_pane_that_is_kept_now() -> None:
    groups = new_groups()
    groups.count("acme", message(T0 + 10_000))
    groups.advance("acme", ROLLED)
    groups.count("acme", message(T0 + 10_000))
    assert panes(groups)[T0, COARSE].counts == {"messages_in": 2}


def test_a_partition_that_is_given_up_leaves_nothing() -> None:
    groups = filled()
    groups.move(b"T-1", nothing_in(KEY), (KEY, 1, 0, T0, 0))
    groups.count("acme", message(T0))
    groups.clear()
    assert not groups.states
    assert not groups.dirty_levels | groups.dirty_totals
    assert not groups.dirty_panes | groups.dirty_minutes
    groups.advance("acme", T0 + 3 * DAY)  # nothing is waiting to be rolled up any more


def test_a_pane_is_found_by_its_start_alone() -> None:
    groups = filled()
    assert groups.pane(KEY, T0 + 50_000) == (FINE, panes(groups)[T0 + 50_000, FINE])
    assert groups.pane(KEY, T0 + 20_000) is None
    assert groups.pane(KEY, T0 - COARSE) is None
