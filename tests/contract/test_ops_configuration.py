"""Prometheus and Alertmanager accept the configuration that Pegel brings for them."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support import parts
from tests.support.sources import ROOT

PROMETHEUS = ROOT / "ops" / "prometheus" / "prometheus.yml"
ALERTMANAGER = ROOT / "ops" / "alertmanager" / "alertmanager.yml"


def _promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = parts.find("promtool", package="prometheus")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def _amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = parts.find("amtool", package="prometheus-alertmanager")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def _receivers(**labels: str) -> list[str]:
    pairs = [f"{name}={value}" for name, value in labels.items()]
    routed = _amtool("config", "routes", "test", f"--config.file={ALERTMANAGER}", *pairs)
    return routed.stdout.split()


def test_prometheus_accepts_its_configuration() -> None:
    checked = _promtool("check", "config", str(PROMETHEUS))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_prometheus_refuses_a_configuration_with_a_slip(tmp_path: Path) -> None:
    slip = tmp_path / "prometheus.yml"
    slip.write_text(PROMETHEUS.read_text().replace("scrape_interval", "scrape_intervall"))
    assert _promtool("check", "config", str(slip)).returncode != 0


def test_alertmanager_accepts_its_configuration() -> None:
    checked = _amtool("check-config", str(ALERTMANAGER))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"alertname": "unresolved_48h", "severity": "warning"}, "people"),
        ({"alertname": "unresolved_48h", "severity": "critical"}, "on-call"),
        ({"alertname": "Watchdog", "severity": "info"}, "heartbeat"),
    ],
    ids=["warning", "critical", "watchdog"],
)
def test_an_alert_goes_to_those_who_should_see_it(labels: dict[str, str], receiver: str) -> None:
    assert _receivers(**labels) == [receiver]


def test_prometheus_scrapes_workers_where_the_compose_file_runs_them() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    jobs = {
        job["job_name"]: job for job in yaml.safe_load(PROMETHEUS.read_text())["scrape_configs"]
    }
    discovery = jobs["pegel"]["dns_sd_configs"][0]
    assert set(discovery["names"]) <= set(compose["services"])
    exposed = {p for name in discovery["names"] for p in compose["services"][name]["expose"]}
    assert exposed == {str(discovery["port"])}
