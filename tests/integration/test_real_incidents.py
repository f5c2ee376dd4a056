"""An incident log of years goes through Kafka and the workers, and comes out as a naive program says.

The log is replayed at full speed while workers read it: once with one worker, once with two of which one
is killed hard while it is at work. Then the levels of every group and every episode of "unresolved for
48 h" have to equal, exactly, what `tests/oracle/volvo.py` makes of the file alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.oracle import volvo
from tests.oracle.real_log import real_log
from tests.support.incident_log import write_incident_log
from tests.support.kafka import KafkaServer
from tests.support.pipeline import SOURCE, Pipeline, Worker, episodes_of
from tests.support.wait import eventually

EXAMPLES = Path(__file__).parents[2] / "examples"
POLICY = EXAMPLES / "volvo-policy.yaml"
DAY = 86_400

pytestmark = pytest.mark.timeout(400)  # some 40 s on two cores that are free


class Case(NamedTuple):
    """A log to replay."""

    file: Path
    speed: str
    some: int  # records that a worker has applied before it is killed


@pytest.fixture(params=["made up", "real"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    if request.param == "real":
        return Case(real_log(), "max", 2_000)
    file = tmp_path / "incidents.csv"
    rows = write_incident_log(file)
    assert rows > 2_000
    # All of it in some ten seconds, so that there is a middle to be killed in.
    return Case(file, str(400 * DAY // 10), rows // 20)


@pytest.fixture
def pipeline(kafka: KafkaServer, tmp_path: Path) -> Iterator[Pipeline]:
    made = Pipeline(kafka, tmp_path, POLICY)
    yield made
    made.close()


def replay(case: Case) -> list[str]:
    mapping = str(EXAMPLES / "volvo.yaml")
    return ["replay", str(case.file), "--map", mapping, "--speed", case.speed, "--json"]


def test_one_worker_finds_what_the_naive_program_finds(case: Case, pipeline: Pipeline) -> None:
    pipeline.worker().start()
    pipeline.run(*replay(case))
    assert_all_is_as_in(case.file, pipeline)


def test_a_worker_that_is_killed_half_way_changes_nothing(case: Case, pipeline: Pipeline) -> None:
    victim, other = pipeline.worker(), pipeline.worker()
    victim.start()
    other.start()
    eventually(lambda: victim.applied() and other.applied(), 60, what="both own partitions")
    sending = pipeline.begin(*replay(case))
    eventually(at_work(victim, case.some), 60, every=0.05, what="the victim has applied some")
    victim.process.kill()
    done = victim_s_share(victim)
    assert sending.wait(120) == 0, sending.tail()
    assert_all_is_as_in(case.file, pipeline)
    everything = pipeline.topics.next_offsets([pipeline.name(SOURCE)])
    for partition, applied in done.items():
        assert 0 < applied < everything[pipeline.name(SOURCE), partition]
    assert set(other.applied()) == set(range(pipeline.partitions))


_seen: dict[str, dict[int, int]] = {}


def at_work(worker: Worker, some: int) -> Callable[[], bool]:
    """Whether it has applied so many records, and some of each partition; remembers how many."""

    def looked() -> bool:
        applied = _seen[worker.url] = worker.applied()
        return sum(applied.values()) >= some and all(applied.values())

    return looked


def victim_s_share(worker: Worker) -> dict[int, int]:
    """What it was last seen to have applied."""
    return _seen.pop(worker.url)


def assert_all_is_as_in(file: Path, pipeline: Pipeline) -> None:
    """Levels of every group and all episodes equal those of the naive program."""
    expected = volvo.answer(volvo.read_file(file))
    until = volvo.text(expected.until)
    pipeline.settle()

    def levels_agree() -> bool:
        views = pipeline.views()
        assert {(view["as_of"], view["complete"]) for view in views} == {(until, True)}
        groups = {group_of(view): view["levels"] for view in views if len(view["scope"]) == 3}
        for level, wanted in (("open", expected.open), ("waiting", expected.waiting)):
            assert {g: levels[level] for g, levels in groups.items() if levels[level]} == +wanted
            whole = next(view for view in views if not view["scope"])
            assert whole["levels"][level] == wanted.total()
        return True

    eventually(levels_agree, 30, every=1.0, what="the levels are those of the naive program")
    assert_gauges_agree(expected, pipeline)
    assert_episodes_agree(expected, pipeline)
    assert pipeline.dead_letters() == []


def assert_gauges_agree(expected: volvo.Answer, pipeline: Pipeline) -> None:
    names = {"engagement_open_conversations": expected.open}
    names["engagement_waiting_conversations"] = expected.waiting
    wanted: Counter[tuple[str, ...]] = Counter()
    for name, groups in names.items():
        for (channel, _, priority), n in groups.items():
            wanted[name, channel, priority] += n
    shown = pipeline.summed(names, lambda labels: (labels["channel"], labels["priority"]))
    assert shown == +wanted


def assert_episodes_agree(expected: volvo.Answer, pipeline: Pipeline) -> None:
    wanted = Counter(
        (
            e.conversation,
            volvo.text(e.fired_at),
            volvo.text(e.resolved_at) if e.resolved_at else None,
        )
        for e in expected.episodes
    )
    found = Counter(episodes_of(pipeline.alerts()))
    assert found - wanted == Counter(), "episodes that never were, or were told twice"
    assert wanted - found == Counter(), "episodes that are missing"


def group_of(view: dict[str, dict[str, str]]) -> tuple[str, str, str]:
    scope = view["scope"]
    return (scope["channel"], scope["team"], scope["priority"])
