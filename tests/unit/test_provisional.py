"""Conversations that nobody has opened: what is known of them, how long, and how they end."""

from dataclasses import replace

import pytest

from stream_app.domain import steps
from stream_app.domain.facts import MergedInto, PassedOn
from tests.support.talk import HOUR, Talk, clock, make_policy, within


def chat() -> Talk:
    return Talk(make_policy({"first_reply": within(HOUR)}))


def test_a_provisional_row_counts_nowhere_until_something_opens_it() -> None:
    talk = chat()
    talk.send("09:00", steps.PRIORITY, ["urgent"])
    assert (talk.state.status, talk.said, talk.state.flags) == ("", [], 0)
    talk.asks("09:05")
    assert talk.state.priority == "urgent"
    assert talk.counted("opened") == 1


def test_what_nobody_opened_is_forgotten_after_the_allowed_lateness() -> None:
    talk = chat()
    talk.send("09:00", steps.PRIORITY, ["urgent"])
    talk.send("09:00", steps.TAGGED, [["vip"], []])
    talk.until("09:09:59")
    assert (talk.state.priority, talk.state.tags) == ("urgent", ["vip"])
    talk.until("09:10")
    assert (talk.state.priority, talk.state.tags) == ("", [])
    talk.asks("09:11")
    assert talk.state.priority == ""


@pytest.mark.parametrize(("mode", "days"), [("live", 1), ("event", 30)])
def test_the_row_of_what_nobody_opened_goes_when_nothing_can_come_back_any_more(
    mode: str, days: int
) -> None:
    talk = Talk(replace(make_policy(), tenants={"acme": mode}))
    talk.send("09:00", steps.PRIORITY, ["urgent"])
    talk.until(f"+{days} 09:09:59")
    assert not talk.state.expired
    talk.until(f"+{days} 09:10")
    assert (talk.state.expired, talk.counted("expired")) == (True, 0)


def test_what_was_forgotten_is_known_again_when_it_had_been_opened_before() -> None:
    talk = chat()
    talk.send("09:05", steps.PRIORITY, ["urgent"])
    talk.until("09:20")
    talk.hand_over("09:00", steps.QUESTION, ["email", None, None])
    assert (talk.state.status, talk.state.priority) == ("new", "urgent")
    assert talk.counted("opened") == 1


@pytest.mark.parametrize(
    ("kind", "operand", "status"),
    [
        (steps.MERGED, ["T-2"], "merged"),
        (steps.DELETED, [], "deleted"),
        (steps.SPAM, [], "spam"),
        (steps.STATUS, ["spam", 0], "spam"),
    ],
)
def test_what_ended_for_good_before_anybody_opened_it_is_never_opened(
    kind: int, operand: steps.Operand, status: str
) -> None:
    talk = chat()
    talk.send("09:00", kind, operand)
    talk.until("09:30")
    talk.created("09:30")
    talk.asks("09:31")
    assert (talk.state.status, talk.state.flags, talk.counted("opened")) == (status, 0, 0)
    assert talk.counted("messages_in") == 0
    passed_on = [fact.target for fact in talk.said if isinstance(fact, PassedOn)]
    assert passed_on == (["T-2", "T-2"] if kind == steps.MERGED else [])


def test_what_was_opened_before_its_end_ends_as_one_that_was_known() -> None:
    talk = chat()
    talk.send("09:05", steps.MERGED, ["T-2"])
    talk.created("09:00", arrives="09:06")
    assert (talk.state.status, talk.counted("opened")) == ("merged", 1)
    assert [fact.oldest_unanswered_at for fact in talk.said if isinstance(fact, MergedInto)] == [
        clock("09:00")
    ]
