"""Scenario files for tests: where ours lie, and small ones written on the spot."""

from pathlib import Path

from stream_app.scenario import Scenario, Verdict, load_scenario, run_scenario

FOLDER = Path(__file__).parents[1] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
POLICY = """
policy:
  apiVersion: pegel/v1
  calendars:
    office: {zone: Europe/Berlin, hours: {mon-fri: ["09:00-12:00", "13:00-17:00"]}}
  sla: [{name: desk, calendar: office, targets: {first_reply: 2h}}]
  alerts: [{name: old, when: {unresolved_for: 48h}}]
"""
EVENTS = """
events:
  - {time: 2026-01-07T11:00:00+01:00, type: support.ticket.created.v1, conversation: T-1, created_by: customer}
"""


def scenario(folder: Path, expect: str, events: str = EVENTS, policy: str = POLICY) -> Scenario:
    """A scenario of these parts."""
    return load_scenario(written(folder, f"{policy}{events}\nexpect:\n{expect}\n"))


def written(folder: Path, text: str, name: str = "scenario.yaml") -> Path:
    """A file with this text."""
    file = folder / name
    file.write_text(text)
    return file


def differences(folder: Path, expect: str, events: str = EVENTS, policy: str = POLICY) -> list[str]:
    """What does not hold, in words."""
    verdicts = run_scenario(scenario(folder, expect, events, policy))
    return [str(difference) for verdict in verdicts for difference in verdict.differences]


def failing(found: Scenario) -> list[Verdict]:
    """The expectations of a scenario that do not hold."""
    return [verdict for verdict in run_scenario(found) if not verdict.holds]
