"""Writes families out as Prometheus text or OpenMetrics, whichever the scraper asks for.

prometheus-client's own writers sort and escape the labels of every sample, five times the cost of
everything else in a scrape. This one takes labels as they come and escapes each distinct value once;
a test holds its output against prometheus-client's parsers.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from prometheus_client import ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family

_SPECIAL: Final = {math.inf: "+Inf", -math.inf: "-Inf"}
_process = ProcessCollector(registry=None)


def process_families() -> list[Family]:
    """CPU, memory and file handles of this process, as every Prometheus client exports them."""
    return list(_process.collect())


def expose(families: Sequence[Family], accept: str) -> tuple[bytes, str]:
    """The body and its content type for an `Accept` header; safe to run in another thread."""
    _, content_type = choose_encoder(accept)
    open_metrics = content_type.startswith("application/openmetrics-text")
    lines = [line for family in families for line in _lines(family, open_metrics)]
    if open_metrics:
        lines.append("# EOF\n")
    return "".join(lines).encode(), content_type


def _lines(family: Family, open_metrics: bool) -> Iterator[str]:
    name = family.name
    if family.type == "counter" and not open_metrics:
        name += "_total"
    yield f"# HELP {name} {_help(family.documentation, open_metrics)}\n"
    yield f"# TYPE {name} {family.type}\n"
    if family.unit and open_metrics:
        yield f"# UNIT {name} {family.unit}\n"
    for sample in family.samples:
        yield f"{sample.name}{_labels(sample.labels)} {_number(sample.value)}\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join([f"{name}={_quoted(value)}" for name, value in labels.items()]) + "}"


def _number(value: float) -> str:
    return _SPECIAL.get(value) or ("NaN" if math.isnan(value) else repr(value))


@lru_cache(maxsize=4096)
def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return f'"{escaped}"'


def _help(text: str, open_metrics: bool) -> str:
    escaped = text.replace("\\", r"\\").replace("\n", r"\n")
    return escaped.replace('"', r"\"") if open_metrics else escaped
