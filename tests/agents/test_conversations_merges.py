"""Merges and expired rows in the job: duplicates after a merge, and what is never passed on."""

from typing import Any

import pytest

from schemas import events as wire
from schemas.states import ConversationState
from tests.support.conversations import TOPIC, JobRun
from tests.support.fleet import Fleet, Sent, event
from tests.support.talk import HOUR, clock, make_policy, within


def merged() -> JobRun:
    job = JobRun(make_policy({"next_reply": within(HOUR)}))
    for name in ("T-1", "T-2"):
        job.created("09:00", name)
    job.asks("09:05", "T-1", id="question")
    job.take(job.event("09:30", wire.TICKET_MERGED, "T-1", into="T-2", id="merge"))
    job.flush()
    return job


@pytest.mark.parametrize("event_id", ["question", "merge"])
def test_what_had_been_applied_before_a_merge_is_not_passed_on_again(event_id: str) -> None:
    job = merged()
    before = len(job.sent(TOPIC))
    if event_id == "merge":
        job.take(job.event("09:30", wire.TICKET_MERGED, "T-1", into="T-2", id="merge"))
    else:
        job.asks("09:05", "T-1", id="question")
    job.flush()
    assert len(job.sent(TOPIC)) == before
    assert job.job.counters["duplicate"] == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (wire.TICKET_DELETED, {}),
        (wire.TICKET_SPAM, {}),
        (wire.TICKET_MERGED, {"into": "T-3"}),
        (wire.TICKET_STATUS_CHANGED, {"to": "merged"}),
    ],
)
def test_the_end_of_what_has_disappeared_does_not_end_what_stays(
    kind: str, fields: dict[str, str]
) -> None:
    job = merged()
    before = len(job.sent(TOPIC))
    job.take(job.event("09:40", kind, "T-1", **fields))
    job.flush()
    assert len(job.sent(TOPIC)) == before
    assert job.rejected == []


def test_a_message_after_the_retention_opens_another_conversation_within_one_batch() -> None:
    job = JobRun()
    job.take(
        job.event("09:00", wire.TICKET_CREATED, created_by="customer", channel="email"),
        job.event("10:00", wire.TICKET_STATUS_CHANGED, to="solved"),
        job.event(
            "+31 09:00", wire.MESSAGE_CREATED, direction="in", author="customer", message="m"
        ),
    )
    job.flush()
    assert job.totals()["opened"] == 2
    assert job.levels() == {"open": 1, "waiting": 1, "unassigned": 1, "unattended": 1}


def test_what_is_too_late_is_counted_as_late_and_in_no_window() -> None:
    job = JobRun()
    job.created("09:00")
    job.asks("11:00")
    job.replies("09:30", arrives="11:01")
    assert job.job.counters == {"too_late": 1, "late_events": 1}
    assert "messages_out" not in job.totals()


def at_any_speed(*sent: Sent, until: str = "15:00") -> dict[str, ConversationState]:
    """How it ends, whether what is handed over comes back at once or when everything is over."""
    policy = make_policy({"first_reply": within(HOUR), "next_reply": within(HOUR)})
    ends = [Fleet(policy).run(sent, batch).until(clock(until)).ended() for batch in (1, 1000)]
    assert ends[0] == ends[1]
    return ends[0].clocks


def test_a_chain_holds_whose_middle_was_merged_before_it_was_opened() -> None:
    ended = at_any_speed(
        sent("09:00", wire.TICKET_CREATED, "A", 1, created_by="customer"),
        sent("09:01", wire.TICKET_MERGED, "A", 2, into="B"),
        sent("09:05", wire.TICKET_ASSIGNED, "B", 3, assignee="p1"),
        sent("09:06", wire.TICKET_MERGED, "B", 4, into="C"),
        sent("11:00", wire.TICKET_CREATED, "B", 5, created_by="agent"),
        sent("11:01", wire.MESSAGE_CREATED, "B", 6, direction="in", author="customer"),
    )
    assert {name: state.status for name, state in ended.items()} == {
        "A": "merged",
        "B": "merged",
        "C": "new",
    }
    assert ended["B"].assignee == "p1"
    assert ended["C"].waiting_since == clock("09:00")


