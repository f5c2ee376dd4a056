"""The inhibition that Pegel's Alertmanager configuration promises, tried on the real one."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.servers import Server
from tests.support.sources import ROOT
from tests.support.wait import eventually

Labels = dict[str, str]
COMMON = {"tenant": "acme", "channel": "email", "severity": "warning"}


@pytest.fixture
def server(alertmanager: Callable[[Path | str], Server]) -> Server:
    """An Alertmanager with the configuration that is handed out."""
    return alertmanager(ROOT / "ops" / "alertmanager" / "alertmanager.yml")


def _push(server: Server, *alerts: Labels) -> None:
    body = json.dumps([{"labels": {**COMMON, **labels}} for labels in alerts]).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/api/v2/alerts", body, headers)
    urllib.request.urlopen(request, timeout=5).close()


def _only_suppressed(server: Server, ticket: str, total: int) -> None:
    """Wait until this alert, and no other of `total`, is inhibited; the source is known by then."""

    def suppressed() -> bool:
        with urllib.request.urlopen(f"{server.url}/api/v2/alerts", timeout=5) as answer:
            found = json.load(answer)
        silent = [a["labels"]["ticket_ref"] for a in found if a["status"]["state"] == "suppressed"]
        assert silent == [ticket]
        return len(found) == total

    eventually(suppressed, 30, what=f"{ticket!r} alone is inhibited")


def test_a_summary_silences_the_single_alerts_of_its_rule_and_channel_alone(server: Server) -> None:
    _push(
        server,
        {"alertname": "unresolved", "alert": "s", "step": "summary"},
        {"alertname": "unresolved", "alert": "a", "step": "0", "ticket_ref": "one of many"},
        {"alertname": "unresolved", "alert": "b", "step": "0", "ticket_ref": "by phone",
         "channel": "phone"},
        {"alertname": "breached", "alert": "c", "step": "0", "ticket_ref": "another rule"},
    )  # fmt: skip
    _only_suppressed(server, "one of many", 4)


def test_an_escalated_step_silences_the_step_below_it_and_no_other_episode(server: Server) -> None:
    _push(
        server,
        {"alertname": "unresolved", "alert": "a", "step": "1", "severity": "critical"},
        {"alertname": "unresolved", "alert": "a", "step": "0", "ticket_ref": "the step below"},
        {"alertname": "unresolved", "alert": "b", "step": "0", "ticket_ref": "another episode"},
    )
    _only_suppressed(server, "the step below", 3)
