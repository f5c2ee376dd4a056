"""An owner writes one flush at a time, beside applying, and tells what became of it."""

import asyncio

from stream_app.engine.deadletters import Sender
from stream_app.engine.errors import FatalError, FencedError
from stream_app.engine.log import Flush
from stream_app.engine.owner import Fate, Owner
from stream_app.engine.partition import Partition, State
from stream_app.engine.status import Timings
from stream_app.engine.watchdog import Watchdog
from stream_app.testing import MemoryBroker, MemoryWriter
from tests.engine.harness import LOGS, Loop, Process, finish, make_setting, produce, records_of

GOOD = b'{"k":"a1","n":2}'


class SlowWriter:
    """Writes when it is told to, or fails."""

    fencing = True

    def __init__(self) -> None:
        self.flushes: list[Flush] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None
        self.closed = False

    async def claim(self) -> None: ...

    async def write(self, flush: Flush) -> None:
        self.flushes.append(flush)
        await self.gate.wait()
        if self.error is not None:
            raise self.error

    async def close(self) -> None:
        self.closed = True


class Told:
    """What an owner tells."""

    def __init__(self) -> None:
        self.lost: list[FencedError] = []
        self.fatal: list[FatalError] = []

    def fate(self) -> Fate:
        return Fate(lambda _, exc: self.lost.append(exc), self.fatal.append)


def running(writer: SlowWriter, told: Told) -> Owner:
    owner = Owner(Partition(make_setting(), 0), writer, told.fate(), lambda _: None)
    owner.partition.state = State.RUNNING
    return owner


async def test_applying_goes_on_while_a_flush_is_in_flight() -> None:
    writer, timings = SlowWriter(), Timings()
    owner = running(writer, Told())
    owner.partition.apply("in", records_of([GOOD]))
    owner.begin(timings)
    await asyncio.sleep(0)
    assert owner.busy
    assert owner.partition.apply("in", records_of([GOOD] * 3)) == 2
    writer.gate.set()
    await owner.finish(timings)
    assert [flush.offsets for flush in writer.flushes] == [{"in": 1}, {"in": 3}]
    assert owner.partition.durable == {"in": 3}
    assert (owner.flushes.count, owner.flushes.events, timings.flushes) == (2, 3, 2)


async def test_a_fenced_flush_is_told_and_nothing_is_written_after_it() -> None:
    writer, told = SlowWriter(), Told()
    owner = running(writer, told)
    writer.error = FencedError("newer owner")
    writer.gate.set()
    owner.partition.apply("in", records_of([GOOD]))
    await owner.finish(Timings())
    owner.partition.apply("in", records_of([GOOD] * 2))
    await owner.finish(Timings())
    assert (len(told.lost), len(writer.flushes), owner.partition.durable) == (1, 1, {})


async def test_a_fatal_flush_is_told() -> None:
    writer, told = SlowWriter(), Told()
    owner = running(writer, told)
    writer.error = FatalError("refused")
    writer.gate.set()
    owner.partition.apply("in", records_of([GOOD]))
    await owner.finish(Timings())
    assert [str(exc) for exc in told.fatal] == ["refused"]


async def test_finishing_without_changes_writes_nothing() -> None:
    writer = SlowWriter()
    await running(writer, Told()).finish(Timings())
    assert writer.flushes == []


async def test_closing_gives_the_writer_back() -> None:
    writer = SlowWriter()
    owner = running(writer, Told())
    await owner.close()
    assert writer.closed
    assert owner.partition.state is State.CLOSED


def test_a_partition_kept_over_a_rebalance_is_not_read_again() -> None:
    broker, loop = MemoryBroker(), Loop()
    process = Process(broker, loop)
    process.start()
    produce(broker, "in", [GOOD] * 3)
    finish(process)
    process.owner.freeze()
    process.restore()  # Faust may hand over changelog records: they must not be taken
    process.partition.start()
    loop.close()
    assert process.job.counts == {"a1": [3, 6]}
    assert process.job.restores == 1


def test_a_second_claimant_reads_all_that_the_first_has_written_and_fences_it() -> None:
    broker, loop = MemoryBroker(), Loop()
    first, second = Process(broker, loop), Process(broker, loop)
    first.start()
    produce(broker, "in", [GOOD] * 3)
    finish(first)
    first.apply(1)
    second.start()
    produce(broker, "in", [GOOD])
    first.apply(5)
    first.flush()
    finish(second)
    loop.close()
    assert len(first.fences) == 1
    assert second.job.counts == {"a1": [4, 8]}
    assert second.partition.epoch == 2
    assert [r.value for r in broker.read("out", 0)] == [b"2"]


class FakeEngine:
    """An engine as the watchdog sees it."""

    def __init__(self) -> None:
        self.lag = True
        self.reasons: list[str] = []

    def lagging(self, _: Owner) -> bool:
        return self.lag

    def die(self, why: str) -> None:
        self.reasons.append(why)


async def test_the_watchdog_names_a_partition_that_has_work_and_does_none() -> None:
    owner = running(SlowWriter(), Told())
    engine = FakeEngine()
    dog = Watchdog(engine, {("toy", 0): owner}, 3)
    assert [dog.look() for _ in range(4)] == [None] * 4
    assert dog.look() == ("toy", 0)


async def test_the_watchdog_is_calm_while_offsets_move_or_there_is_no_work() -> None:
    owner = running(SlowWriter(), Told())
    engine = FakeEngine()
    dog = Watchdog(engine, {("toy", 0): owner}, 2)
    for offset in range(6):
        owner.partition.apply("in", records_of([GOOD], start=offset))
        assert dog.look() is None
    engine.lag = False
    assert [dog.look() for _ in range(6)] == [None] * 6


def test_the_harness_and_the_setting_agree_on_changelog_names() -> None:
    assert tuple(log.topic for log in make_setting().changelogs) == LOGS
    assert make_setting().sender == Sender("app", "1.0")
    assert MemoryWriter(MemoryBroker(), "x").fencing
