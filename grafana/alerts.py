"""The dashboard "Pegel – alert review": which rules fire, how long, and which only make noise."""

from typing import Any

from grafana.frame import RISK, TENANT, frame, total
from grafana.panels import Query, Row, bars, graph, stat, table

_BY_RULE = total("alerts_firing", "rule, severity", TENANT)


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    about = "For the weekly look: a rule that fires always or never deserves a better threshold."
    return frame("alerts", "alert review", about, (_now(), _review()))


def _now() -> Row:
    return Row(
        "Now",
        (
            stat("Firing", "Episodes of all rules of the policy that fire now.", "short",
                 total("alerts_firing", selector=TENANT), steps=RISK),
            stat("Critical", "Episodes of critical rules that fire now.", "short",
                 total("alerts_firing", selector=f'{TENANT},severity="critical"'),
                 steps=((None, "blue"), (1, "red"))),
            graph("Firing by rule", "Episodes that fire, over time.", "short",
                  Query(_BY_RULE, "{{rule}} ({{severity}})"), stack="normal", width=16),
        ),
    )  # fmt: skip


def _review() -> Row:
    by_rule = total("alerts_firing", "rule", TENANT)
    return Row(
        "Last seven days",
        (
            bars("Share of the time firing", "How much of seven days a rule had an episode firing.",
                 "percentunit", Query(f"avg_over_time(({by_rule} > bool 0)[7d:5m])", "{{rule}}"),
                 steps=((None, "blue"), (0.5, "orange"))),
            table("Most at once", "The most episodes of a rule that fired together in seven days.",
                  "short", Query(f"max_over_time(({by_rule})[7d:5m])", "most")),
            table("Alerts about Pegel itself", "Alerts of Prometheus rules that fire now.", "short",
                  Query('count by (alertname, severity) (ALERTS{alertstate="firing"})', "firing")),
        ),
        height=10,
    )  # fmt: skip
