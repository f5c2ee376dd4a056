"""How a metric is declared: as data, with its name, type, unit, help and labels."""

from dataclasses import dataclass
from typing import Literal

from stream_app.adapters.metrics.labels import Label

Type = Literal["counter", "gauge", "histogram", "summary"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One declared metric. `name` is what is written in PromQL (counters end in `_total`)."""

    name: str
    type: Type
    unit: str
    help: str
    labels: tuple[Label, ...] = ()

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    @property
    def series_names(self) -> tuple[str, ...]:
        """The names under which samples of this metric are stored."""
        if self.type == "histogram":
            return tuple(self.name + suffix for suffix in ("_bucket", "_count", "_sum"))
        if self.type == "summary":
            return (self.name + "_count", self.name + "_sum")
        return (self.name,)


def counter(name: str, unit: str, text: str, *labels: Label) -> Metric:
    """A count that only grows, `engagement_<name>_total`."""
    return Metric(f"engagement_{name}_total", "counter", unit, text, labels)


def gauge(name: str, unit: str, text: str, *labels: Label) -> Metric:
    """What is so now, `engagement_<name>`."""
    return Metric(f"engagement_{name}", "gauge", unit, text, labels)
