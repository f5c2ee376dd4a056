"""`pegel backtest` over the real incident log, against the naive program that knows only the CSV."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stream_app.backtest import Backtest
from stream_app.cli.main import run
from stream_app.policyfile import parse_policy
from stream_app.replay import EventFile, load_mapping
from tests.oracle import volvo
from tests.oracle.real_log import real_log

EXAMPLES = Path(__file__).parents[2] / "examples"
MAP = EXAMPLES / "volvo.yaml"
OFFICE = """
apiVersion: pegel/v1
tenants: {incidents: {clock: event}}
channels: [portal]
calendars:
  office: {zone: Europe/Brussels, hours: {mon-fri: ["09:00-17:00"]}}
alerts:
  - {name: ticket_unresolved, when: {unresolved_for: 16h}, calendar: office}
state: {retention: 900d, max_open_age: 1000d}
"""


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def backtest(policy: Path, folder: Path) -> dict[str, Any]:
    out = folder / "report.json"
    given = ["--policy", policy, "--events", real_log(), "--map", MAP, "--report", out]
    assert run(["backtest", *map(str, given)]) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def episodes(report: dict[str, Any]) -> list[volvo.Episode]:
    found = [
        volvo.Episode(
            alert["conversation"],
            datetime.fromisoformat(alert["fired_at"]),
            instant(alert["resolved_at"]),
        )
        for alert in report["alerts"]
        if alert["rule"] == "ticket_unresolved"
    ]
    return sorted(found, key=lambda episode: (episode.fired_at, episode.conversation))


def test_48_hours_around_the_clock_find_exactly_the_episodes_of_the_naive_program(
    tmp_path: Path,
) -> None:
    report = backtest(EXAMPLES / "volvo-policy.yaml", tmp_path)
    wanted = volvo.answer(volvo.read_file(real_log()))
    found = episodes(report)
    assert found == wanted.episodes
    assert (len(found), len({episode.conversation for episode in found})) == (3314, 3081)
    assert sum(group["conversations"] for group in report["summary"]) == wanted.conversations
    assert datetime.fromisoformat(report["until"]) == wanted.until


def test_16_office_hours_find_exactly_the_episodes_of_the_naive_program(tmp_path: Path) -> None:
    policy = tmp_path / "office.yaml"
    policy.write_text(OFFICE)
    wanted = volvo.answer(volvo.read_file(real_log()), volvo.office_hours("Europe/Brussels"))
    assert episodes(backtest(policy, tmp_path)) == wanted.episodes


def test_the_memory_of_a_backtest_is_that_of_its_open_conversations() -> None:
    policy = parse_policy(OFFICE.replace("900d", "1d"))
    test = Backtest(policy, lambda _event: None)
    test.run(EventFile(real_log(), load_mapping(MAP), "incidents"), lambda: None)
    # Seven and a half thousand incidents have gone by.
    assert test.summary.total().counts["opened"] >= 7_554
    assert test.conversations < 1_500
