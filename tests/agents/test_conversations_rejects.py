"""What the conversations job refuses, and what it makes of the unfamiliar."""

import json
from typing import Any

import pytest

from schemas import events as wire
from tests.support.conversations import SOURCE, TOPIC, FakeRecord, JobRun
from tests.support.talk import clock


def run(partitions: int = 1) -> JobRun:
    return JobRun(partitions=partitions)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"value": b"{"}, "undecodable"),
        ({"value": None}, "undecodable"),
        ({"key": b"acme|helpdesk/acme|T-2"}, "subject_mismatch"),
        ({"timestamp": clock("08:54:59")}, "future_timestamp"),
    ],
)
def test_a_bad_record_goes_to_the_dead_letters(change: dict[str, object], code: str) -> None:
    job = run()
    record = job.event("09:00", wire.TICKET_CREATED, channel="email")
    job.take(record._replace(**change))  # type: ignore[arg-type]  # one field at a time
    assert [rejected.code for rejected in job.rejected] == [code]
    assert job.totals() == {}


@pytest.mark.parametrize(
    ("event_type", "fields", "code", "path"),
    [
        (wire.TICKET_STATUS_CHANGED, {}, "invalid_event", "$.data.to"),
        (wire.MESSAGE_CREATED, {"message": "m"}, "invalid_event", "$.data.direction"),
        (wire.TICKET_CREATED, {"tenant": "nobody"}, "unknown_tenant", "$.tenant"),
        ("support.ticket.sneezed.v1", {}, "unknown_type", "$.type"),
    ],
)
def test_a_rejection_names_the_place(
    event_type: str, fields: dict[str, Any], code: str, path: str
) -> None:
    job = run()
    job.take(job.event("09:00", event_type, **fields))
    assert [(r.code, r.path) for r in job.rejected] == [(code, path)]


def test_a_record_on_the_wrong_partition_is_rejected() -> None:
    job = run(partitions=12)
    for number in range(12):
        job.created("09:00", f"T-{number}")
    assert {rejected.code for rejected in job.rejected} == {"wrong_partition"}
    assert 0 < len(job.rejected) < 12


def test_the_fuse_stops_the_batch_where_it_trips() -> None:
    job = run()
    bad = [job.event("09:00", "nonsense") for _ in range(5)]
    assert job.job.apply(bad, lambda _rejected: False) == 1


def test_unknown_channels_become_other() -> None:
    job = run()
    job.created("09:00", channel="pigeon")
    assert [key[1] for key, _ in job.job.levels()] == ["other"]
    assert job.job.counters == {"unknown_value": 1}


@pytest.mark.parametrize(
    ("event_type", "fields"),
    [
        (wire.MESSAGE_CREATED, {"author": "parrot"}),
        (wire.MESSAGE_CREATED, {"author": "customer", "visibility": "hidden", "kind": "smell"}),
        (wire.MESSAGE_CREATED, {"author": "customer", "priority": "soon"}),
        (wire.MESSAGE_CREATED, {"author": "customer", "channel": "pigeon"}),
        (wire.TICKET_CREATED, {"channel": "pigeon", "status": "odd", "created_by": "nature"}),
        (wire.TICKET_STATUS_CHANGED, {"to": "odd"}),
        (wire.TICKET_STATUS_CHANGED, {"to": "open", "by": "nature"}),
        (wire.TICKET_PRIORITY_CHANGED, {"to": "soon"}),
        (wire.TICKET_CHANNEL_CHANGED, {"to": "pigeon"}),
    ],
)
def test_an_event_with_words_that_nobody_knows_is_applied_and_counted_once(
    event_type: str, fields: dict[str, Any]
) -> None:
    job = run()
    job.take(job.event("09:00", event_type, message="m", direction="in", **fields))
    assert job.rejected == []
    assert job.job.counters == {"unknown_value": 1}


def test_known_words_and_those_that_another_worker_has_passed_on_are_not_counted() -> None:
    job = run()
    job.created("09:00")
    job.asks("09:01", author="other", kind="other")
    job.take(
        job.event("09:02", wire.TICKET_STATUS_CHANGED, to="on_hold", from_="open", by="agent"),
        job.event("09:03", wire.TICKET_PRIORITY_CHANGED, to="high", from_="normal"),
        job.event("09:04", wire.TICKET_ASSIGNED, team="odd", assignee="a"),
        job.event("09:05", wire.TICKET_PRIORITY_CHANGED, to="soon", hops=1),
    )
    assert (job.job.counters, job.rejected) == ({}, [])


def test_binary_mode_is_read_as_well() -> None:
    job = run()
    headers = {
        "ce_id": b"1",
        "ce_source": SOURCE.encode(),
        "ce_type": wire.TICKET_CREATED.encode(),
        "ce_subject": b"T-1",
        "ce_time": b"2026-01-05T09:00:00Z",
        "ce_tenant": b"acme",
    }
    value = json.dumps({"channel": "email", "created_by": "customer"}).encode()
    key = f"acme|{SOURCE}|T-1".encode()
    job.take(FakeRecord(TOPIC, 0, 1, clock("09:00"), key, value, tuple(headers.items())))
    assert job.rejected == []
    assert job.levels()["open"] == 1
