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
