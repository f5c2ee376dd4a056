"""The three clocks, situation by situation."""

import pytest

from stream_app.domain import steps
from stream_app.domain.clocks import CLOCK_NAMES, TRANSITIONS, Verb
from tests.support.talk import HOUR, MINUTE, Talk, clock, make_policy, within


def chat() -> Talk:
    return Talk(
        make_policy(
            {
                "first_reply": within(HOUR),
                "next_reply": within(2 * HOUR),
                "full_resolution": within(24 * HOUR),
            }
        )
    )


def test_a_whole_conversation_measures_every_clock_as_worked_out_by_hand() -> None:
    talk = Talk()
    talk.created("09:00")
    talk.replies("09:20")
    talk.status("09:20", "pending_customer")
    talk.asks("10:00")
    talk.asks("10:05")
    talk.send("10:15", steps.NOTE)
    talk.status("10:30", "on_hold")
    talk.status("11:30", "open")
    talk.replies("11:45")
    talk.status("12:00", "solved")
    assert talk.elapsed("first_reply") == 20
    assert talk.elapsed("next_reply") == 105
    assert talk.elapsed("full_resolution") == 180
    talk.asks("14:00")
    assert talk.state.status == "open"
    assert talk.state.reopen_count == 1
    talk.status("14:30", "solved")
    assert talk.elapsed("full_resolution") == 330
    assert talk.clock("next_reply").instance == 2
    assert talk.shows("next_reply") == "cancelled"
    assert talk.clock("next_reply").reason == "solved_unanswered"
    assert talk.elapsed("next_reply") == 30


def test_first_reply_starts_at_creation_by_a_customer() -> None:
    talk = chat()
    talk.created("09:00")
    assert talk.shows("first_reply") == "running"
    assert talk.clock("first_reply").due == clock("10:00")


def test_first_reply_of_an_agents_ticket_starts_with_the_first_customer_message() -> None:
    talk = chat()
    talk.created("09:00", by="agent")
    talk.replies("09:05")
    assert talk.shows("first_reply") == "idle"
    talk.asks("09:30")
    assert talk.shows("first_reply") == "running"
    talk.replies("09:40")
    assert talk.outcomes("first_reply") == [("fulfilled", clock("09:40"))]
    assert talk.elapsed("first_reply") == 10


def test_a_bare_customer_message_opens_a_conversation() -> None:
    talk = chat()
    talk.asks("09:00")
    assert talk.state.status == "new"
    assert talk.state.created_by == "customer"
    assert talk.counted("opened") == 1
    assert talk.shows("first_reply") == "running"


def test_a_creation_after_the_first_message_fills_in_its_fields() -> None:
    talk = chat()
    talk.asks("09:00")
    talk.created("09:01", team="tier2", priority="high", status="open")
    assert (talk.state.team, talk.state.priority, talk.state.status) == ("tier2", "high", "open")
    assert talk.state.created_at == clock("09:00")
    assert talk.counted("opened") == 1


@pytest.mark.parametrize("kind", [steps.NOTE, steps.BOT_REPLY, steps.MESSAGE_OUT])
def test_notes_bots_and_campaigns_do_not_stop_a_reply_clock(kind: int) -> None:
    talk = chat()
    talk.created("09:00")
    talk.send("09:10", kind)
    assert talk.shows("first_reply") == "running"
    assert talk.state.waiting_since == clock("09:00")


@pytest.mark.parametrize(
    ("kind", "came", "went"),
    [
        (steps.QUESTION, 1, 0),
        (steps.MESSAGE_IN, 1, 0),
        (steps.REPLY, 0, 1),
        (steps.BOT_REPLY, 0, 1),
        (steps.MESSAGE_OUT, 0, 1),
        (steps.NOTE, 0, 0),
    ],
)
def test_every_public_message_counts_as_volume_in_its_direction(
    kind: int, came: int, went: int
) -> None:
    talk = chat()
    talk.created("09:00")
    talk.send("09:10", kind, ["email", None, None])
    assert (talk.counted("messages_in"), talk.counted("messages_out")) == (came, went)


def test_several_customer_messages_count_from_the_oldest() -> None:
    talk = chat()
    talk.created("09:00")
    talk.replies("09:10")
    for at in ("09:20", "09:25", "09:50"):
        talk.asks(at)
    assert talk.clock("next_reply").due == clock("11:20")
    assert talk.state.waiting_since == clock("09:20")


def test_a_reply_exactly_at_due_is_in_time() -> None:
    talk = chat()
    talk.created("09:00")
    talk.replies("10:00")
    talk.until("12:00")
    assert talk.outcomes("first_reply") == [("fulfilled", clock("10:00"))]
    assert talk.counted("first_reply_met") == 1
    assert talk.counted("first_reply_missed") == 0


