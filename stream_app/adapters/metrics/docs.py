"""Generates the metric reference from the catalogue: `python -m stream_app.adapters.metrics.docs`."""

import sys
from collections.abc import Iterable

from stream_app.adapters.metrics.catalogue import CATALOGUE, SECTIONS
from stream_app.adapters.metrics.declare import Metric
from stream_app.adapters.metrics.labels import Label

_INTRO = """\
# Metrics

Every worker serves these at `/metrics`, as Prometheus text or OpenMetrics. The page is generated from
the catalogue in `stream_app/adapters/metrics/catalogue.py`; a test fails when it is out of date.

- Nothing is updated per event: each scrape reads the state of the partitions that the worker owns. A
  partition that moves to another worker takes its series along.
- Counters and histograms are durable. They are kept in the partition's state, survive restarts and
  carry `partition`, so that a move starts a new series instead of letting a counter fall. Late input
  that changes history is counted in `engagement_corrections_total`; no counter is ever taken back.
- Levels are sums over the partitions of one worker. Sum over workers in PromQL.
- Times of replies and solves are counted in the calendar of their clock: in office hours, not in
  hours on the wall. Their bucket bounds contain every target of the policy exactly.
- No label holds a conversation, a customer or a person. What the policy does not name becomes `other`,
  what is not set becomes `none`. Histograms and counters have no `team`: figures per team come from
  the views, which keep groups that are too small to themselves.
- Beside these stand `process_*`, as every Prometheus client exports them.
"""


def render() -> str:
    """The whole page."""
    parts = [_INTRO]
    for title, metrics in SECTIONS.items():
        parts += [f"## {title}\n", _table(_METRIC_HEAD, map(_metric_row, metrics))]
    parts += ["## Labels\n", _table(_LABEL_HEAD, map(_label_row, _labels()))]
    return "\n".join(parts)


_METRIC_HEAD = ("Metric", "Type", "Unit", "Labels", "Meaning")
_LABEL_HEAD = ("Label", "Meaning", "Values")


def _metric_row(metric: Metric) -> tuple[str, ...]:
    labels = " ".join(f"`{name}`" for name in metric.label_names)
    return f"`{metric.name}`", metric.type, metric.unit or "-", labels or "-", metric.help


def _label_row(label: Label) -> tuple[str, ...]:
    values = ", ".join(f"`{value}`" for value in label.values) or label.bounded_by
    return f"`{label.name}`", label.help, values


def _labels() -> list[Label]:
    seen = {label.name: label for metric in CATALOGUE for label in metric.labels}
    return sorted(seen.values(), key=lambda label: label.name)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    sys.stdout.write(render())
