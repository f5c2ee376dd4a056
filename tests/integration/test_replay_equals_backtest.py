"""One core, two ways in: what comes out of Kafka and workers is what a backtest of the same file says."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.oracle.clockwork import text
from tests.oracle.real_log import real_log
from tests.support.kafka import KafkaServer
from tests.support.pipeline import Episode, Pipeline, episodes_of
from tests.support.promises import POLICY, TENANT
from tests.support.promises_changed import CHANGED
from tests.support.traffic import START, write_traffic
from tests.support.wait import eventually

MAPPING = Path(__file__).parents[2] / "examples" / "volvo.yaml"
OFFICE = """apiVersion: pegel/v1
tenants: {volvo: {clock: event}}
calendars:
  office: {zone: Europe/Stockholm, hours: {mon-fri: ["08:00-17:00"]}, holidays: {country: SE}}
sla:
  - name: urgent
    match: {priority: [urgent, high]}
    calendar: office
    targets: {full_resolution: {within: 8h, warn: [50%]}}
  - name: everything else
    calendar: office
    targets: {full_resolution: 16h, first_resolution: {within: 2w, calendar: always}}
alerts: [{name: ticket_unresolved, when: {unresolved_for: 48h}}]
"""
HOUR = 3_600_000
DAYS = 3
CHANGE = START + 37 * HOUR
UNTIL = START + DAYS * 24 * HOUR

pytestmark = pytest.mark.timeout(400)


class Case(NamedTuple):
    """A file of history, how to read it, and the policy that judges it."""

    policy: str
    file: Path
    options: tuple[str, ...]


@pytest.fixture(params=["simulated", "real"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    if request.param == "real":
        return Case(OFFICE, real_log(), ("--map", str(MAPPING)))
    file = tmp_path / "traffic.jsonl"
    write_traffic(file, DAYS, 0.05, 11, TENANT)
    return Case(POLICY, file, ("--until", instant(UNTIL)))


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def test_workers_write_the_sla_events_that_a_backtest_reports(
    case: Case, policy_file: Path, kafka: KafkaServer, tmp_path: Path
) -> None:
    policy_file.write_text(case.policy)
    pipeline, report = Pipeline(kafka, tmp_path, policy_file), tmp_path / "report.json"
    try:
        pipeline.worker().start()
        pipeline.run("replay", str(case.file), *case.options)
        given = ["--policy", str(policy_file), "--events", str(case.file), "--report", str(report)]
        pipeline.run("backtest", *given, *case.options)
        pipeline.settle()
        wanted = by_id(json.loads(report.read_text())["sla_events"])
        assert len(wanted) > 500
        assert {event["type"] for event in wanted.values()} >= {"sla.breached", "sla.fulfilled"}
        found = by_id(told(pipeline))
        assert found.keys() - wanted.keys() == set()
        assert wanted.keys() - found.keys() == set()
        assert found == wanted
    finally:
        pipeline.close()


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Path, Path]:
    """Simulated traffic up to the change of the policy, and after it."""
    whole, before, after = (tmp_path / name for name in ("whole", "before", "after"))
    write_traffic(whole, DAYS, 0.05, 5, TENANT)
    lines = whole.read_bytes().splitlines(keepends=True)
    early = [line for line in lines if json.loads(line)["time"] <= instant(CHANGE)]
    before.write_bytes(b"".join(early))
    after.write_bytes(b"".join(lines[len(early) :]))
    assert len(early) > 500
    assert len(lines) - len(early) > 500
    return before, after


class Outcome(NamedTuple):
    """All that a run has said."""

    sla: Counter[str]
    episodes: Counter[tuple[str, Episode]]


@pytest.fixture
def pipelines(kafka: KafkaServer, tmp_path: Path, policy_file: Path) -> Iterator[list[Pipeline]]:
    policy_file.write_text(POLICY)
    homes = [tmp_path / name for name in ("calm", "troubled")]
    for home in homes:
        home.mkdir()
    made = [Pipeline(kafka, home, policy_file) for home in homes]
    yield made
    for pipeline in made:
        pipeline.close()


def test_an_activation_in_the_middle_and_a_kill_end_as_an_undisturbed_run(
    pipelines: list[Pipeline], parts: tuple[Path, Path], tmp_path: Path
) -> None:
    changed = tmp_path / "changed.yaml"
    changed.write_text(CHANGED)
    calm = run_calmly(pipelines[0], parts, changed)
    troubled = run_with_kills(pipelines[1], parts, changed)
    assert troubled.sla == calm.sla
    assert troubled.episodes == calm.episodes
    events = [json.loads(event) for event in calm.sla]
    tightened = {e["time"] for e in events if e.get("reason") == "target_tightened"}
    assert tightened
    assert min(tightened) > instant(CHANGE)
    assert len({e["policy"]["hash"] for e in events}) == 2
    since = Counter(opened for (rule, (_, opened, _)) in calm.episodes if rule == "reply_missed")
    assert since[instant(CHANGE)] > 1, "silent conversations hear of the new rule at the change"
    assert min(since) == instant(CHANGE)


def run_calmly(pipeline: Pipeline, parts: tuple[Path, Path], changed: Path) -> Outcome:
    pipeline.worker().start()
    replay(pipeline, parts[0], CHANGE)
    pipeline.settle()
    activate(pipeline, changed)
    replay(pipeline, parts[1], UNTIL)
    return outcome(pipeline)


def run_with_kills(pipeline: Pipeline, parts: tuple[Path, Path], changed: Path) -> Outcome:
    """Everything is in the topics at once; one worker is killed before, another after the activation."""
    first, second, third = (pipeline.worker() for _ in range(3))
    first.start()
    replay(pipeline, parts[0], CHANGE)
    eventually(lambda: sum(first.applied().values()) > 50, 60, every=0.02)
    activate(pipeline, changed)
    first.process.kill()
    second.start()
    replay(pipeline, parts[1], UNTIL)
    eventually(lambda: len(second.applied()) == pipeline.partitions, 60, every=0.02)
    second.process.kill()
    third.start()
    return outcome(pipeline)


def replay(pipeline: Pipeline, file: Path, until: int) -> None:
    pipeline.run("replay", str(file), "--until", instant(until))


def activate(pipeline: Pipeline, changed: Path) -> None:
    said = json.loads(pipeline.run("policy", "apply", str(changed), "--json"))
    kinds = {change["where"]: change["kind"] for change in said["changes"]}
    assert kinds == {
        "sla[everything else].targets.first_reply": "tightened",
        "sla[everything else].targets.next_reply": "loosened",
        "alerts[ticket_unresolved]": "tightened",
        "alerts[reply_missed]": "added",
    }
    again = pipeline.run("policy", "apply", str(changed))
    assert again == f"already active: version {said['version']}\n"


def outcome(pipeline: Pipeline) -> Outcome:
    pipeline.settle()
    assert pipeline.dead_letters() == []
    alerts = pipeline.alerts()
    episodes = Counter(
        (rule, episode)
        for rule in {alert["rule"] for alert in alerts}
        for episode in episodes_of(alert for alert in alerts if alert["rule"] == rule)
    )
    return Outcome(Counter(json.dumps(e, sort_keys=True) for e in told(pipeline)), episodes)


def told(pipeline: Pipeline) -> list[dict[str, Any]]:
    return pipeline.topics.values(pipeline.name("engagement.sla.v1"))


def by_id(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {event["id"]: event for event in events}
    assert len(found) == len(events), "an event was written twice"
    return found


def instant(ms: int) -> str:
    return text(datetime.fromtimestamp(ms / 1000, UTC))
