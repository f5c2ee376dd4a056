"""Small builders for Grafana's classic dashboard JSON (schema version 41).

A panel cannot be built without a title, a description, a unit and a query.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
WIDTH = 24
_NOW = frozenset({"stat", "bargauge", "table"})  # these show one instant
DATA_SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Query:
    """One PromQL expression and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """What a panel shows; where it stands is the layout's business."""

    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    kind: str = "timeseries"
    width: int = 8
    steps: tuple[tuple[float | None, str], ...] = ((None, "text"),)
    options: Json = field(default_factory=dict)
    custom: Json = field(default_factory=dict)

    def build(self, number: int, place: Json) -> Json:
        """The panel's JSON."""
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": DATA_SOURCE,
            "gridPos": place,
            "fieldConfig": {"defaults": self._defaults(), "overrides": []},
            "options": self.options,
            **({"transformations": self._columns()} if self.kind == "table" else {}),
            "targets": [
                {
                    "refId": chr(ord("A") + index),
                    "datasource": DATA_SOURCE,
                    "expr": query.expr,
                    "legendFormat": query.legend or "__auto",
                    "instant": self.kind in _NOW,
                    "range": self.kind not in _NOW,
                    **({"format": "table"} if self.kind == "table" else {}),
                }
                for index, query in enumerate(self.queries)
            ],
        }

    def _columns(self) -> list[Json]:
        """Join the queries by their labels and call each value by its query."""
        many = len(self.queries) > 1
        names = {
            (f"Value #{chr(ord('A') + index)}" if many else "Value"): query.legend
            for index, query in enumerate(self.queries)
        }
        organize = {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": names}
        return [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}]

    def _defaults(self) -> Json:
        steps = [{"value": value, "color": color} for value, color in self.steps]
        return {
            "unit": self.unit,
            "min": 0,
            # Nothing to show is not the same as zero, and must not look like it.
            "noValue": "no data",
            "color": {"mode": "thresholds" if self.kind != "timeseries" else "palette-classic"},
            "thresholds": {"mode": "absolute", "steps": steps},
            "custom": self.custom,
        }


def stat(title: str, description: str, unit: str, expr: str, **more: Any) -> Panel:
    """One large number."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "center",
        "textMode": "value",
        "orientation": "auto",
    }
    return Panel(title, description, unit, (Query(expr),), "stat", 4, options=options, **more)


def graph(title: str, description: str, unit: str, *queries: Query, **more: Any) -> Panel:
    """Lines over time. Gaps stay gaps: old figures are not drawn on."""
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    custom = {
        "drawStyle": "line",
        "lineWidth": 2,
        "fillOpacity": 10,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": more.pop("stack", "none"), "group": "A"},
    }
    return Panel(title, description, unit, queries, options=options, custom=custom, **more)


def bars(title: str, description: str, unit: str, query: Query, **more: Any) -> Panel:
    """One horizontal bar for each series, as it is now."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "horizontal",
        "displayMode": "basic",
        "showUnfilled": True,
    }
    return Panel(title, description, unit, (query,), "bargauge", options=options, **more)


def table(title: str, description: str, unit: str, *queries: Query, **more: Any) -> Panel:
    """One line for each set of labels, one column for each query."""
    options = {"showHeader": True, "cellHeight": "md", "footer": {"show": False}}
    return Panel(title, description, unit, queries, "table", options=options, **more)


@dataclass(frozen=True)
class Row:
    """Panels side by side under a heading; they wrap where the width is used up."""

    title: str
    panels: Sequence[Panel]
    height: int = 8


def layout(rows: Iterable[Row]) -> list[Json]:
    """All panels of all rows with their places and numbers."""
    built: list[Json] = []
    top = 0
    for row in rows:
        place = {"x": 0, "y": top, "w": WIDTH, "h": 1}
        heading = {"id": len(built) + 1, "type": "row", "title": row.title, "gridPos": place}
        built.append(heading | {"collapsed": False, "panels": []})
        top, left = top + 1, 0
        for panel in row.panels:
            if left + panel.width > WIDTH:
                top, left = top + row.height, 0
            place = {"x": left, "y": top, "w": panel.width, "h": row.height}
            built.append(panel.build(len(built) + 1, place))
            left += panel.width
        top += row.height
    return built
