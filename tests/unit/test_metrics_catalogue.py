"""The catalogue keeps the naming rules of Prometheus and bounds every label."""

import re

import pytest

from stream_app.adapters.metrics.catalogue import CATALOGUE, SECTIONS, SERIES_NAMES
from stream_app.adapters.metrics.declare import Metric

FORBIDDEN = {"conversation", "ticket", "customer", "assignee", "person", "subject", "id"}
each_metric = pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)


@each_metric
def test_a_name_has_the_prefix_and_is_a_valid_identifier(metric: Metric) -> None:
    assert re.fullmatch(r"engagement_[a-z]+(_[a-z]+)*", metric.name)


@each_metric
def test_only_counters_end_in_total(metric: Metric) -> None:
    assert metric.name.endswith("_total") == (metric.type == "counter")


@each_metric
def test_a_time_is_in_seconds_and_its_name_says_so(metric: Metric) -> None:
    said = "seconds" in metric.name.split("_")
    assert said == (metric.unit == "seconds")


@each_metric
def test_help_is_one_sentence(metric: Metric) -> None:
    assert metric.help.endswith(".")
    assert "\n" not in metric.help
    assert metric.help[0].isupper()


@each_metric
def test_no_label_names_a_conversation_or_a_person(metric: Metric) -> None:
    assert not FORBIDDEN & set(metric.label_names)


@each_metric
def test_every_label_lists_its_values_or_says_what_bounds_them(metric: Metric) -> None:
    for label in metric.labels:
        assert bool(label.values) != bool(label.bounded_by), label.name
        assert len(set(label.values)) == len(label.values)


def test_no_two_metrics_write_the_same_series() -> None:
    assert len(SERIES_NAMES) == sum(len(metric.series_names) for metric in CATALOGUE)


def test_durable_counters_and_histograms_carry_the_partition() -> None:
    durable = SECTIONS["Reply and resolution times"] + SECTIONS["Traffic and outcomes"]
    assert all("partition" in metric.label_names for metric in durable)


def test_one_label_name_has_one_meaning() -> None:
    labels = {label for metric in CATALOGUE for label in metric.labels}
    assert len({label.name for label in labels}) == len(labels)
