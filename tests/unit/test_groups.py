"""Totals, bounds and levels of groups: what they count, take back, and who is told of it."""

import pytest

from schemas.group_rows import FINE
from stream_app.domain.facts import Fact, MergedInto, TakenBack
from stream_app.domain.histogram import bucket_of
from stream_app.domain.staff import at_least, lately, united
from stream_app.domain.standing import GroupKey, Part, nothing_in
from tests.support.groups import (
    DAY,
    EMAIL,
    HOUR,
    KEY,
    PHONE,
    T0,
    message,
    new_groups,
    panes,
    reply,
    told,
)

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
    groups = new_groups()
    groups.observe("acme", reply(T0, 5_000))
    told(groups)
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