def test_what_is_merged_at_one_instant_is_taken_over_in_an_order_of_its_own() -> None:
    merges = [
        sent("09:10", wire.TICKET_MERGED, "A", 3, into="C"),
        sent("09:10", wire.TICKET_MERGED, "B", 4, into="C"),
    ]
    created = [
        sent("09:00", wire.TICKET_CREATED, "A", 1, created_by="customer"),
        sent("09:01", wire.TICKET_CREATED, "B", 2, created_by="customer"),
    ]
    one, other = at_any_speed(*created, *merges), at_any_speed(*created, *reversed(merges))
    assert one == other
    assert one["C"].created_at == clock("09:00")


def test_two_ways_to_one_conversation_leave_what_came_by_both_where_it_is() -> None:
    late = sent("09:14", wire.TICKET_MERGED, "C", 4, "09:18", into="B")
    ended = at_any_speed(
        sent("09:00", wire.TICKET_CREATED, "C", 1, created_by="customer"),
        sent("09:06", wire.TICKET_MERGED, "A", 2, into="B"),
        sent("09:15", wire.MESSAGE_CREATED, "C", 5, direction="in", author="customer"),
        sent("09:17", wire.TICKET_MERGED, "C", 3, into="A"),
        sent("09:17:30", wire.MESSAGE_CREATED, "C", 6, direction="in", author="customer"),
        late,
    )
    assert (ended["B"].status, ended["B"].waiting_since) == ("new", clock("09:00"))


def test_a_row_that_only_a_merge_which_was_none_had_made_goes_again() -> None:
    ended = at_any_speed(
        sent("09:00", wire.TICKET_CREATED, "A", 1, created_by="customer"),
        sent("09:05", wire.TICKET_MERGED, "A", 3, into="B"),
        sent("09:04", wire.TICKET_MERGED, "A", 2, "09:08", into="C"),
    )
    assert sorted(ended) == ["A", "C"]


def test_a_circle_ends_the_same_and_what_goes_round_in_it_is_a_dead_letter() -> None:
    fleet = Fleet(make_policy({"next_reply": within(HOUR)})).run(
        [
            sent("09:00", wire.TICKET_CREATED, "A", 1, created_by="customer"),
            sent("09:01", wire.TICKET_MERGED, "A", 2, into="B"),
            sent("09:02", wire.TICKET_MERGED, "B", 3, into="A"),
            sent("09:03", wire.MESSAGE_CREATED, "A", 4, direction="in", author="customer"),
        ]
    )
    assert [rejected.code for rejected in fleet.rejected] == ["merge_loop"] * 2
    assert {state.status for state in fleet.ended().clocks.values()} == {"merged"}


def test_a_merge_into_itself_is_a_dead_letter_and_changes_nothing() -> None:
    job = JobRun()
    job.created("09:00")
    job.take(job.event("09:10", wire.TICKET_MERGED, into="T-1"))
    assert [(one.code, one.path) for one in job.rejected] == [("invalid_event", "$.data.into")]
    assert job.levels()["open"] == 1


def test_what_a_merge_hands_over_that_came_too_late_says_so() -> None:
    job = JobRun()
    job.created("09:00")
    job.asks("11:00")
    job.take(job.event("09:30", wire.TICKET_MERGED, arrives="11:01", into="T-2"))
    job.flush()
    [absorbed] = job.sent(TOPIC)
    assert (absorbed["type"], absorbed["late"]) == (wire.TICKET_ABSORBED, True)


def sent(
    at: str, kind: str, conversation: str, cause: int, arrives: str = "", **fields: Any
) -> Sent:
    """An event that arrives when it happens, or later."""
    return Sent(clock(arrives or at), event(clock(at), kind, conversation, cause, **fields))
