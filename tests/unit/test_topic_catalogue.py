"""The catalogue of topics against the contract of events.md, written down once more by hand."""

import pytest

from agents import alerts, channels, conversations
from stream_app.adapters.kafka import Actual
from stream_app.adapters.provision import compare
from stream_app.adapters.topics import TABLES, TOPICS, Wanted, catalogue
from stream_app.policyfile import default_policy
from stream_app.settings import Settings

DAY = 86_400_000


def settings(partitions: int = 12, replication: int = 1, prefix: str = "") -> Settings:
    return Settings(partitions=partitions, replication=replication, topic_prefix=prefix)


def by_name(of: Settings) -> dict[str, Wanted]:
    return {wanted.name: wanted for wanted in catalogue(of)}


@pytest.mark.parametrize(
    ("name", "cleanup", "days"),
    [
        ("support.conversation.v1", "delete", 14),
        ("customer.event.v1", "delete", 30),
        ("engagement.pane.v1", "delete", 1),
        ("engagement.sla.v1", "delete", 30),
        ("engagement.signal.v1", "compact", None),
        ("engagement.command.v1", "delete", 30),
        ("engagement.alert.v1", "delete", 30),
        ("engagement.view.v1", "compact", None),
        ("engagement.policy.v1", "compact", None),
        ("support.conversation.v1.dlq", "delete", 30),
        ("engagement.signal.v1.dlq", "delete", 30),
    ],
)
def test_each_topic_is_kept_as_the_contract_says(name: str, cleanup: str, days: int | None) -> None:
    config = by_name(settings())[name].config
    assert config["cleanup.policy"] == cleanup
    assert config.get("retention.ms") == (None if days is None else str(days * DAY))


def test_no_topic_of_the_contract_is_missing_and_none_is_invented() -> None:
    assert len(TOPICS) == len({topic.name for topic in TOPICS}) == 9


def test_every_topic_that_is_not_a_changelog_stamps_the_append_time() -> None:
    for wanted in catalogue(settings()):
        expected = None if wanted.topic.kind == "changelog" else "LogAppendTime"
        assert wanted.config.get("message.timestamp.type") == expected, wanted.name


def test_signals_are_not_compacted_before_a_slow_reader_has_had_a_day() -> None:
    config = by_name(settings())["engagement.signal.v1"].config
    assert config["min.compaction.lag.ms"] == str(DAY)


def test_all_topics_are_co_partitioned_but_the_policy_topic_has_one_partition() -> None:
    counts = {name: wanted.partitions for name, wanted in by_name(settings(24)).items()}
    assert counts.pop("engagement.policy.v1") == 1
    assert set(counts.values()) == {24}


def test_names_carry_the_prefix_and_changelogs_the_app_id() -> None:
    of = Settings(topic_prefix="eu.", app_id="pegel-eu")
    for wanted in catalogue(of):
        head = "pegel-eu-" if wanted.topic.kind == "changelog" else "eu."
        assert wanted.name.startswith(head)


def test_a_changelog_is_compacted_early_and_takes_large_batches() -> None:
    config = by_name(settings())["pegel-conversations-changelog"].config
    assert config["cleanup.policy"] == "compact"
    assert config["min.compaction.lag.ms"] == "0"
    assert config["min.cleanable.dirty.ratio"] == "0.1"
    assert int(config["max.message.bytes"]) == 8 << 20
    assert int(config["segment.bytes"]) <= 32 << 20


@pytest.mark.parametrize(("replication", "in_sync"), [(1, None), (2, None), (3, "2"), (5, "2")])
def test_three_replicas_ask_for_two_in_sync(replication: int, in_sync: str | None) -> None:
    for wanted in catalogue(settings(replication=replication)):
        assert wanted.config.get("min.insync.replicas") == in_sync


def test_the_catalogue_has_what_the_agents_say_they_need() -> None:
    of, policy = settings(prefix="x."), default_policy()
    specs = [part.spec(of, policy) for part in (conversations, channels, alerts)]
    assert {spec.name: spec.tables for spec in specs} == TABLES
    names = by_name(of)
    for spec in specs:
        for source in spec.sources:
            assert source in names
            assert f"{source}.dlq" in names


def actual_of(wanted: Wanted) -> Actual:
    return Actual(wanted.partitions, wanted.replication, dict(wanted.config))


def test_a_topic_that_is_as_it_should_be_is_ok() -> None:
    for wanted in catalogue(settings()):
        assert compare(wanted, actual_of(wanted)).state == "ok"


def test_a_topic_that_is_not_there_is_missing() -> None:
    assert compare(catalogue(settings())[0], None).state == "missing"


def test_a_wrong_number_of_partitions_is_told_with_a_remedy_that_keeps_the_keys() -> None:
    wanted = catalogue(settings(12))[0]
    found = compare(wanted, actual_of(wanted)._replace(partitions=4))
    (difference,) = found.differences
    assert (difference.actual, difference.wanted) == ("4", "12")
    assert "PEGEL_PARTITIONS=4" in difference.remedy


def test_more_replicas_than_asked_for_are_fine_and_fewer_are_not() -> None:
    wanted = catalogue(settings(replication=3))[0]
    assert compare(wanted, actual_of(wanted)._replace(replication=4)).state == "ok"
    assert compare(wanted, actual_of(wanted)._replace(replication=1)).state == "differs"


def test_a_setting_that_differs_is_mended_by_apply() -> None:
    wanted = catalogue(settings())[0]
    config = {**wanted.config, "retention.ms": "1000"}
    found = compare(wanted, actual_of(wanted)._replace(config=config))
    (difference,) = found.differences
    assert (difference.what, difference.actual) == ("retention.ms", "1000")
    assert "--mend" in difference.remedy


def test_a_setting_that_the_broker_does_not_report_is_not_judged() -> None:
    wanted = catalogue(settings())[0]
    assert compare(wanted, actual_of(wanted)._replace(config={})).state == "ok"


def test_numbers_are_compared_as_numbers() -> None:
    wanted = by_name(settings())["pegel-groups-changelog"]
    config = {**wanted.config, "min.cleanable.dirty.ratio": "0.10"}
    assert compare(wanted, actual_of(wanted)._replace(config=config)).state == "ok"
