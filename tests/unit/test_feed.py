"""The feed of simulated traffic: history at once, the handing over, then the wall clock."""

import pytest

from schemas.events import Event
from stream_app.replay.bulk import send_batches
from stream_app.replay.feed import Clock, Feed
from tests.support.input import ManualTime, MemoryWriter, event

Deliveries = list[tuple[int, Event]]
NOON = 43_200_000


@pytest.fixture
def writer() -> MemoryWriter:
    return MemoryWriter(partitions=2)


async def feed(
    writer: MemoryWriter, deliveries: Deliveries, live_from: int | None, time: ManualTime
) -> Feed:
    run = Feed(writer, Clock(time.now, time.sleep), "past", live_from)
    await run.run(deliveries, lambda: None)
    return run


def at(*arrivals: int) -> Deliveries:
    return [(ms, event(ms, subject="C")) for ms in arrivals]


async def test_history_is_sent_at_once_and_live_events_wait_for_their_arrival(
    writer: MemoryWriter,
) -> None:
    time = ManualTime(start=NOON)
    run = await feed(writer, at(1000, NOON - 1, NOON, NOON + 60_000), NOON, time)
    assert time.now() == NOON + 60_000
    assert (run.counts.history, run.counts.live) == (2, 2)


async def test_between_history_and_live_every_partition_is_told_to_go_live(
    writer: MemoryWriter,
) -> None:
    await feed(writer, at(NOON - 1, NOON), NOON, ManualTime(start=NOON))
    for partition in range(2):
        assert writer.controls(partition) == ["1970-01-01T12:00:00Z", "live"]
    order = writer.order(0) if f"e{NOON}" in writer.order(0) else writer.order(1)
    assert order == [f"e{NOON - 1}", "|1970-01-01T12:00:00Z", "|live", f"e{NOON}"]


async def test_history_alone_is_handed_over_as_well(writer: MemoryWriter) -> None:
    await feed(writer, at(1000), NOON, ManualTime(start=NOON))
    assert writer.controls(1) == ["1970-01-01T12:00:00Z", "live"]
    assert writer.flushed == len(writer.records)


async def test_in_long_history_the_time_is_told_at_least_every_thousand_events(
    writer: MemoryWriter,
) -> None:
    await feed(writer, at(*range(5000)), NOON, ManualTime(start=NOON))
    assert len(writer.controls(0)) >= 5 + 2


async def test_a_late_arrival_before_the_handing_over_counts_as_history(
    writer: MemoryWriter,
) -> None:
    run = await feed(writer, [(NOON - 1, event(5))], NOON, ManualTime(start=NOON))
    assert run.counts.history == 1


async def test_without_history_nobody_is_told_the_time(writer: MemoryWriter) -> None:
    run = await feed(writer, at(NOON, NOON + 5), None, ManualTime(start=NOON))
    assert writer.controls(0) == []
    assert run.counts.live == 2


async def test_what_has_been_missed_is_sent_without_waiting(writer: MemoryWriter) -> None:
    time = ManualTime(start=NOON + 60_000)
    await feed(writer, at(NOON, NOON + 30_000), None, time)
    assert time.naps == []


async def test_no_nap_is_longer_than_half_a_second(writer: MemoryWriter) -> None:
    time = ManualTime(start=NOON)
    await feed(writer, at(NOON + 10_000), None, time)
    assert max(time.naps) <= 0.5


async def test_batches_are_sent_with_the_time_that_each_reaches(writer: MemoryWriter) -> None:
    value = b'{"id":"x","type":"support.message.created.v1","data":{}}'
    batches = [(1000, [(0, b"k", value), (1, b"k", value)]), (2000, [(1, b"k", value)])]
    seen: list[int] = []
    assert await send_batches(writer, batches, "past", seen.append) == 3
    assert seen == [2, 3]
    assert writer.order(0) == ["x", "|1970-01-01T00:00:01Z", "|1970-01-01T00:00:02Z"]


async def test_batches_for_a_tenant_on_live_time_tell_no_time(writer: MemoryWriter) -> None:
    value = b'{"id":"x","type":"support.message.created.v1","data":{}}'
    await send_batches(writer, [(1000, [(0, b"k", value)])], None, lambda sent: None)
    assert writer.order(0) == ["x"]
