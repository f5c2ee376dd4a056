"""Merges and expired rows in the job: duplicates after a merge, and what is never passed on."""

import pytest

from schemas import events as wire
from tests.support.conversations import TOPIC, JobRun
from tests.support.talk import HOUR, make_policy, within


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
