"""What is written out is read back unchanged by the parsers of prometheus-client."""

import math
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import parser
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics import parser as open_metrics_parser
from prometheus_client.samples import Sample

from stream_app.adapters.metrics.collector import MetricsCollector
from stream_app.adapters.metrics.exposition import expose, process_families
from tests.support.worker_fakes import NOW, busy_worker

OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


def parse_text(text: str) -> list[Family]:
    read: Callable[[str], Iterable[Family]] = parser.text_string_to_metric_families
    return list(read(text))


def parse_open_metrics(text: str) -> list[Family]:
    read: Callable[[str], Iterable[Family]] = open_metrics_parser.text_string_to_metric_families
    return list(read(text))


def samples(families: Iterable[Family]) -> set[tuple[str, frozenset[tuple[str, str]], float]]:
    return {
        (sample.name, frozenset(sample.labels.items()), float(sample.value))
        for family in families
        for sample in family.samples
    }


def gauge(**labels: str) -> Family:
    family = Family("engagement_test", 'Says "help" with a \\ in it.', "gauge")
    family.samples.append(Sample("engagement_test", labels, 1.5))
    return family


@pytest.fixture
def families() -> list[Family]:
    return MetricsCollector(busy_worker(groups=15), lambda: NOW).collect()


def test_text_is_read_back_unchanged(families: list[Family]) -> None:
    body, content_type = expose(families, "")
    assert content_type.startswith("text/plain; version=0.0.4")
    assert samples(parse_text(body.decode())) == samples(families)


def test_open_metrics_is_read_back_unchanged(families: list[Family]) -> None:
    body, content_type = expose(families, OPEN_METRICS)
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert samples(parse_open_metrics(body.decode())) == samples(families)


def test_types_and_units_survive(families: list[Family]) -> None:
    body, _ = expose(families, OPEN_METRICS)
    read = {family.name: family for family in parse_open_metrics(body.decode())}
    assert read["engagement_first_reply_seconds"].type == "histogram"
    assert read["engagement_first_reply_seconds"].unit == "seconds"
    assert read["engagement_messages"].type == "counter"


def test_figures_of_the_process_come_along() -> None:
    body, _ = expose(process_families(), "")
    assert "process_resident_memory_bytes " in body.decode()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_label_value_survives(text: str) -> None:
    for accept, parse in (("", parse_text), (OPEN_METRICS, parse_open_metrics)):
        # The text parser splits at every line separator of Unicode; Prometheus only at "\n".
        safe = "".join(char for char in text if char == "\n" or not char.isspace()).replace(
            "\x00", ""
        )
        body, _ = expose([gauge(team=safe)], accept)
        assert samples(parse(body.decode())) == samples([gauge(team=safe)])


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (3, "3"),
        (0.0, "0.0"),
        (1e22, "1e+22"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_prometheus_reads_them(value: float, written: str) -> None:
    family = Family("engagement_test", "Help.", "gauge")
    family.samples.append(Sample("engagement_test", {}, value))
    body, _ = expose([family], "")
    assert body.decode().splitlines()[-1] == f"engagement_test {written}"


def test_help_is_escaped() -> None:
    body, _ = expose([gauge()], OPEN_METRICS)
    assert r"# HELP engagement_test Says \"help\" with a \\ in it." in body.decode()
