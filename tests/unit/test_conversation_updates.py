"""Update clocks, pauses and targets that change while nothing runs: what scenario files cannot see."""

from stream_app.domain import steps
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.facts import Counted, Outcome
from stream_app.domain.policy import Match, SlaPolicy, Target
from tests.support.talk import HOUR, MINUTE, Talk, clock, make_policy, within


def updates() -> Talk:
    return Talk(make_policy({"periodic_update": within(HOUR), "pausable_update": within(HOUR)}))


def test_each_reply_ends_one_update_and_begins_the_next() -> None:
    talk = updates()
    talk.created("09:00")
    for at in ("09:10", "09:40", "11:00"):
        talk.replies(at)
    assert talk.clock("periodic_update").instance == 3
    assert talk.outcomes("periodic_update") == [
        ("fulfilled", clock("09:40")),
        ("breached", clock("10:40")),
        ("fulfilled", clock("11:00")),
    ]


def test_a_solved_update_says_why_and_stands_in_no_ratio() -> None:
    talk = updates()
    talk.created("09:00")
    talk.replies("09:10")
    talk.status("09:30", "solved")
    reasons = {fact.clock: fact.reason for fact in talk.said if isinstance(fact, Outcome)}
    assert reasons == {"periodic_update": "solved", "pausable_update": "solved"}
    assert talk.counted("periodic_update_met") + talk.counted("periodic_update_missed") == 0


def test_an_update_that_was_missed_keeps_counting_as_missed_when_it_is_solved() -> None:
    talk = updates()
    talk.created("09:00")
    talk.replies("09:10")
    talk.status("11:00", "solved")
    assert talk.counted("periodic_update_missed") == 1
    assert talk.shows("periodic_update") == "cancelled"


def test_a_reply_while_solved_owes_no_update() -> None:
    talk = updates()
    talk.created("09:00")
    talk.status("09:10", "solved")
    talk.replies("09:20")
    assert talk.shows("periodic_update") == "idle"


def test_a_paused_clock_whose_target_tightens_breaches_at_the_change() -> None:
    paused = frozenset({"on_hold"})
    urgent = SlaPolicy(
        "urgent",
        {"full_resolution": Target(HOUR, ALWAYS, (), paused)},
        ALWAYS,
        Match(priority=frozenset({"urgent"})),
    )
    normal = SlaPolicy("normal", {"full_resolution": Target(8 * HOUR, ALWAYS, (), paused)}, ALWAYS)
    talk = Talk(make_policy(sla=(urgent, normal)))
    talk.created("09:00")
    talk.status("11:00", "on_hold")
    talk.send("12:00", steps.PRIORITY, ["urgent"])
    talk.status("13:00", "open")
    late = talk.clock("full_resolution")
    assert (late.breached, late.due, late.target) == (True, clock("10:00"), HOUR)
    assert talk.outcomes("full_resolution") == [("breached", clock("12:00"))]


def test_a_solve_at_the_instant_of_the_tightening_does_not_hide_the_breach() -> None:
    urgent = SlaPolicy(
        "urgent", {"first_reply": within(HOUR)}, ALWAYS, Match(priority=frozenset({"urgent"}))
    )
    talk = Talk(
        make_policy(sla=(urgent, SlaPolicy("normal", {"first_reply": within(8 * HOUR)}, ALWAYS)))
    )
    talk.created("09:00")
    talk.send("11:00", steps.PRIORITY, ["urgent"])
    talk.status("11:00", "solved")
    assert talk.outcomes("first_reply") == [
        ("breached", clock("11:00")),
        ("cancelled", clock("11:00")),
    ]
    assert talk.counted("first_reply_missed") == 1


def test_thanks_with_a_status_event_of_the_same_instant_reopens_nothing() -> None:
    talk = Talk()
    talk.created("09:00")
    talk.status("10:00", "solved")
    talk.asks("12:00")
    assert talk.state.status == "open"
    talk.status("12:00", "solved")
    assert (talk.state.status, talk.state.reopen_count) == ("solved", 0)
    assert talk.counted("reopened") == 0
    assert talk.counted("messages_in") == 1
    assert talk.counted("full_resolution_met") == 0
    assert talk.elapsed("full_resolution") == 60
    assert talk.shows("next_reply") == "idle"


def test_thanks_stays_without_effect_when_the_base_moves_on() -> None:
    talk = Talk()
    talk.created("09:00")
    talk.status("09:30", "solved")
    talk.asks("10:00")
    talk.status("10:00", "closed")
    for minute in range(40):
        talk.send(f"10:{minute + 1:02d}", steps.NOTE)
    assert talk.conversation.early > 0
    assert (talk.state.status, talk.state.reopen_count) == ("closed", 0)


def test_a_snooze_until_an_instant_that_is_past_ends_at_once() -> None:
    talk = Talk()
    talk.created("09:00")
    talk.status("12:00", "snoozed", until=clock("11:00"))
    talk.until("12:00")
    assert talk.state.status == "open"
    assert talk.elapsed("total_resolution") == 180


def test_what_was_answered_is_not_owed_again_after_a_merge() -> None:
    talk = Talk(make_policy({"first_reply": within(HOUR)}))
    talk.send("09:40", steps.ABSORBED, [clock("08:00"), clock("09:20")])
    assert talk.clock("first_reply").due == clock("10:20")
    assert talk.state.waiting_since == clock("09:20")
    assert talk.state.created_at == clock("08:00")


def test_a_step_that_is_too_late_is_counted_in_no_window_of_now() -> None:
    talk = Talk()
    talk.created("09:00")
    talk.send("11:00", steps.NOTE)
    talk.watermark = clock("11:00")
    assert talk.send("09:30", steps.REPLY, ["email", None, None], arrives="11:01") == "too_late"
    late = [fact for fact in talk.said if isinstance(fact, Counted) and fact.name == "messages_out"]
    assert [fact.at for fact in late] == [clock("11:00") + 1]
    assert talk.elapsed("first_reply") * MINUTE == 2 * HOUR + 1
