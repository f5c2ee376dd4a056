"""The documentation of alerts agrees with the code. Run as a module it rewrites the diagram."""

import re
from pathlib import Path

from schemas.commands import ACTIONS
from stream_app.adapters.alertmanager_leases import LEASE, Pace
from stream_app.adapters.alertmanager_payload import BACKLOG_ALERT
from stream_app.domain.alert_delivery import BACKLOG_LIMIT, FLOOD_FLOOR, FLOOD_LIMIT
from stream_app.domain.alert_table import State, diagram

PAGE = Path(__file__).parents[2] / "docs/alerts.md"
_DIAGRAM = re.compile(r"(?<=```mermaid\n).*?(?=\n```)", re.DOTALL)


def test_the_diagram_is_the_one_of_the_table() -> None:
    found = _DIAGRAM.search(PAGE.read_text())
    assert found is not None
    assert found.group() == diagram(), "run: python -m tests.unit.test_alerts_docs"


def test_the_page_explains_every_state_and_every_command() -> None:
    text = PAGE.read_text()
    assert all(f"| `{state.value}` |" in text for state in State)
    assert all(f"`{action}`" in text for action in ACTIONS)


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    text, pace = PAGE.read_text(), Pace()
    assert f"at most {BACKLOG_LIMIT} per receiver" in text
    assert f"a flood is {FLOOD_LIMIT} with one partition" in text
    assert f"(at least {FLOOD_FLOOR})" in text
    assert f"({LEASE * pace.resend // 60_000} min)" in text
    assert f"for {pace.farewell // 60_000} minutes" in text
    assert BACKLOG_ALERT in text


if __name__ == "__main__":
    PAGE.write_text(_DIAGRAM.sub(lambda _: diagram(), PAGE.read_text()))
