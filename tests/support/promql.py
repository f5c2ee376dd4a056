"""Reads PromQL: which series an expression selects, and which of them it reads without `rate`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import promql_parser
import yaml

from stream_app.adapters.metrics.catalogue import CATALOGUE
from tests.support.sources import ROOT

RULES: Final = ROOT / "ops" / "prometheus" / "rules"
_SLOPES: Final = {"rate", "increase", "irate", "resets"}
_VARIABLE: Final = re.compile(r"\$\{?__(rate_)?interval\}?|\$__range")
_OTHERS: Final = {
    "up": {"job", "instance"},
    "ALERTS": {"alertname", "alertstate", "severity"},
    "process_resident_memory_bytes": {"job", "instance"},
    "process_cpu_seconds_total": {"job", "instance"},
}


@dataclass(frozen=True)
class Selected:
    """One selector of an expression."""

    name: str
    labels: frozenset[str]
    sloped: bool  # inside rate, increase, …


def parse(expr: str) -> Any:
    """The syntax tree; Grafana's interval variables count as one minute."""
    return promql_parser.parse(_VARIABLE.sub("1m", expr))


def selected(expr: str) -> list[Selected]:
    """Every selector of an expression."""
    return list(_walk(parse(expr), sloped=False))


def known_series() -> dict[str, set[str]]:
    """Each series name that exists, with its labels: catalogue, recording rules, Prometheus' own."""
    known = {
        name: {*metric.label_names, "job", "instance", *(("le",) if "_bucket" in name else ())}
        for metric in CATALOGUE
        for name in metric.series_names
    }
    recorded = {
        rule["record"]: {"tenant", "channel", "clock", "direction"} for rule in rules("record")
    }
    return known | recorded | _OTHERS


def counters() -> set[str]:
    """Series that only ever grow, and mean nothing without a slope."""
    grow = {m.name for m in CATALOGUE if m.type == "counter"}
    parts = {n for m in CATALOGUE if m.type in {"histogram", "summary"} for n in m.series_names}
    return grow | parts | {"process_cpu_seconds_total"}


def rules(kind: str) -> list[dict[str, Any]]:
    """All rules of one kind: `alert` or `record`."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    every = [rule for file in files for group in file["groups"] for rule in group["rules"]]
    return [rule for rule in every if kind in rule]


def rule_files() -> list[Path]:
    return sorted(RULES.glob("*.yml"))


def complaints(expr: str) -> list[str]:
    """What is wrong with an expression against the catalogue; nothing when all is well."""
    known, grow = known_series(), counters()
    found = []
    for one in selected(expr):
        if one.name not in known:
            found.append(f"{one.name} does not exist")
            continue
        found += [f"{one.name} has no label {label}" for label in one.labels - known[one.name]]
        if one.name in grow and not one.sloped:
            found.append(f"{one.name} is read without a slope")
    return found


def _walk(node: Any, sloped: bool) -> Iterator[Selected]:
    kind = type(node).__name__
    if kind == "VectorSelector":
        labels = frozenset(matcher.name for matcher in node.matchers.matchers)
        yield Selected(node.name or "", labels, sloped)
    elif kind == "MatrixSelector":
        yield from _walk(node.vector_selector, sloped)
    elif kind == "Call":
        inside = sloped or node.func.name in _SLOPES
        for argument in node.args:
            yield from _walk(argument, inside)
    else:
        for part in ("lhs", "rhs", "expr"):
            child = getattr(node, part, None)
            if child is not None:
                yield from _walk(child, sloped)
