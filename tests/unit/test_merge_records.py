"""What a merge makes of events: nothing that was kept of one is lost when it is passed on anew."""

import pytest

from schemas import events as wire
from schemas.keys import ConversationKey
from stream_app.domain import steps
from stream_app.domain.facts import MergedInto, PassedOn
from stream_app.domain.steps import InvalidEventError, Operand, Step, moved_to, to_step
from stream_app.records.causes import cause_of
from stream_app.records.merges import (
    MergeLoopError,
    absorbed,
    check_circle,
    forwarded,
    handed_over,
    withdrawn,
)
from tests.support.fleet import event
from tests.support.talk import clock

GONE = ConversationKey("acme", "helpdesk/acme", "A")
NINE = clock("09:00")
KEPT: dict[int, Operand] = {
    steps.CREATED: ["email", "open", "high", "tier1", "customer", ["vip"], "https://desk/1"],
    steps.ABSORBED: [NINE - 5, NINE - 3, "C"],
    steps.ASSIGNED: ["tier2", "p1"],
    steps.PRIORITY: ["urgent"],
    steps.CHANNEL: ["whatsapp"],
    steps.TAGGED: [["a"], ["b"]],
    steps.QUESTION: ["email", "tier1", "high"],
    steps.REPLY: ["email", "tier1", "high"],
    steps.BOT_REPLY: ["email", None, None],
    steps.MESSAGE_IN: ["email", None, None],
    steps.MESSAGE_OUT: ["email", None, None],
    steps.NOTE: [],
    steps.STATUS: ["solved", 0, "agent"],
    steps.EXCLUDED: ["p1", "a test"],
    steps.INCLUDED: ["p1", "no test"],
}
ENDINGS = {steps.MERGED, steps.DELETED, steps.SPAM}


def passed_on(kind: int, operand: Operand) -> PassedOn:
    frozen = tuple(tuple(v) if isinstance(v, list) else v for v in operand)
    return PassedOn("B", NINE, kind, 7, frozen)


def test_every_kind_that_ends_nothing_can_be_passed_on() -> None:
    assert KEPT.keys() | ENDINGS == set(range(1, steps.INCLUDED + 1))


@pytest.mark.parametrize("kind", KEPT)
def test_a_step_that_is_passed_on_anew_is_the_same_step(kind: int) -> None:
    made = handed_over(GONE, passed_on(kind, KEPT[kind]))
    assert made is not None
    assert (made.subject, made.hops) == ("B", 1)
    decoded = wire.decode_event(wire.encode_event(made))
    assert to_step(decoded, NINE, cause_of(decoded)) == Step(NINE, kind, 7, KEPT[kind])


@pytest.mark.parametrize(
    ("kind", "operand"),
    [
        (steps.ASSIGNED, [None, ""]),
        (steps.ASSIGNED, ["tier2", None]),
        (steps.STATUS, ["snoozed", NINE + 5]),
        (steps.STATUS, ["open", 0]),
        (steps.ABSORBED, [NINE, 0]),
        (steps.EXCLUDED, ["", ""]),
    ],
)
def test_what_a_step_leaves_out_stays_left_out(kind: int, operand: Operand) -> None:
    made = handed_over(GONE, passed_on(kind, operand))
    assert made is not None
    assert to_step(made, NINE, 7) == Step(NINE, kind, 7, operand)


def test_a_creation_that_was_applied_at_another_time_can_be_passed_on() -> None:
    moved = moved_to(Step(NINE, steps.CREATED, 7, KEPT[steps.CREATED]), NINE + 1)
    made = handed_over(GONE, passed_on(steps.CREATED, moved.operand))
    assert made is not None
    assert to_step(made, NINE, 7) == Step(NINE, steps.CREATED, 7, KEPT[steps.CREATED])


def test_what_a_conversation_left_does_not_come_back_to_it() -> None:
    left = absorbed(GONE, MergedInto("B", NINE, NINE - 5, NINE - 3))
    with pytest.raises(MergeLoopError, match="merged into itself"):
        check_circle(forwarded(left, "A"))
    again = PassedOn("A", NINE, steps.ABSORBED, cause_of(left), (NINE - 5, NINE - 3, "A"))
    from_b = ConversationKey("acme", "helpdesk/acme", "B")
    assert handed_over(from_b, again) is None
    assert handed_over(from_b, again._replace(target="C")) is not None


def test_what_was_handed_over_too_late_says_so_and_what_is_taken_back_too() -> None:
    fact = MergedInto("B", NINE, NINE, 0)
    assert (absorbed(GONE, fact).late, absorbed(GONE, fact, late=True).late) == (None, True)
    taken = withdrawn(absorbed(GONE, fact))
    assert (taken.withdrawn, taken.id) == (True, absorbed(GONE, fact).id)
    assert absorbed(GONE, fact._replace(target="C")).id != taken.id


def test_a_conversation_cannot_be_merged_into_itself() -> None:
    merge = event(NINE, wire.TICKET_MERGED, "A", 1, into="A")
    with pytest.raises(InvalidEventError, match="into itself") as refused:
        to_step(merge, NINE, 1)
    assert refused.value.path == "$.data.into"
