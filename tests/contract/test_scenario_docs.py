"""The page about scenario files shows one that holds, and names what there is."""

import re
from pathlib import Path

from stream_app.scenario import load_scenario
from stream_app.scenario.grammar_expect import ALERT_STATES, KINDS, STATES
from tests.support.scenarios import failing, written

PAGE = Path(__file__).parents[2] / "docs/scenarios.md"
POLICY = """policy:
  apiVersion: pegel/v1
  calendars: {office: {zone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}}}
  sla: [{name: desk, calendar: office, targets: {first_reply: 1h}}]
"""


def test_the_example_on_the_page_holds(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block is not None
    text = re.sub(r"^policy: .*\n", POLICY, block[1], flags=re.MULTILINE)
    found = load_scenario(written(tmp_path, text))
    assert len(found.expectations) == 6
    assert failing(found) == []


def test_the_page_names_every_kind_of_expectation_and_every_state() -> None:
    text = PAGE.read_text()
    assert all(f"`{kind}: " in text for kind in KINDS)
    assert all(f"`{state}`" in text for state in (*STATES, *ALERT_STATES))
