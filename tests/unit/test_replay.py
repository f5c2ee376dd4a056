"""A replay as a whole: order, pace, event time, the guard, and going on after an interruption."""

import asyncio
from collections.abc import Iterator

import pytest

from schemas.events import Event
from stream_app.errors import UserError
from stream_app.replay.guard import HistoryGuard
from stream_app.replay.pace import Pace, parse_speed
from stream_app.replay.run import Options, Replay
from tests.support.input import ManualTime, MemoryWriter, event

ON_EVENT_TIME = HistoryGuard(oldest=10**15, clocks={"past": "event", "other": "event"})


def replay(
    writer: MemoryWriter,
    *,
    guard: HistoryGuard = ON_EVENT_TIME,
    speed: float | None = None,
    options: Options | None = None,
    time: ManualTime | None = None,
) -> Replay:
    time = time or ManualTime()
    return Replay(writer, guard, Pace(speed, time.steady), options or Options(), time.sleep)


def nothing() -> None:
    """Nobody watches."""


async def test_events_go_out_in_the_order_of_the_file() -> None:
    writer = MemoryWriter(partitions=1)
    run = replay(writer)
    await run.run([event(2000), event(1000), event(1000, "again")], nothing)
    assert writer.events() == ["e2000", "e1000", "again"]
    assert (run.summary.sent, run.summary.first, run.summary.last) == (3, 1000, 2000)


async def test_at_the_end_every_partition_is_told_the_last_instant_and_all_is_flushed() -> None:
    writer = MemoryWriter(partitions=3)
    await replay(writer).run([event(1000), event(9000), event(4000)], nothing)
    for partition in range(3):
        assert writer.controls(partition)[-1] == "1970-01-01T00:00:09Z"
    assert writer.flushed == len(writer.records)


async def test_until_leaves_out_what_is_later_and_is_told_at_the_end() -> None:
    writer = MemoryWriter()
    run = replay(writer, options=Options(until=5000))
    await run.run([event(1000), event(5000), event(5001)], nothing)
    assert writer.events() == ["e1000", "e5000"]
    assert run.summary.left_out == 1
    assert writer.controls(0) == ["1970-01-01T00:00:05Z"]


async def test_until_may_lie_after_the_last_event() -> None:
    writer = MemoryWriter()
    await replay(writer, options=Options(until=60_000)).run([event(1000)], nothing)
    assert writer.controls(2) == ["1970-01-01T00:01:00Z"]


@pytest.mark.parametrize(("silent", "end"), [(9000, "09"), (4000, "05")])
async def test_history_that_goes_on_without_events_is_told_at_the_end(
    silent: int, end: str
) -> None:
    writer = MemoryWriter()
    await replay(writer).run([event(1000), event(5000)], nothing, lambda: silent)
    assert writer.controls(0) == [f"1970-01-01T00:00:{end}Z"]


async def test_until_ends_before_rows_without_events() -> None:
    writer = MemoryWriter()
    run = replay(writer, options=Options(until=5000))
    await run.run([event(1000)], nothing, lambda: 9000)
    assert writer.controls(0) == ["1970-01-01T00:00:05Z"]


async def test_each_tenant_on_event_time_is_told() -> None:
    writer = MemoryWriter()
    await replay(writer).run([event(1000), event(2000, tenant="other")], nothing)
    tenants = {v["tenant"] for p, _, v in writer.records if v["type"].startswith("pegel.")}
    assert tenants == {"past", "other"}
    assert writer.controls(0) == ["1970-01-01T00:00:02Z"] * 2


async def test_without_events_nobody_is_told_anything() -> None:
    writer = MemoryWriter()
    await replay(writer).run([], nothing)
    assert writer.records == []


async def test_skip_passes_over_what_an_earlier_run_has_sent() -> None:
    writer = MemoryWriter()
    run = replay(writer, options=Options(skip=2))
    await run.run([event(ms) for ms in (1, 2, 3)], nothing)
    assert writer.events() == ["e3"]
    assert (run.summary.passed_over, run.summary.resume) == (2, 3)


