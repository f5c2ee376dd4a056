"""What all dashboards share: their frame, the choice of tenant and channel, selectors and colours."""

from collections.abc import Iterable
from typing import Any, Final

from grafana.panels import DATA_SOURCE, Row, layout

GROUP: Final = 'tenant=~"$tenant",channel=~"$channel"'
TENANT: Final = 'tenant=~"$tenant"'
RISK: Final = ((None, "blue"), (1, "orange"))
LATE: Final = ((None, "blue"), (1, "red"))
SHARE: Final = ((None, "red"), (0.8, "orange"), (0.9, "blue"))
AGE: Final = ((None, "blue"), (15, "orange"), (60, "red"))
PLAIN: Final = ((None, "blue"),)


def frame(uid: str, title: str, description: str, rows: Iterable[Row]) -> dict[str, Any]:
    """A dashboard as Grafana reads it; `uid` and `title` without the `pegel` that all have."""
    return {
        "uid": f"pegel-{uid}",
        "title": f"Pegel – {title}",  # a typographic dash, meant for readers
        "description": description,
        "tags": ["pegel"],
        "schemaVersion": 41,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": _variables()},
        "annotations": {"list": [_restarts(), _own_alerts()]},
        "links": [{"type": "dashboards", "tags": ["pegel"], "asDropdown": True, "title": "Pegel",
                   "includeVars": True, "keepTime": True}],
        "panels": layout(rows),
    }  # fmt: skip


def total(metric: str, by: str = "", selector: str = GROUP) -> str:
    """The sum of a level, over everything or by some labels."""
    grouping = f" by ({by})" if by else ""
    return f"sum{grouping} (engagement_{metric}{{{selector}}})"


def rate(metric: str, by: str, selector: str = GROUP, over: str = "$__rate_interval") -> str:
    """The slope of a counter, per second."""
    return f"sum by ({by}) (rate(engagement_{metric}{{{selector}}}[{over}]))"


def share(clock: str, over: str, by: str = "") -> str:
    """Met / (met + missed): unanswered and past due counts as missed."""
    grouping = f" by ({by})" if by else ""
    met, missed = (
        f'sum{grouping} (increase(engagement_sla_{outcome}_total{{{GROUP},clock=~"{clock}"}}[{over}]))'
        for outcome in ("met", "missed")
    )
    return f"{met} / ({met} + {missed} > 0)"


def longest_wait(by: str = "") -> str:
    """Age of the oldest unanswered customer message; 0 where nobody waits."""
    grouping = f" by ({by})" if by else ""
    oldest = f"min{grouping} (engagement_oldest_waiting_timestamp_seconds{{{GROUP}}})"
    return f"(time() - {oldest}) or ({total('waiting_conversations', by)} == 0)"


def age_of_figures(by: str = "") -> str:
    """Wall clock minus watermark of the slowest partition."""
    grouping = f" by ({by})" if by else ""
    slowest = f"min by (tenant, partition) (engagement_event_lag_seconds{{{TENANT}}})"
    return f"max{grouping} ({slowest})"


def _variables() -> list[dict[str, Any]]:
    source = {"name": "datasource", "label": "Data source", "type": "datasource"}
    return [
        source | {"query": "prometheus", "current": {"text": "prometheus", "value": "prometheus"}},
        _choice("tenant", "Tenant", "label_values(engagement_open_conversations, tenant)"),
        _choice(
            "channel",
            "Channel",
            'label_values(engagement_open_conversations{tenant=~"$tenant"}, channel)',
        ),
    ]


def _choice(name: str, label: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATA_SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": "All", "value": "$__all"},
    }


def _restarts() -> dict[str, Any]:
    expr = "count by (version) (engagement_build_info) unless count by (version) (engagement_build_info offset 1m)"
    return _annotation("Another version runs", "purple", expr, "version {{version}}")


def _own_alerts() -> dict[str, Any]:
    expr = 'max by (alertname, severity) (ALERTS{alertname=~"Engagement.+",alertstate="firing"})'
    return _annotation("Alerts about Pegel", "red", expr, "{{alertname}}")


def _annotation(name: str, color: str, expr: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "datasource": DATA_SOURCE,
        "enable": True,
        "iconColor": color,
        "expr": expr,
        "titleFormat": text,
        "step": "60s",
    }
