"""The alerts agent's job for one partition, against the contract of the engine."""

import json

import msgspec
import pytest
from structlog.testing import capture_logs

from agents.alerts import COMMANDS, SIGNALS, spec
from schemas.alert_rows import decode_alert_row
from schemas.outputs import Signal
from stream_app.adapters.topics import TABLES
from stream_app.domain.alert_delivery import Share
from stream_app.engine.job import Rejected
from stream_app.settings import Settings
from tests.support.alerts import (
    DAY,
    HOUR,
    MINUTE,
    RULE,
    T0,
    FakeRecord,
    Partition,
    advance,
    command,
    fold,
    heartbeat,
    many,
    offset,
    policy,
    rule,
    signal,
    signal_key,
    subject,
)


def test_the_specification_names_its_sources_and_its_table() -> None:
    found = spec(Settings(topic_prefix="x-", partitions=3), policy())
    assert found.name == "alerts"
    assert found.sources == ("x-" + SIGNALS, "x-" + COMMANDS)
    assert found.tables == TABLES["alerts"]
    assert not found.new_job(2).changed


# ------------------------------------------------------------------------------ records


def test_firing_and_resolved_are_written_in_order_even_within_one_flush() -> None:
    partition = Partition().apply(signal(True, 5, 1), signal(False, 9, 2), signal(True, 12, 3))
    partition.flush()
    assert partition.states() == [(1, "firing"), (1, "resolved"), (2, "firing")]
    assert [offset(alert.since) for alert in partition.alerts] == [5, 9, 12]


def test_records_are_keyed_as_the_signal_was() -> None:
    partition = Partition().feed(signal(True, 5, 1))
    assert [out.key for out in partition.written] == [signal_key()]
    assert partition.written[0].topic == "engagement.alert.v1"


def test_a_record_says_everything_about_its_episode() -> None:
    alert = Partition().feed(signal(True, 5, 1, severity="critical")).alerts[0]
    assert alert.subject == subject()
    assert (alert.severity, alert.opened_at) == ("critical", alert.since)
    assert alert.explain == {"age": 172_800, "calendar": "always"}
    assert alert.notified == ["oncall"]


def test_a_record_has_all_its_fields_also_where_nobody_is_told_and_nothing_explained() -> None:
    quiet = signal(True, 5, 1, explain={})
    written = Partition(policy(rule(to=()))).feed(quiet).written[0].value
    said = json.loads(written or b"")
    assert (said["explain"], said["notified"]) == ({}, [])
    assert "actor" not in said


def test_a_signal_without_severity_has_that_of_its_rule() -> None:
    partition = Partition(policy(rule(severity="info"))).feed(signal(True, 5, 1))
    assert partition.alerts[0].severity == "info"


def test_heartbeats_alone_are_no_reason_to_write() -> None:
    partition = Partition().apply(heartbeat(5, 1), heartbeat(6, 2))
    assert not partition.job.changed


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (FakeRecord(SIGNALS, b"k", b"{"), "undecodable"),
        (FakeRecord(SIGNALS, b"k", b"\xff\xfe"), "undecodable"),
        (FakeRecord(SIGNALS, b"k", b"[]"), "undecodable"),
        (FakeRecord(SIGNALS, b"k", b"{}"), "invalid"),
        (FakeRecord(SIGNALS, b"control|x|acme", b"{}"), "undecodable"),
        (FakeRecord(SIGNALS, b"other|acme|T-1", signal(True, 1, 1).value), "key_mismatch"),
        (FakeRecord(SIGNALS, None, signal(True, 1, 1).value), "key_mismatch"),
        (FakeRecord(COMMANDS, signal_key(), None), "undecodable"),
        (command("delete", "v1-1", 1), "unknown_action"),
        (command("snooze", "v1-1", 1), "invalid"),
        (command("snooze", "v1-1", 1, until="tomorrow"), "invalid"),
    ],
)
def test_a_record_that_cannot_be_used_is_rejected_and_the_next_one_applied(
    record: FakeRecord, code: str
) -> None:
    partition = Partition().feed(record, signal(True, 5, 1))
    assert [rejected.code for rejected in partition.rejected] == [code]
    assert partition.states() == [(1, "firing")]


