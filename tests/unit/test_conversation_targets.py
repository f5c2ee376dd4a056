"""Targets that change while a clock runs, merges, exclusions and policy versions."""

from stream_app.domain import steps
from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.domain.facts import MergedInto, Observed, Outcome
from stream_app.domain.policy import Match, SlaPolicy
from stream_app.domain.rules import Rulebook, compile_rules
from tests.support.talk import HOUR, MINUTE, Talk, clock, make_policy, within


def by_priority() -> Talk:
    urgent = SlaPolicy(
        "urgent", {"first_reply": within(HOUR)}, ALWAYS, Match(priority=frozenset({"urgent"}))
    )
    normal = SlaPolicy("normal", {"first_reply": within(4 * HOUR)}, ALWAYS)
    return Talk(make_policy(sla=(urgent, normal)))


def test_a_raised_priority_keeps_the_start_and_breaches_at_the_change_with_the_past_due() -> None:
    talk = by_priority()
    talk.created("09:00")
    assert talk.clock("first_reply").due == clock("13:00")
    talk.send("11:30", steps.PRIORITY, ["urgent"])
    talk.until("11:30")
    first = talk.clock("first_reply")
    assert (first.breached, first.due) == (True, clock("10:00"))
    assert talk.outcomes("first_reply") == [("breached", clock("11:30"))]
    assert [fact.reason for fact in talk.said if isinstance(fact, Outcome)] == ["target_tightened"]


def test_a_lowered_priority_does_not_take_a_breach_back() -> None:
    talk = by_priority()
    talk.created("09:00", priority="urgent")
    talk.until("10:00")
    talk.send("11:30", steps.PRIORITY, ["normal"])
    assert talk.shows("first_reply") == "breached"
    assert talk.clock("first_reply").due == clock("10:00")


def test_a_lowered_priority_before_the_breach_moves_the_due_later() -> None:
    talk = by_priority()
    talk.created("09:00", priority="urgent")
    talk.send("09:30", steps.PRIORITY, ["normal"])
    talk.until("12:59")
    assert talk.clock("first_reply").due == clock("13:00")
    assert talk.outcomes("first_reply") == []


def test_a_later_target_is_not_at_risk_before_its_own_steps_and_tells_only_those_that_are_new() -> (
    None
):
    urgent = {"first_reply": within(4 * HOUR, 2 * HOUR)}
    low = {"first_reply": within(8 * HOUR, 4 * HOUR, 6 * HOUR)}
    talk = Talk(
        make_policy(
            sla=(
                SlaPolicy("urgent", urgent, ALWAYS, Match(priority=frozenset({"urgent"}))),
                SlaPolicy("low", low, ALWAYS),
            )
        )
    )
    talk.created("09:00", priority="urgent")
    talk.until("11:00")
    assert talk.shows("first_reply") == "at_risk"
    talk.send("11:30", steps.PRIORITY, ["low"])
    talk.until("12:59")
    assert talk.shows("first_reply") == "running"
    talk.until("13:00")
    assert talk.shows("first_reply") == "at_risk"
    talk.until("16:00")
    told = [(fact.at, fact.n) for fact in talk.said if isinstance(fact, Outcome)]
    assert told == [(clock("11:00"), 1), (clock("15:00"), 2)]
    assert talk.counted("first_reply_at_risk") == 1


def test_a_reply_at_the_instant_of_the_tightening_is_late() -> None:
    talk = by_priority()
    talk.created("09:00")
    talk.send("11:30", steps.PRIORITY, ["urgent"])
    talk.replies("11:30")
    talk.until("12:00")
    assert talk.outcomes("first_reply") == [
        ("breached", clock("11:30")),
        ("fulfilled", clock("11:30")),
    ]


def test_a_change_of_calendar_keeps_what_was_counted_in_the_old_one() -> None:
    nine_to_five = ((540, 1020),)
    office = OfficeCalendar("office", "UTC", (nine_to_five,) * 5 + ((),) * 2)
    slow = SlaPolicy(
        "slow",
        {"first_reply": within(4 * HOUR, calendar=office)},
        office,
        Match(team=frozenset({"b"})),
    )
    fast = SlaPolicy("fast", {"first_reply": within(8 * HOUR)}, ALWAYS)
    talk = Talk(make_policy(sla=(slow, fast)))
    talk.created("06:00", team="a")
    talk.send("08:00", steps.ASSIGNED, ["b", None])
    assert talk.clock("first_reply").due == clock("11:00")  # 2 h around the clock, 2 h from 09:00


