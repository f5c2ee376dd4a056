"""What the channels agent takes, and what it refuses with which reason."""

import msgspec
import pytest
from aiokafka.partitioner import DefaultPartitioner

from agents.channels import owns
from stream_app.engine.job import Rejected
from tests.support.panes import (
    EMAIL,
    ONE,
    T0,
    FakeRecord,
    Teller,
    feed,
    new_job,
    record,
    said,
    started,
)


def test_a_pane_from_beyond_the_horizon_is_ignored() -> None:
    job, tellers = new_job(), started()
    feed(job, said(tellers))
    job.turn(1_000, {})
    job.collect()
    feed(job, [tellers[0].pane(EMAIL, T0 - 2 * 86_400_000, ONE)])
    assert not job.changed


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "undecodable"),
        (b"{", "undecodable"),
        (b'{"kind":"pane"}', "undecodable"),
        (
            b'{"kind":"x","agent":"conversations","source_partition":0,"epoch":1,"seq":0}',
            "unknown_kind",
        ),
        (
            b'{"kind":"pane","agent":"oracle","source_partition":0,"epoch":1,"seq":0}',
            "unknown_source",
        ),
        (
            b'{"kind":"pane","agent":"conversations","source_partition":2,"epoch":1,"seq":0}',
            "unknown_source",
        ),
        (
            b'{"kind":"pane","agent":"conversations","source_partition":0,"epoch":-1,"seq":0}',
            "bad_version",
        ),
        (
            b'{"kind":"level","agent":"conversations","source_partition":0,"epoch":1,"seq":0}',
            "unknown_tenant",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(value: bytes | None, code: str) -> None:
    refused: list[Rejected] = []

    def reject(why: Rejected) -> bool:
        refused.append(why)
        return True

    bad = FakeRecord(value)
    good = record(Teller(0).heartbeat(T0))
    assert new_job().apply([bad, good], reject) == 2
    assert [(why.record, why.code) for why in refused] == [(bad, code)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tenant": "globex"}, "unknown_tenant"),
        ({"resolution": 30}, "bad_pane"),
        ({"resolution": 60, "start": "2026-01-09T23:07:10Z"}, "bad_pane"),
        ({"start": "soon"}, "bad_instant"),
        ({"start": None}, "bad_instant"),
        ({"hist": {"first_reply": {9_999: 1}}}, "bad_pane"),
    ],
)
def test_a_pane_that_makes_no_sense_is_refused(changes: dict[str, object], code: str) -> None:
    refused: list[str] = []

    def reject(why: Rejected) -> bool:
        refused.append(why.code)
        return True

    job = new_job()
    pane = msgspec.structs.replace(Teller(0).pane(EMAIL, T0, ONE), **changes)
    assert job.apply([record(pane)], reject) == 1
    assert refused == [code]
    assert not job.changed


def test_the_fuse_stops_after_the_record_that_blew_it() -> None:
    records = [FakeRecord(b"{"), FakeRecord(b"{"), FakeRecord(b"{")]
    refused: list[Rejected] = []

    def reject(why: Rejected) -> bool:
        refused.append(why)
        return len(refused) < 2

    assert new_job().apply(records, reject) == 2


def test_a_pane_of_a_tenant_that_lives_elsewhere_is_refused() -> None:
    own = next(p for p in range(2) if owns("acme", p, 2))
    refused: list[str] = []

    def reject(why: Rejected) -> bool:
        refused.append(why.code)
        return True

    other = new_job(2, partition=1 - own)
    other.apply([record(Teller(0).pane(EMAIL, T0, ONE))], reject)
    assert refused == ["wrong_partition"]


def test_each_tenant_has_one_partition_and_it_is_the_one_of_kafkas_partitioner() -> None:
    partitioner = DefaultPartitioner()
    for tenant in ("acme", "globex", "default", "über"):
        partitions = [p for p in range(12) if owns(tenant, p, 12)]
        assert partitions == [partitioner(tenant.encode(), list(range(12)), [])]


def test_control_records_pass_by() -> None:
    job = new_job()
    control = FakeRecord(b"{}", key=b"control|pegel.clock.live.v1|acme")
    assert job.apply([control], lambda why: pytest.fail(str(why))) == 1
