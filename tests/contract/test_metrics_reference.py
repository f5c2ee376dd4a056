"""The reference is that of the catalogue, and promtool has no objection to what is exported."""

import subprocess

import pytest

from stream_app.adapters.metrics import docs
from stream_app.adapters.metrics.catalogue import CATALOGUE
from stream_app.adapters.metrics.collector import MetricsCollector
from stream_app.adapters.metrics.exposition import expose, process_families
from tests.support import parts
from tests.support.sources import ROOT
from tests.support.worker_fakes import NOW, busy_worker


def promtool_check(exposed: bytes) -> subprocess.CompletedProcess[bytes]:
    program = parts.find("promtool", package="prometheus")
    return subprocess.run(
        [program, "check", "metrics"], input=exposed, capture_output=True, timeout=60, check=False
    )


@pytest.fixture
def exposed() -> bytes:
    families = MetricsCollector(busy_worker(groups=15, views=True), lambda: NOW).collect()
    return expose(families + process_families(), "")[0]


def test_the_reference_is_what_the_catalogue_says() -> None:
    written = (ROOT / "docs" / "metrics.md").read_text()
    assert written == docs.render(), (
        "write it again: python -m stream_app.adapters.metrics.docs > docs/metrics.md"
    )


def test_the_reference_names_every_metric_and_label() -> None:
    page = docs.render()
    assert page.count("| `engagement_") == len(CATALOGUE)
    assert "| `tenant` |" in page


def test_promtool_has_no_objection(exposed: bytes) -> None:
    checked = promtool_check(exposed)
    assert checked.returncode == 0, checked.stderr.decode()
    assert checked.stderr == b""


def test_promtool_would_object_to_a_counter_without_total(exposed: bytes) -> None:
    bent = exposed.replace(b"engagement_messages_total", b"engagement_messages")
    assert promtool_check(bent).returncode != 0