def test_without_a_matching_policy_clocks_run_without_due_and_stand_in_no_ratio() -> None:
    talk = Talk()
    talk.created("09:00")
    talk.until("+3 09:00")
    talk.replies("+3 09:10")
    assert talk.clock("first_reply").due == 0
    observed = [fact for fact in talk.said if isinstance(fact, Observed)]
    assert [(fact.clock, fact.at) for fact in observed] == [("first_reply", clock("+3 09:10"))]
    assert talk.outcomes("first_reply") == []
    assert talk.counted("first_reply_met") == 0


def test_a_merge_ends_the_conversation_and_says_what_it_still_owed() -> None:
    talk = Talk()
    talk.created("09:00")
    talk.send("09:30", steps.MERGED, ["T-2"])
    merged = [fact for fact in talk.said if isinstance(fact, MergedInto)]
    assert merged == [MergedInto("T-2", clock("09:30"), clock("09:00"), clock("09:00"))]
    assert talk.state.status == "merged"
    assert talk.state.flags == 0


def test_absorbing_moves_the_open_reply_clock_to_the_older_question() -> None:
    talk = Talk(make_policy({"first_reply": within(HOUR)}))
    talk.created("09:30")
    talk.send("09:40", steps.ABSORBED, [clock("09:00"), clock("09:00")])
    assert talk.clock("first_reply").due == clock("10:00")
    assert talk.state.waiting_since == clock("09:00")
    assert talk.elapsed("first_reply") == 40


def test_absorbing_into_an_answered_conversation_opens_a_next_reply() -> None:
    talk = Talk(make_policy({"next_reply": within(HOUR)}))
    talk.created("08:00")
    talk.replies("08:10")
    talk.send("09:40", steps.ABSORBED, [clock("09:00"), clock("09:20")])
    assert talk.clock("next_reply").due == clock("10:20")


def test_a_solved_target_stays_solved_when_it_absorbs() -> None:
    talk = Talk()
    talk.created("08:00")
    talk.status("08:10", "solved")
    talk.send("09:40", steps.ABSORBED, [clock("09:00"), clock("09:20")])
    assert talk.state.status == "solved"


def test_an_unknown_target_is_created_by_absorbing() -> None:
    talk = Talk(make_policy({"first_reply": within(HOUR)}))
    talk.send("09:40", steps.ABSORBED, [clock("09:00"), clock("09:00")])
    assert talk.state.created_at == clock("09:00")
    assert talk.clock("first_reply").due == clock("10:00")


def test_an_excluded_conversation_is_silent_until_it_is_included() -> None:
    talk = Talk(make_policy({"first_reply": within(HOUR)}))
    talk.created("09:00")
    talk.send("09:10", steps.EXCLUDED, ["", ""])
    assert talk.state.flags == 0
    talk.until("11:00")
    assert talk.counted("first_reply_missed") == 0
    talk.send("11:30", steps.INCLUDED, ["", ""])
    assert talk.state.flags != 0


def test_a_conversation_takes_a_new_policy_version_at_its_next_event() -> None:
    old = make_policy({"first_reply": within(4 * HOUR)})
    talk = Talk(old)
    talk.created("09:00")
    new = compile_rules(make_policy({"first_reply": within(HOUR)}, version="v2"))
    talk.turn.rules = Rulebook(new, {old.hash: compile_rules(old)})
    talk.until("09:20")
    assert talk.clock("first_reply").due == clock("13:00")
    talk.send("09:30", steps.NOTE)
    assert (talk.state.policy, talk.clock("first_reply").due) == ("v2", clock("10:00"))


def test_tags_and_assignees_are_kept() -> None:
    talk = Talk()
    talk.created("09:00")
    talk.send("09:01", steps.TAGGED, [["b", "a"], []])
    talk.send("09:02", steps.TAGGED, [["c"], ["a"]])
    talk.send("09:03", steps.ASSIGNED, [None, "p1"])
    assert talk.state.tags == ["b", "c"]
    assert (talk.state.assignee, talk.state.team) == ("p1", "tier1")
    talk.send("09:04", steps.ASSIGNED, [None, ""])
    assert talk.state.assignee == ""
    assert talk.elapsed("full_resolution") == 4 * MINUTE / MINUTE
