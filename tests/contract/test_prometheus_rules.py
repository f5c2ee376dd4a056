"""Rules parse, use what exists, are tested in both directions, and each alert has a runbook."""

import re
import subprocess
from typing import Any, Final

import pytest
import yaml

from tests.support import parts
from tests.support.promql import complaints, rule_files, rules
from tests.support.sources import ROOT

TESTS: Final = sorted((ROOT / "ops" / "prometheus" / "tests").glob("*.yml"))
RUNBOOKS: Final = ROOT / "docs" / "runbooks"
ALERTS: Final = rules("alert")
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = parts.find("promtool", package="prometheus")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=100, check=False
    )


def cases(alert: str) -> list[list[Any]]:
    """What each promtool test expects of an alert."""
    files = [yaml.safe_load(path.read_text()) for path in TESTS]
    return [
        check["exp_alerts"]
        for file in files
        for test in file["tests"]
        for check in test.get("alert_rule_test", [])
        if check["alertname"] == alert
    ]


def test_promtool_accepts_the_rules() -> None:
    checked = promtool("check", "rules", *map(str, rule_files()))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_rules_fire_and_stay_silent_as_written_down() -> None:
    assert TESTS
    tested = promtool("test", "rules", *map(str, TESTS))
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("rule", ALERTS + rules("record"), ids=lambda rule: rule["expr"][:40])
def test_a_rule_uses_only_what_exists(rule: dict[str, Any]) -> None:
    assert complaints(rule["expr"]) == []


@each_alert
def test_an_alert_is_tested_to_fire_and_not_to_fire(alert: dict[str, Any]) -> None:
    expected = cases(alert["alert"])
    assert any(expected), "no test in which it fires"
    if alert["alert"] != "Watchdog":  # which never is silent
        assert any(not fires for fires in expected), "no test in which it must not fire"


@each_alert
def test_an_alert_has_a_name_a_severity_and_texts(alert: dict[str, Any]) -> None:
    assert re.fullmatch(r"Watchdog|Engagement([A-Z][a-z]+)+", alert["alert"])
    assert alert["labels"]["severity"] in {"info", "warning", "critical"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url", "dashboard_url"}


@each_alert
def test_an_alert_has_a_runbook_that_tells_what_to_look_at_and_to_do(
    alert: dict[str, Any],
) -> None:
    path = ROOT / alert["annotations"]["runbook_url"]
    assert path == RUNBOOKS / f"{alert['alert']}.md"
    page = path.read_text()
    assert page.startswith(f"# {alert['alert']}\n")
    if alert["alert"] != "Watchdog":
        assert all(part in page for part in ("**What it means.**", "**Look**", "**Do**"))


def test_every_runbook_belongs_to_an_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {alert["alert"] for alert in ALERTS}


def test_a_recording_rule_is_named_level_metric_operation() -> None:
    for rule in rules("record"):
        if rule["expr"].startswith("vector("):  # a number that people set, not a figure
            continue
        assert re.fullmatch(r"[a-z]+:engagement_[a-z_]+:[a-z0-9]+_[0-9]+[smhd]", rule["record"])
