"""Runs a scenario: moves the clock from instant to instant, applies what arrives, judges."""

from collections import defaultdict

from stream_app.scenario.judging import Verdict, judge
from stream_app.scenario.model import Arrival, Command, Expectation, Scenario
from stream_app.scenario.world import World


def run_scenario(scenario: Scenario) -> tuple[Verdict, ...]:
    """What became of every expectation, in the order of the file."""
    arriving: dict[int, list[Arrival | Command]] = defaultdict(list)
    for entry in scenario.entries:
        arriving[entry.at].append(entry)
    expected: dict[int, list[Expectation]] = defaultdict(list)
    for expectation in scenario.expectations:
        expected[expectation.at.ms].append(expectation)
    end = max(expected, default=scenario.start)
    verdicts: dict[int, Verdict] = {}
    world = World(scenario.policy, scenario.start)
    for instant in sorted({*arriving, *expected}):
        if instant > end:
            break
        world.move_to(instant)
        for entry in arriving.get(instant, ()):
            world.apply(entry)
        world.settle()
        for expectation in expected.get(instant, ()):
            verdicts[id(expectation)] = judge(world, expectation)
    return tuple(verdicts[id(expectation)] for expectation in scenario.expectations)
