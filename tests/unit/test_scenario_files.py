"""Our own scenario files hold, and cover the rules that they are there for."""

import re
from collections import Counter
from pathlib import Path

import pytest

from stream_app.domain.clocks import CLOCK_NAMES
from stream_app.scenario import load_scenario
from tests.support.scenarios import FILES, failing

RULES = range(1, 28)
WORKED_EXAMPLES = range(1, 14)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_expectation_holds(file: Path) -> None:
    assert [
        f"line {verdict.expectation.place.line}: {difference}"
        for verdict in failing(load_scenario(file))
        for difference in verdict.differences
    ] == []


def numbers(kind: str) -> Counter[int]:
    return Counter(
        int(found[1]) for file in FILES if (found := re.match(rf"{kind}-(\d+)-", file.name))
    )


def test_every_rule_and_every_worked_example_has_a_file() -> None:
    assert set(numbers("rule")) == set(RULES)
    assert set(numbers("worked")) == set(WORKED_EXAMPLES)


def test_every_clock_is_seen_in_every_state_that_it_can_have() -> None:
    seen: dict[str, set[str]] = {clock: set() for clock in CLOCK_NAMES}
    for file in FILES:
        for expectation in load_scenario(file).expectations:
            if expectation.kind == "clock" and "is" in expectation.fields:
                seen[expectation.fields["clock"][1]].add(expectation.fields["is"])
    for clock, states in seen.items():
        assert {"running", "fulfilled", "breached"} <= states, clock
