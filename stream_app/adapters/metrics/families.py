"""Collects samples under catalogue metrics and hands them to prometheus-client as families.

A metric that was declared is always written, with its help, even when it has no sample now.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Sample

from stream_app.adapters.metrics.catalogue import CATALOGUE
from stream_app.adapters.metrics.declare import Metric

_TOTAL: Final = "_total"


class Families:
    """One scrape in the making: samples per declared metric."""

    def __init__(self, metrics: Iterable[Metric] = CATALOGUE) -> None:
        self._families = {metric.name: _family(metric) for metric in metrics}

    def add(self, metric: Metric, labels: Sequence[str], value: float) -> None:
        """Add one sample; `labels` in the order of the catalogue."""
        named = dict(zip(metric.label_names, labels, strict=True))
        self._families[metric.name].samples.append(Sample(metric.name, named, value))

    def histogram(
        self,
        metric: Metric,
        labels: Sequence[str],
        buckets: Sequence[tuple[str, int]],
        total_seconds: float,
    ) -> None:
        """Add a histogram; `buckets` are (upper bound as text, observations in that bucket)."""
        named = dict(zip(metric.label_names, labels, strict=True))
        samples = self._families[metric.name].samples
        name, seen = metric.name + "_bucket", 0
        for bound, observed in buckets:
            seen += observed
            samples.append(Sample(name, {**named, "le": bound}, seen))
        samples.append(Sample(metric.name + "_count", named, seen))
        samples.append(Sample(metric.name + "_sum", named, total_seconds))

    def summary(
        self, metric: Metric, labels: Sequence[str], count: int, total_seconds: float
    ) -> None:
        """Add a summary without quantiles: how often, and how long in all."""
        named = dict(zip(metric.label_names, labels, strict=True))
        samples = self._families[metric.name].samples
        samples.append(Sample(metric.name + "_count", named, count))
        samples.append(Sample(metric.name + "_sum", named, total_seconds))

    def finish(self) -> list[Family]:
        return list(self._families.values())


def _family(metric: Metric) -> Family:
    base = metric.name.removesuffix(_TOTAL)
    # A unit may be stated only where the name ends in it; prometheus-client would append it.
    unit = metric.unit if metric.unit and base.endswith("_" + metric.unit) else ""
    return Family(base, metric.help, metric.type, unit)
