"""Simulated traffic through the whole pipeline while workers are killed, against a naive program.

Two workers share the work; each is killed hard at a random point, and a third one goes on. At the end
levels, durable totals, SLA outcomes and alert episodes equal what `tests/oracle/conversations.py` makes
of the source topic alone.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.clockwork import text
from tests.oracle.conversations import CLOCKS, LEVELS, find
from tests.oracle.findings import Findings
from tests.support.kafka import KafkaServer
from tests.support.pipeline import SOURCE, Pipeline, Worker, episodes_of
from tests.support.promises import AGE, POLICY, PROMISES, TENANT
from tests.support.traffic import START, write_traffic
from tests.support.wait import eventually

DAYS = 4
SECONDS = 25  # that the replay takes
UNTIL = datetime.fromtimestamp(START / 1000, UTC) + timedelta(days=DAYS)
FURTHER = ("", "in", "out", *CLOCKS)  # of other clocks the naive program knows nothing
NO_PRIORITY = "none"  # the label of conversations without one
SLA_TOTALS = {"breached": "breaches", "met": "met", "missed": "missed", "cancelled": "cancelled"}

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def pipeline(kafka: KafkaServer, tmp_path: Path) -> Iterator[Pipeline]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    made = Pipeline(kafka, tmp_path, policy)
    yield made
    made.close()


def test_two_kills_and_a_takeover_change_no_figure_and_no_alert(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(1000)
    dice = random.Random(seed)
    print(f"seed {seed}")  # noqa: T201 -- shown when the test fails
    file = tmp_path / "traffic.jsonl"
    events = write_traffic(file, DAYS, 0.05, seed, TENANT)
    first, second, third = (pipeline.worker() for _ in range(3))
    first.start()
    second.start()
    eventually(lambda: first.applied() and second.applied(), 60, what="both own partitions")
    instant, speed = text(UNTIL), str(DAYS * 86_400 // SECONDS)
    sending = pipeline.begin("replay", str(file), "--speed", speed, "--until", instant)
    eventually(has_applied(first, dice.randrange(1, events // 8)), 60, every=0.02)
    first.process.kill()
    third.start()
    eventually(has_applied(third, dice.randrange(1, events // 8)), 60, every=0.02)
    second.process.kill()
    assert sending.wait(120) == 0, sending.tail()
    pipeline.settle()
    assert set(third.applied()) == set(range(pipeline.partitions))
    assert_all_is_right(pipeline)


def has_applied(worker: Worker, records: int) -> Callable[[], bool]:
    return lambda: sum(worker.applied().values()) >= records


def assert_all_is_right(pipeline: Pipeline) -> None:
    source = [r.value for r in pipeline.topics.records(pipeline.name(SOURCE))]
    found = find(source, PROMISES, AGE, UNTIL)
    assert all(sum(n for key, n in found.levels.items() if key[0] == level) for level in LEVELS)
    assert len(found.episodes) >= 8
    assert_levels_agree(found, pipeline)
    assert_totals_agree(found, pipeline)
    assert_outcomes_agree(found, pipeline)
    episodes = Counter(episodes_of(pipeline.alerts()))
    assert episodes == Counter(found.episodes)
    assert pipeline.dead_letters() == []


def assert_levels_agree(found: Findings, pipeline: Pipeline) -> None:
    def agree() -> bool:
        views = pipeline.views()
        assert {(view["as_of"], view["complete"]) for view in views} == {(text(UNTIL), True)}
        groups = [view for view in views if len(view["scope"]) == 3]
        shown = {(level, *group_of(v)): v["levels"][level] for level in LEVELS for v in groups}
        assert {key: n for key, n in shown.items() if n} == +found.levels
        return True

    eventually(agree, 30, every=1.0, what="the levels are those of the naive program")


# Figures of windows that no counter shows.
WINDOWS_ONLY = ("_late", "_abandoned", "first_contact_solved", "self_served")


def assert_totals_agree(found: Findings, pipeline: Pipeline) -> None:
    wanted: Counter[tuple[str, ...]] = Counter()
    for (name, channel, _, priority), n in found.counts.items():
        if name.endswith(WINDOWS_ONLY):
            continue
        wanted[*metric_of(name), channel, priority or NO_PRIORITY] += n
    shown = pipeline.summed({key[0] for key in wanted}, totals_key)
    assert {key: n for key, n in shown.items() if key[1] in FURTHER} == wanted
    sums: Counter[tuple[str, ...]] = Counter()
    for (clock, channel, _, priority), ms in found.seconds.items():
        sums[f"engagement_{clock}_seconds_sum", "", channel, priority or NO_PRIORITY] += ms
    seconds = pipeline.summed({key[0] for key in sums}, totals_key)
    assert {key: round(value * 1000) for key, value in seconds.items()} == +sums


def assert_outcomes_agree(found: Findings, pipeline: Pipeline) -> None:
    told = pipeline.topics.values(pipeline.name("engagement.sla.v1"))
    assert len({outcome["id"] for outcome in told}) == len(told)
    shown = Counter(
        (
            outcome["conversation"],
            outcome["clock"],
            outcome["instance"],
            outcome["type"].removeprefix("sla."),
            outcome["time"],
            outcome["elapsed"],
        )
        for outcome in told
    )
    assert shown == Counter(found.outcomes)


def metric_of(name: str) -> tuple[str, str]:
    """The metric that stands for a count of the naive program, and its further label."""
    if name.startswith("messages_"):
        return "engagement_messages_total", name.removeprefix("messages_")
    for clock in CLOCKS:
        if name == f"{clock}_observed":
            return f"engagement_{clock}_seconds_count", ""
        if name.startswith(f"{clock}_"):
            return f"engagement_sla_{SLA_TOTALS[name.removeprefix(clock + '_')]}_total", clock
    return f"engagement_conversations_{name}_total", ""


def totals_key(labels: Mapping[str, str]) -> tuple[str, ...]:
    further = labels.get("clock") or labels.get("direction") or ""
    return (further, labels["channel"], labels["priority"])


def group_of(view: dict[str, Any]) -> tuple[str, str, str]:
    scope = view["scope"]
    return (scope["channel"], scope["team"], scope["priority"])
