"""Where events go, and when partitions are told how far event time has come."""

import pytest
from aiokafka.partitioner import DefaultPartitioner

from schemas.events import CLOCK_ADVANCE
from schemas.keys import encode_key
from stream_app.replay.outbox import EventTime, Outbox, partition_of
from tests.support.input import MemoryWriter, event


@pytest.fixture
def writer() -> MemoryWriter:
    return MemoryWriter(partitions=4)


@pytest.mark.parametrize("native_id", ["1", "ticket-17", "a|b%c", "Grüße", "x" * 99])
def test_a_partition_is_what_kafkas_own_partitioner_would_choose(native_id: str) -> None:
    key = encode_key("acme", "zendesk/acme", native_id)
    assert partition_of(key, 12) == DefaultPartitioner()(key, list(range(12)), list(range(12)))


def test_an_event_goes_to_its_conversations_partition_under_its_key(writer: MemoryWriter) -> None:
    Outbox(writer).send(event(1000, subject="a|b"))
    [(partition, key, value)] = writer.records
    assert key == b"past|test/input|a%7Cb"
    assert partition == partition_of(key, 4)
    assert (value["specversion"], value["time"]) == ("1.0", "1970-01-01T00:00:01Z")


def test_the_time_reached_goes_to_every_partition(writer: MemoryWriter) -> None:
    Outbox(writer).advance("past", 1000)
    assert [partition for partition, _, _ in writer.records] == [0, 1, 2, 3]
    assert {key for _, key, _ in writer.records} == {b"control|pegel.clock.advance.v1|past"}
    value = writer.records[0][2]
    assert (value["type"], value["tenant"]) == (CLOCK_ADVANCE, "past")
    assert value["data"] == {"tenant": "past", "until": "1970-01-01T00:00:01Z"}


def test_going_live_goes_to_every_partition(writer: MemoryWriter) -> None:
    Outbox(writer).go_live("past", 1000)
    assert {key for _, key, _ in writer.records} == {b"control|pegel.clock.live.v1|past"}
    assert {value["data"]["tenant"] for _, _, value in writer.records} == {"past"}
    assert len(writer.records) == 4


def test_no_two_control_records_share_an_id(writer: MemoryWriter) -> None:
    outbox = Outbox(writer)
    outbox.advance("past", 1000)
    outbox.advance("past", 1000)
    ids = [value["id"] for partition, _, value in writer.records if partition == 0]
    assert len(set(ids)) == 2


def send(writer: MemoryWriter, times: list[int]) -> None:
    outbox = Outbox(writer)
    clock = EventTime(outbox, "past")
    for time in times:
        clock.before(time)
        outbox.send(event(time, subject=f"C{time}"))


def test_the_time_is_told_at_least_every_thousand_events(writer: MemoryWriter) -> None:
    send(writer, list(range(0, 5_000_000, 1000)))
    gaps = _gaps(writer)
    assert len(gaps) >= 5
    assert max(gaps) <= 1000


def test_the_time_told_is_that_of_the_last_event_sent(writer: MemoryWriter) -> None:
    send(writer, list(range(0, 501_000, 1000)))
    assert writer.controls(0) == ["1970-01-01T00:08:19Z"]


def test_an_instant_is_not_told_while_it_lasts(writer: MemoryWriter) -> None:
    send(writer, [5000] * 990 + [6000])
    assert writer.controls(0) == ["1970-01-01T00:00:05Z"]
    assert _gaps(writer)[0] == 990


def test_within_a_very_long_instant_the_time_stays_one_millisecond_behind(
    writer: MemoryWriter,
) -> None:
    send(writer, [5000] * 2500)
    assert writer.controls(0) == ["1970-01-01T00:00:04.999Z"] * 2
    assert max(_gaps(writer)) <= 1000


def test_late_events_do_not_turn_the_time_back(writer: MemoryWriter) -> None:
    send(writer, [10_000, *[4000] * 1500])
    assert set(writer.controls(0)) == {"1970-01-01T00:00:09.999Z"}


def _gaps(writer: MemoryWriter) -> list[int]:
    """Events between two tellings of the time."""
    gaps, since = [], 0
    for partition, _, value in writer.records:
        if value["type"] != CLOCK_ADVANCE:
            since += 1
        elif partition == 0:
            gaps.append(since)
            since = 0
    return [*gaps, since]