@pytest.mark.parametrize("field", ["since", "tick"])
def test_a_signal_with_a_malformed_instant_is_rejected(field: str) -> None:
    found = msgspec.json.decode(signal(True, 1, 1).value or b"", type=Signal)
    setattr(found, field, "yesterday")
    partition = Partition().feed(FakeRecord(SIGNALS, signal_key(), msgspec.json.encode(found)))
    assert [rejected.path for rejected in partition.rejected] == [f"$.{field}"]


def test_a_tripped_fuse_stops_after_the_bad_record() -> None:
    seen: list[Rejected] = []

    def reject(rejected: Rejected) -> bool:
        seen.append(rejected)
        return False

    partition = Partition()
    records = [signal(True, 5, 1), FakeRecord(SIGNALS, b"k", b"{"), signal(False, 9, 2)]
    assert partition.job.apply(records, reject) == 2
    assert len(seen) == 1


def test_a_tombstone_of_a_signal_says_nothing() -> None:
    partition = Partition().feed(signal(True, 5, 1), FakeRecord(SIGNALS, signal_key(), None))
    assert partition.states() == [(1, "firing")]


# ------------------------------------------------------------------------- durable rows


def test_a_new_owner_goes_on_with_the_same_episode() -> None:
    partition = Partition().feed(signal(True, 5, 1))
    partition.start()
    partition.feed(signal(True, 5, 1), signal(False, 9, 2))
    assert partition.states() == [(1, "firing"), (1, "resolved")]
    assert len(fold(partition.alerts)) == 1


def test_a_row_is_an_array_with_its_version_first() -> None:
    partition = Partition().feed(signal(True, 5, 1))
    row = msgspec.msgpack.decode(partition.changelog[signal_key()])
    assert row[:3] == [1, RULE, "acme"]


def test_a_row_without_the_newest_fields_is_still_read() -> None:
    partition = Partition().feed(signal(True, 5, 1))
    row = msgspec.msgpack.decode(partition.changelog[signal_key()])
    assert decode_alert_row(msgspec.msgpack.encode(row[:8])).opened_at == T0 + 5


def test_a_resolved_row_is_deleted_when_its_number_is_no_longer_needed() -> None:
    partition = Partition().feed(signal(True, 5, 1), signal(False, 9, 2))
    partition.feed(heartbeat(29 * DAY, 1))
    assert signal_key() in partition.changelog
    partition.feed(heartbeat(31 * DAY, 2))
    assert partition.changelog == {}


def test_episodes_of_a_rule_that_left_the_policy_end_at_the_next_start() -> None:
    partition = Partition().feed(signal(True, 5, 1), heartbeat(50, 1))
    partition.policy = policy(rule("another"))
    partition.start()
    partition.flush()
    assert partition.states()[-1] == (1, "resolved")
    assert partition.alerts[-1].reason == "withdrawn"


def test_a_lost_partition_shows_nothing_any_more() -> None:
    partition = Partition().feed(signal(True, 5, 1))
    partition.job.closed()
    assert not list(partition.job.notifiable())
    assert not list(partition.job.firing())
    assert not partition.job.changed


# --------------------------------------------------------------------------------- time


def pending(partitions: int = 2, clock: str = "live") -> Partition:
    rules = policy(rule(hold=MINUTE), clock=clock)
    return Partition(rules, Share(0, partitions)).feed(signal(True, 0, 1))


def test_time_is_that_of_the_slowest_source_partition() -> None:
    partition = pending()
    partition.feed(heartbeat(2 * MINUTE, 1, partition=0))
    assert partition.states() == [(1, "pending")]
    partition.feed(heartbeat(MINUTE, 1, partition=1))
    assert partition.states() == [(1, "pending")]  # at the moment itself more may happen
    partition.feed(heartbeat(MINUTE + 1, 2, partition=1))
    assert partition.states() == [(1, "pending"), (1, "firing")]
    assert offset(partition.alerts[-1].since) == MINUTE


def test_time_stands_still_until_every_source_partition_has_spoken() -> None:
    partition = pending(partitions=3)
    partition.feed(heartbeat(9 * HOUR, 1, partition=0), heartbeat(9 * HOUR, 1, partition=2))
    assert partition.states() == [(1, "pending")]


