"""Totals, panes and levels of groups: what they count, take back, roll up, drop, and tell anew."""

import pytest

from schemas.group_rows import COARSE, FINE, PaneRow
from stream_app.domain.facts import Counted, Fact, MergedInto, Observed, TakenBack
from stream_app.domain.groups import Groups
from stream_app.domain.histogram import bucket_of
from stream_app.domain.staff import at_least, lately, united
from stream_app.domain.standing import GroupKey, Part, nothing_in

EMAIL = ("email", "billing", "high")
KEY: GroupKey = ("acme", *EMAIL)
PHONE: GroupKey = ("acme", "phone", "", "")
HOUR = 3_600_000
DAY = 24 * HOUR
LATENESS = 600_000
T0 = 1_768_000_020_000  # a whole minute
BOUNDS = {"first_reply": (60_000, HOUR)}


def new_groups() -> Groups:
    return Groups(BOUNDS, LATENESS)


def message(at: int, name: str = "messages_in") -> Counted:
    return Counted(name, at, EMAIL)


def reply(at: int, elapsed: int) -> Observed:
    return Observed("first_reply", at, EMAIL, elapsed)


def panes(groups: Groups) -> dict[tuple[int, int], PaneRow]:
    """What is kept, by start and resolution."""
    return {(start, step): row for start, step, row in groups.panes(KEY)}


def told(groups: Groups) -> None:
    """Everything that changed has been written."""
    groups.flushed()
    groups.dirty_levels.clear()
    groups.dirty_panes.clear()


# ------------------------------------------------------------------------------ counting


def test_messages_are_counted_in_the_totals_and_in_their_ten_seconds() -> None:
    groups = new_groups()
    for at in (T0, T0 + 9_999, T0 + 10_000):
        groups.count("acme", message(at))
    groups.count("acme", message(T0, "opened"))
    assert groups.state(KEY).totals.counts == {"messages_in": 3, "opened": 1}
    assert {key: row.counts for key, row in panes(groups).items()} == {
        (T0, FINE): {"messages_in": 2, "opened": 1},
        (T0 + 10_000, FINE): {"messages_in": 1},
    }
    assert groups.dirty_panes == {(KEY, T0), (KEY, T0 + 10_000)}
    assert groups.dirty_minutes == {(KEY, T0)}
    assert groups.dirty_totals == {KEY}


def test_what_is_taken_back_leaves_its_pane_but_no_total_ever_decreases() -> None:
    groups = new_groups()
    for sign in (1, 1, -1, -1):
        groups.count("acme", message(T0), sign)
    totals = groups.state(KEY).totals
    assert (totals.counts, totals.corrections) == ({"messages_in": 2}, {"messages_in": 2})
    assert panes(groups)[T0, FINE].counts == {"messages_in": 0}


def test_an_observation_falls_below_the_first_bound_that_it_does_not_exceed() -> None:
    groups = new_groups()
    for elapsed in (1, 60_000, 60_001, HOUR, HOUR + 1, 5 * HOUR):
        groups.observe("acme", reply(T0, elapsed))
    totals = groups.state(KEY).totals
    assert totals.buckets == {"first_reply": [2, 2, 2]}
    assert totals.sums == {"first_reply": 1 + 60_000 + 60_001 + HOUR + HOUR + 1 + 5 * HOUR}
    assert totals.corrections == {}


def test_an_observation_taken_back_is_gone_from_its_pane_and_a_correction_in_the_totals() -> None:
    groups = new_groups()
    for elapsed, sign in ((60_000, 1), (60_000, 1), (HOUR, 1), (60_000, -1), (HOUR, -1)):
        groups.observe("acme", reply(T0, elapsed), sign)
    totals, pane = groups.state(KEY).totals, panes(groups)[T0, FINE]
    assert totals.buckets == {"first_reply": [2, 1, 0]}
    assert totals.sums == {"first_reply": 120_000 + HOUR}
    assert totals.corrections == {"first_reply_observed": 2}
    assert pane.sums == {"first_reply_ms": 60_000}
    assert pane.hist == {"first_reply": {bucket_of(60_000): 1, bucket_of(HOUR): 0}}


@pytest.mark.parametrize("sign", [1, -1])
def test_booking_takes_what_is_counted_and_returns_the_rest_in_order(sign: int) -> None:
    groups = new_groups()
    others: list[Fact] = [MergedInto("b", T0, 0, 0), MergedInto("c", T0, 0, 0)]
    facts = [others[0], message(T0), TakenBack("opened", T0, EMAIL), reply(T0, 7_000), others[1]]
    assert groups.book("acme", facts, None, sign) == others
    pane = panes(groups)[T0, FINE]
    assert pane.counts == {"messages_in": sign, "opened": -sign}
    assert pane.sums == {"first_reply_ms": sign * 7_000}


def test_facts_of_windows_that_have_been_judged_are_not_booked() -> None:
    groups = new_groups()

    def all_at(at: int) -> list[Fact]:
        return [message(at), TakenBack("opened", at, EMAIL), reply(at, 7_000)]

    assert groups.book("acme", all_at(T0 + 9_999), closed=T0 + 10_000) == []
    assert KEY not in groups.states
    groups.book("acme", all_at(T0 + 10_000), closed=T0 + 10_000)
    assert panes(groups)[T0 + 10_000, FINE].counts == {"messages_in": 1, "opened": -1}
    assert groups.state(KEY).totals.sums == {"first_reply": 7_000}


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