async def test_at_a_speed_events_wait_for_their_time() -> None:
    time = ManualTime()
    run = replay(MemoryWriter(), speed=10, time=time)
    await run.run([event(0), event(5000), event(10_000)], nothing)
    assert time.seconds == pytest.approx(1.0)


async def test_at_full_speed_nothing_waits() -> None:
    time = ManualTime()
    await replay(MemoryWriter(), time=time).run([event(0), event(10**12)], nothing)
    assert time.naps == []


async def test_while_it_waits_the_workers_are_told_how_time_goes_on() -> None:
    writer = MemoryWriter(partitions=1)
    await replay(writer, speed=1).run([event(0), event(2500)], nothing)
    assert writer.order(0) == [
        "e0",
        "|1970-01-01T00:00:01Z",
        "|1970-01-01T00:00:02Z",
        "|1970-01-01T00:00:02.499Z",
        "e2500",
        "|1970-01-01T00:00:02.500Z",
    ]


async def test_a_large_replay_lets_others_run_and_reports_its_progress() -> None:
    seen: list[int] = []
    run = replay(MemoryWriter())
    await run.run((event(ms) for ms in range(1000)), lambda: seen.append(run.summary.sent))
    assert seen[-1] == 1000
    assert len(seen) > 3


async def test_a_broken_off_replay_knows_where_to_go_on() -> None:
    writer = MemoryWriter()
    run = replay(writer)

    def endless() -> Iterator[Event]:
        ms = 0
        while True:
            yield event(ms)
            ms += 1

    enough = asyncio.Event()
    task = asyncio.ensure_future(
        run.run(endless(), lambda: enough.set() if run.summary.sent > 600 else None)
    )
    await enough.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert run.summary.resume == run.summary.sent == len(writer.events())
    assert writer.flushed == len(writer.records)


async def test_after_a_broker_failure_nothing_unacknowledged_counts_as_done() -> None:
    writer = MemoryWriter()
    run = replay(writer)

    def breaking() -> Iterator[Event]:
        for ms in range(2000):
            if ms == 700:
                writer.broken = UserError("the broker is gone")
            yield event(ms)

    with pytest.raises(UserError, match="the broker is gone"):
        await run.run(breaking(), nothing)
    assert run.summary.resume == 0
    assert run.summary.sent > 0


async def test_history_is_refused_for_a_tenant_on_live_time_before_anything_is_sent() -> None:
    writer = MemoryWriter()
    guard = HistoryGuard(oldest=10_000, clocks={"past": "live"})
    with pytest.raises(UserError, match="'past' runs on live time, and these events are history"):
        await replay(writer, guard=guard).run([event(9999)], nothing)
    assert writer.records == []


async def test_recent_events_may_go_to_a_tenant_on_live_time_which_is_told_no_time() -> None:
    writer = MemoryWriter()
    guard = HistoryGuard(oldest=10_000, clocks={"past": "live"})
    await replay(writer, guard=guard).run([event(10_000)], nothing)
    assert writer.events() == ["e10000"]
    assert writer.controls(0) == []


async def test_who_insists_can_send_history_to_a_tenant_on_live_time() -> None:
    writer = MemoryWriter()
    guard = HistoryGuard(oldest=10_000, clocks={"past": "live"}, into_live=True)
    await replay(writer, guard=guard).run([event(1)], nothing)
    assert writer.events() == ["e1"]


async def test_without_a_policy_a_tenant_counts_as_live() -> None:
    with pytest.raises(UserError, match="without a policy tenant 'past' counts as live"):
        await replay(MemoryWriter(), guard=HistoryGuard(oldest=10_000)).run([event(1)], nothing)


async def test_a_tenant_that_the_policy_does_not_know_is_refused() -> None:
    guard = HistoryGuard(oldest=0, clocks={"acme": "event"})
    with pytest.raises(UserError, match="the policy has no tenant 'past' — give --tenant: acme"):
        await replay(MemoryWriter(), guard=guard).run([event(1)], nothing)


@pytest.mark.parametrize(
    ("text", "speed"), [("max", None), ("1", 1.0), ("60x", 60.0), ("0.5", 0.5)]
)
def test_a_speed_is_a_factor_or_max(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "inf", "nan", ""])
def test_other_speeds_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="no speed"):
        parse_speed(text)