def test_an_old_heartbeat_is_ignored() -> None:
    partition = pending()
    partition.feed(heartbeat(0, 5, partition=0), heartbeat(9 * HOUR, 4, partition=0))
    partition.feed(heartbeat(9 * HOUR, 1, partition=1))
    assert partition.states() == [(1, "pending")]


def test_on_event_time_the_end_of_the_input_includes_its_last_moment() -> None:
    partition = pending(partitions=1, clock="event")
    partition.feed(heartbeat(MINUTE, 1, mode="event"))
    assert partition.states() == [(1, "pending")]
    partition.feed(advance(MINUTE))
    assert partition.states() == [(1, "pending"), (1, "firing")]


def test_on_event_time_a_signal_is_as_far_as_what_it_tells() -> None:
    partition = Partition(policy(rule(hold=MINUTE), clock="event"))
    partition.feed(signal(True, 0, 1, tick=-DAY, mode="event"))
    partition.feed(signal(False, HOUR, 2, tick=0, mode="event"))
    assert partition.states() == [(1, "pending"), (1, "firing"), (1, "resolved")]


def test_a_reminder_that_an_acknowledgement_has_put_off_writes_nothing() -> None:
    partition = Partition(policy(rule(remind_every=HOUR))).feed(signal(True, 0, 1))
    partition.feed(command("acknowledge", partition.alerts[0].alert, MINUTE))
    partition.apply(heartbeat(2 * HOUR, 1))
    assert not partition.job.changed


def test_the_wall_clock_moves_no_alert() -> None:
    partition = pending(partitions=1)
    partition.job.turn(T0 + 400 * DAY, {SIGNALS: T0 + 400 * DAY})
    assert not partition.job.changed


def test_the_tick_does_not_go_back_after_a_restart() -> None:
    partition = pending(partitions=1).feed(heartbeat(2 * MINUTE, 1))
    partition.start()
    partition.feed(signal(True, 0, 1, conversation="T-2"), heartbeat(5, 9))
    assert partition.states()[-1] == (1, "firing")


# ----------------------------------------------------------------------------- commands


def test_a_command_is_a_record_with_who_and_why() -> None:
    partition = Partition().feed(signal(True, 5, 1))
    alert = partition.alerts[0].alert
    partition.feed(command("acknowledge", alert, 60, reason="on it"))
    found = partition.alerts[-1]
    assert (found.state, found.actor, found.reason) == ("acknowledged", "agent-7", "on it")
    assert found.alert == alert


def test_a_command_for_nothing_known_is_counted_and_ignored() -> None:
    partition = Partition().feed(command("acknowledge", "v1-0", 60), signal(True, 5, 1))
    partition.feed(command("acknowledge", "v1-0", 70))
    assert partition.job.refused_commands == 2
    assert partition.states() == [(1, "firing")]


def test_on_event_time_a_command_happens_at_the_tick() -> None:
    partition = Partition(policy(clock="event")).feed(signal(True, 5, 1, mode="event"))
    partition.feed(heartbeat(HOUR, 1, mode="event"))
    partition.feed(command("acknowledge", partition.alerts[0].alert, 300 * DAY))
    assert offset(partition.alerts[-1].since) == HOUR


# ------------------------------------------------------------------------- what is shown


def test_gauges_count_what_fires_by_rule_tenant_and_severity() -> None:
    partition = Partition().feed(*many(3))
    partition.feed(signal(False, 9, 9, conversation="T-002"))
    assert list(partition.job.firing()) == [(RULE, "acme", "warning", 2)]


def test_firing_and_resolved_are_logged_once_committed() -> None:
    partition = Partition().apply(signal(True, 5, 1), signal(False, 9, 2))
    with capture_logs() as before:
        partition.job.collect()
    with capture_logs() as lines:
        partition.job.committed()
    assert before == []
    assert [line["event"] for line in lines] == ["alert firing", "alert resolved"]
    assert lines[0]["subject"] == "zendesk/acme/T-1"
    assert lines[0]["since"] < lines[1]["since"]