def test_an_unanswered_clock_breaches_at_exactly_due_and_a_late_reply_stays_missed() -> None:
    talk = chat()
    talk.created("09:00")
    talk.until("09:59:59")
    assert talk.shows("first_reply") == "running"
    talk.until("10:00")
    assert talk.shows("first_reply") == "breached"
    talk.replies("10:30")
    assert talk.outcomes("first_reply") == [
        ("breached", clock("10:00")),
        ("fulfilled", clock("10:30")),
    ]
    assert (talk.counted("first_reply_met"), talk.counted("first_reply_missed")) == (0, 1)
    assert talk.clock("first_reply").due == clock("10:00")


def test_solving_without_an_answer_cancels_and_next_reply_takes_over() -> None:
    talk = chat()
    talk.created("09:00")
    talk.status("09:30", "solved")
    assert talk.shows("first_reply") == "cancelled"
    assert talk.state.waiting_since == 0
    talk.asks("10:00")
    assert talk.shows("first_reply") == "cancelled"
    assert talk.shows("next_reply") == "running"


def test_solved_to_closed_is_not_a_second_solve() -> None:
    talk = chat()
    talk.created("09:00")
    talk.status("09:30", "solved")
    talk.status("09:40", "closed")
    assert talk.counted("solved") == 1
    assert talk.outcomes("full_resolution") == [("fulfilled", clock("09:30"))]


def test_full_resolution_goes_on_at_a_reopening_with_the_time_spent_solved() -> None:
    talk = chat()
    talk.created("09:00")
    talk.status("10:00", "solved")
    talk.status("12:00", "open")
    assert talk.shows("full_resolution") == "running"
    talk.status("12:30", "solved")
    assert talk.elapsed("full_resolution") == 210
    assert talk.clock("full_resolution").instance == 1
    assert talk.counted("full_resolution_met") == 1


@pytest.mark.parametrize("end", [steps.DELETED, steps.SPAM])
def test_deletion_and_spam_cancel_everything_and_nothing_revives(end: int) -> None:
    talk = chat()
    talk.created("09:00")
    talk.send("09:10", end)
    assert {talk.shows(name) for name in CLOCK_NAMES} == {"cancelled", "idle"}
    talk.asks("09:20")
    assert talk.counted("messages_in") == 0
    assert talk.state.flags == 0


def test_warning_steps_fire_once_each_and_show_at_risk_until_the_breach() -> None:
    talk = Talk(make_policy({"first_reply": within(HOUR, 30 * MINUTE, 50 * MINUTE)}))
    talk.created("09:00")
    talk.until("09:30")
    assert talk.shows("first_reply") == "at_risk"
    talk.until("11:00")
    assert talk.outcomes("first_reply") == [
        ("at_risk", clock("09:30")),
        ("at_risk", clock("09:50")),
        ("breached", clock("10:00")),
    ]


def test_a_clock_stands_still_in_the_statuses_of_pause_on() -> None:
    target = within(HOUR)
    paused = type(target)(target.within, target.calendar, (), frozenset({"pending_customer"}))
    talk = Talk(make_policy({"full_resolution": paused}))
    talk.created("09:00")
    talk.status("09:20", "pending_customer")
    assert talk.shows("full_resolution") == "paused"
    assert talk.clock("full_resolution").due == 0
    talk.status("11:00", "open")
    assert talk.clock("full_resolution").due == clock("11:40")
    talk.until("11:40")
    assert talk.shows("full_resolution") == "breached"


def test_a_snooze_ends_at_its_instant() -> None:
    talk = chat()
    talk.created("09:00")
    talk.status("09:10", "snoozed", until=clock("10:00"))
    talk.until("09:59")
    assert talk.state.status == "snoozed"
    talk.until("10:00")
    assert talk.state.status == "open"


def test_only_transitions_of_the_table_exist() -> None:
    talk = chat()
    talk.created("09:00")
    talk.replies("09:10")
    before = talk.clock("first_reply")
    assert (before.status, Verb.FULFIL) not in TRANSITIONS
    talk.replies("09:20")
    assert talk.outcomes("first_reply") == [("fulfilled", clock("09:10"))]


def test_rows_of_solved_conversations_expire_after_the_retention() -> None:
    talk = chat()
    talk.created("09:00")
    talk.status("10:00", "solved")
    talk.until("+29 09:59")
    assert not talk.state.expired
    talk.until("+30 10:00")
    assert talk.state.expired


def test_a_conversation_that_is_open_too_long_is_expired_and_its_clocks_cancelled() -> None:
    talk = Talk()
    talk.created("09:00")
    talk.until("+400 09:00")
    assert talk.state.expired
    assert talk.counted("expired") == 1
    assert talk.shows("full_resolution") == "cancelled"
    assert talk.state.flags == 0
