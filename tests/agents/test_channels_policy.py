"""The channels agent follows an activation on its own topic, as if it had been restarted there."""

from typing import Any

from agents.channels import ChannelsJob, owns, spec
from schemas.events import CLOCK_LIVE, POLICY_ACTIVATE, Data, Event, encode_event
from schemas.instants import format_ms
from schemas.keys import control_key
from stream_app.domain.policy import Policy
from stream_app.domain.versions import Versions
from stream_app.engine.job import Reject, Rejected
from stream_app.settings import Settings
from tests.support.panes import (
    EMAIL,
    ONE,
    T0,
    FakeRecord,
    Log,
    Teller,
    feed,
    record,
    refuse_nothing,
    said,
    started,
)

MINUTE = 60_000


def version(name: str, tenants: tuple[str, ...] = ("acme",), **more: Any) -> Policy:
    return Policy(name, dict.fromkeys(tenants, "live"), frozenset({"email"}), **more)


def job_of(versions: Versions) -> ChannelsJob:
    own = next(p for p in range(2) if owns("acme", p, 2))
    made = spec(Settings(partitions=2), versions).new_job(own)
    assert isinstance(made, ChannelsJob)
    return made


def control(event_type: str, version: str) -> FakeRecord:
    event = Event(
        id="a",
        source="pegel/policy",
        type=event_type,
        subject=version,
        time=format_ms(T0),
        data=Data(hash=version),
    )
    return FakeRecord(encode_event(event), key=control_key(event_type, ""))


def activate(job: ChannelsJob, policy: Policy, versions: Versions) -> None:
    versions.add(policy)
    assert job.apply([control(POLICY_ACTIVATE, policy.hash)], refuse_nothing) == 1


def noting(refused: list[Rejected]) -> Reject:
    def note(why: Rejected) -> bool:
        refused.append(why)
        return True

    return note


def shown(job: ChannelsJob, now: int) -> dict[str, Any]:
    job.turn(now, {})
    view = job.views["acme", ""]
    return {span: window["messages_in"] for span, window in view.windows.items()}


def test_windows_follow_the_activation_and_count_what_was_told_before() -> None:
    versions = Versions(version("v1", windows=(MINUTE,)))
    job, tellers = job_of(versions), started()
    tellers[0].pane(EMAIL, T0, ONE * 3)
    feed(job, said(tellers))
    assert shown(job, 1_000) == {"1m": 3}
    activate(job, version("v2", windows=(MINUTE, 5 * MINUTE)), versions)
    assert shown(job, 2_000) == {"1m": 3, "5m": 3}
    tellers[1].pane(EMAIL, T0, ONE)
    feed(job, said(tellers))
    assert shown(job, 3_000) == {"1m": 4, "5m": 4}


def test_scopes_that_are_no_longer_asked_for_disappear_from_the_topic() -> None:
    versions = Versions(version("v1"))
    job, tellers, log = job_of(versions), started(), Log()
    tellers[0].pane(EMAIL, T0, ONE)
    feed(job, said(tellers))
    job.turn(1_000, {})
    log.write(job.collect())
    assert len(log.views) > 2
    activate(job, version("v2", group_by=("channel",)), versions)
    job.turn(2_000, {})
    log.write(job.collect())
    assert sorted(log.views) == [b"acme|", b"acme|channel=email"]
    assert {scope for _, scope in job.views} == {"", "channel=email"}


def test_what_had_changed_before_the_activation_is_written_all_the_same() -> None:
    versions = Versions(version("v1"))
    job, tellers, log = job_of(versions), started(), Log()
    tellers[0].pane(EMAIL, T0, ONE * 3)
    feed(job, said(tellers))
    activate(job, version("v2", windows=(5 * MINUTE,)), versions)
    log.write(job.collect())
    heir = job_of(versions)
    heir.load("windows", list(log.rows.items()))
    heir.restored(log.meta, 2)
    assert heir.policy_version == "v2"
    assert shown(heir, 2_000) == {"5m": 3}


def test_a_tenant_that_leaves_is_forgotten_and_what_it_still_says_is_no_mistake() -> None:
    versions = Versions(version("v1"))
    job, tellers, log = job_of(versions), started(), Log()
    tellers[0].pane(EMAIL, T0, ONE)
    feed(job, said(tellers))
    job.turn(1_000, {})
    log.write(job.collect())
    activate(job, version("v2", ("globex",)), versions)
    log.write(job.collect())
    assert (log.rows, log.views, job.views) == ({}, {}, {})
    heir = job_of(versions)
    heir.restored(log.meta, 2)
    for late in (job, heir):
        assert late.apply([record(tellers[0].pane(EMAIL, T0, ONE))], refuse_nothing) == 1


def test_a_tenant_that_joins_is_counted_from_the_activation_on() -> None:
    versions = Versions(version("v1", ("other",)))
    job = job_of(versions)
    refused: list[Rejected] = []
    early = record(Teller(0).pane(EMAIL, T0, ONE))
    assert job.apply([early], noting(refused)) == 1
    assert [why.code for why in refused] == ["unknown_tenant"]
    activate(job, version("v2"), versions)
    tellers = started()
    tellers[0].pane(EMAIL, T0, ONE)
    feed(job, said(tellers))
    assert shown(job, 1_000)["1m"] == 1


def test_an_activation_of_the_same_version_or_another_control_record_changes_nothing() -> None:
    versions = Versions(version("v1"))
    job = job_of(versions)
    before = job.tenants
    records = [control(POLICY_ACTIVATE, "v1"), control(CLOCK_LIVE, "v2")]
    assert job.apply(records, refuse_nothing) == 2
    assert job.tenants is before


def test_records_behind_an_unknown_version_wait_and_a_version_that_never_was_is_refused() -> None:
    versions, refused = Versions(version("v1")), list[Rejected]()
    job, records = job_of(versions), [control(POLICY_ACTIVATE, "v9"), record(Teller(0).begin())]
    assert job.apply(records, refuse_nothing) == 0
    versions.looked_for({"v9"})
    assert job.apply(records, noting(refused)) == 2
    assert [why.code for why in refused] == ["unknown_policy"]
