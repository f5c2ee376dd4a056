"""A program that is not here: skipped with a line at a desk, a failure in CI, never a half result."""

from pathlib import Path

import pytest

from tests.support import kafka_jars, parts
from tests.support.fetched import FetchFailed


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A search path with nothing on it but what a test puts there."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    return programs


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which no Kafka has ever been."""
    path = tmp_path / "cache" / "kafka" / kafka_jars.VERSION
    monkeypatch.setattr(kafka_jars, "_CACHE", path)
    return path


def _program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_a_missing_program_skips_the_test_at_a_desk(
    bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"tidegauge is not installed .*: gauges"):
        parts.find("tidegauge", package="gauges")


def test_a_missing_program_fails_the_test_in_ci(
    bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="tidegauge is not installed"):
        parts.find("tidegauge", package="gauges")


def test_the_first_of_several_names_that_exists_is_taken(bare_path: Path) -> None:
    _program(bare_path / "valkey-server", "exit 0")
    found = parts.find("redis-server", "valkey-server", package="redis-server")
    assert found == str(bare_path / "valkey-server")


def test_without_maven_the_broker_can_not_be_fetched(bare_path: Path, cache: Path) -> None:
    with pytest.raises(FetchFailed, match="mvn is not installed"):
        kafka_jars.libraries()


def test_a_failed_download_says_why_in_one_line_and_leaves_no_cache(
    bare_path: Path, cache: Path
) -> None:
    _program(bare_path / "mvn", "echo '[ERROR] the river is dry'; echo '[ERROR] more'; exit 1")
    with pytest.raises(FetchFailed, match=r"^mvn could not fetch.*the river is dry$"):
        kafka_jars.libraries()
    assert not cache.exists()


def test_what_was_fetched_is_not_fetched_again(bare_path: Path, cache: Path) -> None:
    _program(bare_path / "mvn", 'for last; do :; done; /bin/mkdir "${last#*=}"')
    assert kafka_jars.libraries() == cache
    (bare_path / "mvn").unlink()
    assert kafka_jars.libraries() == cache


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)], ids=["ci", "desk"])
def test_fetching_ahead_fails_in_ci_only(
    bare_path: Path, cache: Path, ci: str, code: int,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("CI", ci)
    assert kafka_jars.main() == code
    assert capsys.readouterr().err.count("\n") == 1
