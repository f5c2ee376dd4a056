"""Policy versions on a real Kafka: written once, activated everywhere, known before anything is claimed."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.events import POLICY_ACTIVATE, decode_event
from stream_app.adapters.kafka import connect
from stream_app.adapters.provision import apply
from stream_app.adapters.topics import catalogue
from stream_app.engine.errors import FatalError
from stream_app.engine.log import Flush
from stream_app.engine.writer import PlainWriter, TransactionWriter
from stream_app.errors import UserError
from stream_app.policies.activation import FOLLOWERS, Activation, OvertakenError
from stream_app.policies.codec import decode_version
from stream_app.policies.keeper import VersionKeeper
from stream_app.policyfile import parse_policy
from stream_app.settings import Settings
from tests.support.kafka import KafkaServer
from tests.support.topic_reader import Topics
from tests.support.wait import eventually

HOLIDAYS = """apiVersion: pegel/v1
calendars:
  office:
    zone: Europe/Berlin
    hours: {mon-fri: ["09:00-17:00"]}
    holidays: {country: DE, subdivision: BY}
sla: [{name: all, calendar: office, targets: {first_reply: 4h}}]
"""
FIRST = parse_policy(HOLIDAYS)
SECOND = parse_policy(HOLIDAYS.replace("4h", "2h"))


@pytest.fixture
async def settings(kafka: KafkaServer) -> Settings:
    mark = uuid.uuid4().hex[:8]
    made = Settings(
        broker=kafka.bootstrap, topic_prefix=f"{mark}.", app_id=f"pegel-{mark}", partitions=2
    )
    async with connect(made.broker) as admin:
        await apply(admin, catalogue(made))
    return made


def activations(settings: Settings, topic: str) -> list[tuple[int, str]]:
    """Partition and version of every activation record."""
    records = Topics(settings.broker).records(settings.topic_prefix + topic)
    assert all(record.key == b"control|pegel.policy.activate.v1|" for record in records)
    events = [(record.partition, decode_event(record.value)) for record in records]
    assert {event.type for _, event in events} <= {POLICY_ACTIVATE}
    return sorted((partition, event.data.hash or "") for partition, event in events)


async def test_an_activation_stands_in_every_partition_and_its_version_in_the_policy_topic(
    settings: Settings,
) -> None:
    done = await Activation(settings, FIRST).run()
    assert (done.previous, done.already, len(done.places)) == (None, False, 2 * len(FOLLOWERS))
    for topic in FOLLOWERS:
        found = await asyncio.to_thread(activations, settings, topic)
        assert found == [(0, FIRST.hash), (1, FIRST.hash)]
    records = await asyncio.to_thread(
        Topics(settings.broker).records, settings.topic_prefix + "engagement.policy.v1"
    )
    values = {record.key: record.value for record in records}
    assert set(values) == {FIRST.hash.encode(), b"active", b"initial"}
    assert decode_version(values[FIRST.hash.encode()]) == FIRST


@pytest.mark.parametrize("transactions", ["auto", "off"])
async def test_activating_the_same_twice_writes_nothing_the_second_time(
    settings: Settings, transactions: str
) -> None:
    settings = settings.model_copy(update={"transactions": transactions})
    await Activation(settings, FIRST).run()
    again = await Activation(settings, FIRST).run()
    assert (again.already, again.places) == (True, [])
    assert len(await asyncio.to_thread(activations, settings, FOLLOWERS[0])) == 2


async def test_the_first_version_of_all_stays_the_initial_one(settings: Settings) -> None:
    await Activation(settings, FIRST).run()
    done = await Activation(settings, SECOND).run()
    assert done.previous == FIRST.hash
    keeper = VersionKeeper(settings, SECOND)
    await keeper.start()
    await keeper.stop()
    assert (keeper.versions.initial, keeper.versions.current) == (FIRST, SECOND)


async def test_a_worker_applies_its_policy_only_when_none_is_active(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = VersionKeeper(settings, FIRST), VersionKeeper(settings, SECOND)
    for keeper in (first, second):
        await keeper.start()
        await keeper.stop()
    assert [keeper.versions.current for keeper in (first, second)] == [FIRST, FIRST]
    assert len(await asyncio.to_thread(activations, settings, FOLLOWERS[0])) == 2


async def test_workers_that_start_together_agree_on_one_policy(settings: Settings) -> None:
    keepers = [VersionKeeper(settings, policy) for policy in (FIRST, SECOND, FIRST)]
    await asyncio.gather(*(keeper.start() for keeper in keepers))
    for keeper in keepers:
        await keeper.stop()
    assert len({keeper.versions.current.hash for keeper in keepers}) == 1
    versions = {v for _, v in await asyncio.to_thread(activations, settings, FOLLOWERS[0])}
    assert versions == {keepers[0].versions.current.hash}


async def test_a_keeper_hears_of_later_versions_and_looks_for_missing_ones(
    settings: Settings,
) -> None:
    keeper = VersionKeeper(settings, FIRST)
    await keeper.start()
    versions = keeper.versions
    versions.missing.add("0000000000000000")
    await Activation(settings, SECOND).run()
    await until(lambda: versions.current == SECOND)
    await until(lambda: versions.unknown == {"0000000000000000"})
    await keeper.stop()
    assert SECOND.hash in versions


async def test_what_fails_half_way_on_a_plain_broker_says_where_it_stands_and_is_completed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = settings.model_copy(update={"transactions": "off"})
    break_at(monkeypatch, PlainWriter, 5)
    with pytest.raises(UserError, match=r"3 of 8 partitions have the activation \(.*pane.v1 0, "):
        await Activation(plain, FIRST).run()
    monkeypatch.undo()
    done = await Activation(plain, FIRST).run()
    assert len(done.places) == 8
    keeper = VersionKeeper(plain, SECOND)
    await keeper.start()
    await keeper.stop()
    assert keeper.versions.current == FIRST


async def test_with_transactions_a_failure_leaves_no_partition_with_the_activation(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, TransactionWriter, 2)
    with pytest.raises(UserError, match="0 of 8 partitions have the activation"):
        await Activation(settings, FIRST).run()
    assert await asyncio.to_thread(activations, settings, FOLLOWERS[0]) == []


async def test_of_two_activations_at_once_the_overtaken_one_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Activation._write

    async def slow(self: Activation, *how: Any) -> None:
        monkeypatch.undo()
        await Activation(settings, SECOND).run()
        await write(self, *how)

    monkeypatch.setattr(Activation, "_write", slow)
    with pytest.raises(OvertakenError, match="another activation has begun"):
        await Activation(settings, FIRST).run()
    found = await asyncio.to_thread(activations, settings, FOLLOWERS[-1])
    assert found == [(0, SECOND.hash), (1, SECOND.hash)]


async def test_without_topics_the_remedy_is_named(kafka: KafkaServer, tmp_path: Path) -> None:
    settings = Settings(broker=kafka.bootstrap, topic_prefix=f"{tmp_path.name}.")
    with pytest.raises(UserError, match="pegel topics apply"):
        await Activation(settings, FIRST).run()


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(eventually, condition, 20)


def break_at(
    monkeypatch: pytest.MonkeyPatch, writer: type[PlainWriter | TransactionWriter], count: int
) -> None:
    """The broker goes away at the writer's so-manieth flush."""
    write, written = writer.write, []

    async def tired(self: Any, flush: Flush) -> None:
        written.append(flush)
        if len(written) == count:
            raise FatalError("the cable was pulled")
        await write(self, flush)

    monkeypatch.setattr(writer, "write", tired)
