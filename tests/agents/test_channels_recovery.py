"""The channels agent after a restart, and before and after it owns a partition."""

from agents.channels import spec
from stream_app.domain.policy import Policy
from stream_app.settings import Settings
from tests.support.panes import (
    EMAIL,
    ONE,
    T0,
    Log,
    Teller,
    feed,
    new_job,
    said,
    started,
)


def test_a_restart_goes_on_where_the_last_flush_was() -> None:
    job, tellers, log = new_job(), started(), Log()
    tellers[0].pane(EMAIL, T0, ONE * 3)
    tellers[0].level(EMAIL, open=4, oldest_waiting_since=T0 - 1_000)
    feed(job, said(tellers))
    job.turn(1_000, {})
    before = dict(job.views)
    log.write(job.collect())
    assert not job.changed
    heir = log.restart()
    heir.turn(1_000, {})
    assert heir.views == before


def test_a_restart_within_a_snapshot_shows_the_source_partition_as_missing_until_it_ends() -> None:
    job, tellers, log = new_job(), started(), Log()
    tellers[0].pane(EMAIL, T0, ONE * 3)
    feed(job, said(tellers))
    job.turn(1_000, {})
    owner = Teller(0, epoch=2)
    feed(job, [owner.begin(), owner.pane(EMAIL, T0, ONE * 5)])
    log.write(job.collect())
    heir = log.restart()
    heir.turn(1_000, {})
    assert heir.views["acme", ""].missing_partitions == [0]
    feed(heir, [owner.end(), owner.heartbeat(T0)])
    heir.turn(2_000, {})
    view = heir.views["acme", ""]
    assert (view.complete, view.windows["1m"]["messages_in"]) == (True, 5)


def test_rows_of_a_tenant_that_has_left_the_policy_are_removed() -> None:
    job, log = new_job(), Log()
    key = b"p|conversations|0|globex|email|||10000|1768000020000"
    job.load(
        "windows", [(key, b"\x92\x00\x80"), (b"l|conversations|9|acme|email||", b"\x92\x00\x80")]
    )
    job.restored(None, 1)
    assert job.changed
    changes = job.collect()
    log.write(changes)
    assert {(row.key, row.value) for row in changes.rows} == {
        (key, None),
        (b"l|conversations|9|acme|email||", None),
    }


def test_names_with_separators_survive_a_restart() -> None:
    job, tellers, log = new_job(), started(), Log()
    tellers[0].pane(("e|m%7Cail", "a,b", "="), T0, ONE)
    feed(job, said(tellers))
    job.turn(1_000, {})
    before = dict(job.views)
    log.write(job.collect())
    heir = log.restart()
    heir.turn(1_000, {})
    assert heir.views == before
    assert ("acme", "channel=e%7Cm%257Cail") in before


def test_a_partition_that_was_given_up_holds_nothing() -> None:
    job, tellers = new_job(), started()
    feed(job, said(tellers))
    job.turn(1_000, {})
    job.closed()
    assert (dict(job.views), dict(job.tenants), job.changed) == ({}, {}, False)


def test_the_agent_says_what_it_reads_and_keeps() -> None:
    policy = Policy("hash", {"acme": "live"}, frozenset())
    found = spec(Settings(topic_prefix="t."), policy)
    assert (found.name, found.sources, found.tables) == (
        "channels",
        ("t.engagement.pane.v1",),
        ("windows",),
    )
