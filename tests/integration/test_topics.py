"""Creating, checking and mending the topics of an installation on real brokers."""

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stream_app.adapters.embedded_broker import EmbeddedBroker
from stream_app.adapters.kafka import Admin, connect
from stream_app.adapters.provision import apply, check, require_topics
from stream_app.adapters.topics import catalogue
from stream_app.cli.main import run
from stream_app.errors import UserError
from stream_app.settings import Settings
from tests.support.kafka import KafkaServer
from tests.support.wait import eventually_async


def installation(broker: str, partitions: int = 3) -> Settings:
    mark = uuid.uuid4().hex[:8]
    prefix, app_id = f"t{mark}.", f"t{mark}"
    return Settings(broker=broker, topic_prefix=prefix, app_id=app_id, partitions=partitions)


@pytest.fixture
async def admin(kafka: KafkaServer) -> AsyncIterator[Admin]:
    async with connect(kafka.bootstrap) as connected:
        yield connected


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with EmbeddedBroker(tmp_path / "broker.log") as broker:
        yield broker


async def created(admin: Admin, settings: Settings) -> None:
    """Make all topics, and wait until the broker tells of them."""
    await apply(admin, catalogue(settings))

    async def complete() -> bool:
        found = (await check(admin, catalogue(settings))).findings
        return all(finding.state == "ok" for finding in found)

    await eventually_async(complete, what="all topics are as they should be")


async def test_everything_is_created_as_it_should_be(kafka: KafkaServer, admin: Admin) -> None:
    settings = installation(kafka.bootstrap)
    outcome = await apply(admin, catalogue(settings))
    assert {finding.state for finding in outcome.findings} == {"created"}
    assert outcome.notes == ()
    await created(admin, settings)
    there = await admin.topics()
    pane = there[f"{settings.topic_prefix}engagement.pane.v1"]
    assert pane.partitions == 3
    assert pane.config["message.timestamp.type"] == "LogAppendTime"


async def test_applying_again_changes_nothing(kafka: KafkaServer, admin: Admin) -> None:
    settings = installation(kafka.bootstrap)
    await created(admin, settings)
    before = await admin.topics()
    again = await apply(admin, catalogue(settings), mend=True)
    assert {finding.state for finding in again.findings} == {"ok"}
    names = [wanted.name for wanted in catalogue(settings)]
    after = await admin.topics()
    assert {name: after[name] for name in names} == {name: before[name] for name in names}


async def test_what_differs_is_told_and_mended_and_the_rest_is_kept(
    kafka: KafkaServer, admin: Admin
) -> None:
    settings = installation(kafka.bootstrap)
    await created(admin, settings)
    wanted = catalogue(settings)[0]
    own = {"retention.ms": "60000", "segment.bytes": str(8 << 20)}
    assert await admin.configure(wanted.name, own)

    async def differs() -> bool:
        found = (await check(admin, catalogue(settings))).findings[0]
        return [d.what for d in found.differences] == ["retention.ms"]

    await eventually_async(differs)
    told = (await apply(admin, catalogue(settings))).findings[0]
    assert told.state == "differs"
    mended = (await apply(admin, catalogue(settings), mend=True)).findings[0]
    assert mended.state == "mended"
    await created(admin, settings)
    config = (await admin.topics())[wanted.name].config
    assert config["retention.ms"] == wanted.config["retention.ms"]
    assert config["segment.bytes"] == str(8 << 20)  # set by somebody, none of our business
    assert config["message.timestamp.type"] == "LogAppendTime"


async def test_another_number_of_partitions_is_never_changed(
    kafka: KafkaServer, admin: Admin
) -> None:
    settings = installation(kafka.bootstrap)
    await created(admin, settings)
    larger = settings.model_copy(update={"partitions": 6})
    outcome = await apply(admin, catalogue(larger), mend=True)
    assert len(outcome.wrong_size) == len(outcome.findings) - 1  # all but the policy topic
    with pytest.raises(UserError, match="has 3 partitions, not 6") as raised:
        await require_topics(admin, larger, catalogue(larger))
    assert "PEGEL_PARTITIONS=3" in raised.value.remedy


async def test_a_worker_is_told_to_apply_topics_first(kafka: KafkaServer, admin: Admin) -> None:
    settings = installation(kafka.bootstrap)
    with pytest.raises(UserError, match="19 topics are missing") as raised:
        await require_topics(admin, settings, catalogue(settings))
    assert raised.value.remedy == "pegel topics apply"
    await created(admin, settings)
    await require_topics(admin, settings, catalogue(settings))


async def test_more_replicas_than_brokers_is_one_error(kafka: KafkaServer, admin: Admin) -> None:
    settings = installation(kafka.bootstrap).model_copy(update={"replication": 3})
    with pytest.raises(UserError, match="3 replicas") as raised:
        await apply(admin, catalogue(settings))
    assert "PEGEL_REPLICATION" in raised.value.remedy


async def test_the_embedded_broker_takes_the_same_topics(embedded: EmbeddedBroker) -> None:
    settings = installation(embedded.address, partitions=4)
    async with connect(embedded.address) as admin:
        first = await apply(admin, catalogue(settings))
        assert {finding.state for finding in first.findings} == {"created"}
        again = await apply(admin, catalogue(settings))
        assert {finding.state for finding in again.findings} == {"ok"}
        await require_topics(admin, settings, catalogue(settings))
        assert set(await admin.topics()) == {wanted.name for wanted in catalogue(settings)}


async def test_a_broker_that_cannot_mend_says_so_in_one_note(embedded: EmbeddedBroker) -> None:
    settings = installation(embedded.address)
    async with connect(embedded.address) as admin:
        odd = [w._replace(config={"retention.ms": "1"}) for w in catalogue(settings)]
        await apply(admin, odd)
        outcome = await apply(admin, catalogue(settings), mend=True)
    assert len(outcome.notes) == 1
    assert "cannot change" in outcome.notes[0]
    assert {f.state for f in outcome.findings if f.wanted.topic.retention} == {"differs"}


def test_the_command_creates_and_checks(
    kafka: KafkaServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = installation(kafka.bootstrap)
    monkeypatch.setenv("PEGEL_BROKER", settings.broker)
    monkeypatch.setenv("PEGEL_TOPIC_PREFIX", settings.topic_prefix)
    monkeypatch.setenv("PEGEL_APP_ID", settings.app_id)
    assert run(["topics", "check", "--json", "--partitions", "2"]) == 1
    states = {topic["state"] for topic in json.loads(capsys.readouterr().out)}
    assert states == {"missing"}
    assert run(["topics", "apply", "--partitions", "2"]) == 0
    assert "19 created" in capsys.readouterr().err
    assert run(["topics", "apply", "--partitions", "4"]) == 1
    assert "PEGEL_PARTITIONS=2" in capsys.readouterr().err