# ------------------------------------------------------------------------------- new bounds


def test_counts_keep_the_upper_bound_that_they_had_when_bounds_change() -> None:
    groups = new_groups()
    for elapsed in (1, 60_000, HOUR, HOUR, HOUR, 5 * HOUR):
        groups.observe("acme", reply(T0, elapsed))
    told(groups)
    groups.adopt_bounds({"first_reply": (30_000, 60_000, 2 * HOUR)})
    assert groups.state(KEY).totals.buckets == {"first_reply": [0, 2, 3, 1]}
    assert groups.dirty_totals == {KEY}
    groups.observe("acme", reply(T0, 30_000))
    assert groups.state(KEY).totals.buckets == {"first_reply": [1, 2, 3, 1]}


def test_counts_beyond_all_new_bounds_are_in_the_open_end() -> None:
    groups = new_groups()
    for elapsed in (1, HOUR, 5 * HOUR):
        groups.observe("acme", reply(T0, elapsed))
    groups.adopt_bounds({"first_reply": (60_000,)})
    assert groups.state(KEY).totals.buckets == {"first_reply": [1, 2]}


def test_bounds_that_stay_are_told_to_nobody() -> None:
    groups = filled()
    groups.adopt_bounds({"first_reply": (60_000, HOUR), "next_reply": (1,)})
    assert not groups.dirty_totals


# ----------------------------------------------------------------------------------- levels


def part(key: GroupKey, flags: int = 1, waiting: int = 0) -> Part:
    return (key, flags, waiting, T0, 0)


def test_a_conversation_that_goes_to_another_group_is_in_one_of_them() -> None:
    groups = new_groups()
    groups.move(b"T-1", nothing_in(KEY), part(KEY))
    told(groups)
    groups.move(b"T-1", part(KEY), part(PHONE))
    assert groups.state(KEY).standing.levels(T0, ())["open"] == 0
    assert groups.state(PHONE).standing.levels(T0, ())["open"] == 1
    assert groups.dirty_levels == {KEY, PHONE}


def test_a_conversation_that_waits_waits_in_the_list_of_its_present_group() -> None:
    groups = new_groups()
    groups.move(b"T-1", nothing_in(KEY), part(KEY, 3, T0))
    groups.move(b"T-1", part(KEY, 3, T0), part(PHONE, 3, T0))
    assert groups.state(KEY).standing.tops()["waiting"] == []
    assert groups.state(PHONE).standing.tops()["waiting"] == [(T0, b"T-1")]


def test_one_that_was_not_counted_changes_only_where_it_comes() -> None:
    groups = new_groups()
    groups.move(b"T-1", nothing_in(KEY), part(PHONE))
    assert groups.dirty_levels == {PHONE}
    assert KEY not in groups.states


def test_what_a_list_shows_is_told_again_even_when_no_level_has_changed() -> None:
    groups = new_groups()
    listed, other = part(KEY, 3, T0), part(KEY)
    groups.move(b"T-1", nothing_in(KEY), listed)
    groups.move(b"T-2", nothing_in(KEY), other)
    groups.state(KEY).standing.tops()
    told(groups)
    groups.move(b"T-2", other, other)
    groups.move(b"T-3", nothing_in(PHONE), nothing_in(PHONE))
    assert not groups.dirty_levels
    groups.move(b"T-1", listed, listed)
    assert groups.dirty_levels == {KEY}


def test_only_a_person_who_is_new_to_the_team_is_news() -> None:
    groups = new_groups()
    groups.meet(KEY, "agent-1", T0)
    assert (groups.dirty_totals, groups.dirty_levels) == ({KEY}, {KEY})
    told(groups)
    groups.meet(KEY, "agent-1", T0 + 1)
    assert not groups.dirty_totals | groups.dirty_levels
    groups.meet(KEY, "agent-2", T0 + 1)
    assert (groups.dirty_totals, groups.dirty_levels) == ({KEY}, {KEY})


def test_who_works_in_two_channels_of_a_team_is_one_person() -> None:
    groups = new_groups()
    keys: list[GroupKey] = [KEY, ("acme", "phone", "billing", "")]
    for key in keys:
        groups.meet(key, "agent-1", T0)
    assert at_least(united(lately(groups.state(key).totals.staff, T0) for key in keys)) == 1


def test_an_age_that_is_reached_is_told_once_for_the_tenant_whose_time_it_is() -> None:
    groups = new_groups()
    groups.move(b"T-1", nothing_in(KEY), part(KEY))
    groups.state(KEY).standing.tell(T0, groups.ages)
    told(groups)
    groups.age({})  # its time is not known yet
    groups.age({"acme": T0 + 2 * DAY - 1, "other": T0 + 9 * DAY})
    assert not groups.dirty_levels
    groups.age({"acme": T0 + 2 * DAY})
    assert groups.dirty_levels == {KEY}
