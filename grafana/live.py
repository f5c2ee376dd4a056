"""The dashboard "Pegel – live": how the queues are now, and whether the figures can be believed."""

from typing import Any

from grafana.panels import DATA_SOURCE, Query, Row, bars, graph, layout, stat

GROUP = 'tenant=~"$tenant",channel=~"$channel"'
TENANT = 'tenant=~"$tenant"'
RISK = ((None, "blue"), (1, "orange"))
LATE = ((None, "blue"), (1, "red"))
SHARE = ((None, "red"), (0.8, "orange"), (0.9, "blue"))
AGE = ((None, "blue"), (15, "orange"), (60, "red"))
PLAIN = ((None, "blue"),)


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    return {
        "uid": "pegel-live",
        "title": "Pegel – live",  # a typographic dash, meant for readers
        "description": "Queues, reply times and outcomes per channel, and the state of the pipeline.",
        "tags": ["pegel"],
        "schemaVersion": 41,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": _variables()},
        "annotations": {"list": []},
        "links": [],
        "panels": layout((_now(), _channels(), _outcomes(), _pipeline(), _engine())),
    }


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


def _sum(metric: str, by: str = "", selector: str = GROUP) -> str:
    grouping = f" by ({by})" if by else ""
    return f"sum{grouping} (engagement_{metric}{{{selector}}})"


def _rate(metric: str, by: str, selector: str = GROUP, over: str = "$__rate_interval") -> str:
    return f"sum by ({by}) (rate(engagement_{metric}{{{selector}}}[{over}]))"


def _now() -> Row:
    longest = f"time() - min(engagement_oldest_waiting_timestamp_seconds{{{GROUP}}})"
    met, missed = (
        f'sum(increase(engagement_sla_{outcome}_total{{{GROUP},clock="first_reply"}}[1h]))'
        for outcome in ("met", "missed")
    )
    return Row(
        "Now",
        (
            stat("Waiting", "Conversations with an unanswered customer message.", "short",
                 _sum("waiting_conversations"), steps=PLAIN),
            stat("Longest wait", "Age of the oldest unanswered customer message, by the wall clock.",
                 "s", f"{longest} or ({_sum('waiting_conversations')} == 0)", steps=PLAIN),
            stat("Overdue", "Conversations with a breached clock that has not ended.", "short",
                 _sum("overdue_conversations"), steps=LATE),
            stat("At risk", "Conversations past a warning step of a clock, and not overdue.",
                 "short", _sum("at_risk_conversations"), steps=RISK),
            stat("First replies in target, 1 h",
                 "Met / (met + missed) in the last hour. Unanswered and past due counts as missed.",
                 "percentunit", f"{met} / ({met} + {missed} > 0)", steps=SHARE),
            stat("Age of the figures",
                 "How far the slowest partition is behind the wall clock. Read this before the rest.",
                 "s", f"max(min by (tenant, partition) (engagement_event_lag_seconds{{{TENANT}}}))",
                 steps=AGE),
        ),
        height=5,
    )  # fmt: skip


def _channels() -> Row:
    target = (
        "max by (channel) "
        f'(engagement_sla_target_seconds{{{GROUP},clock="first_reply",priority="none"}})'
    )
    p90 = f"max by (channel) (channel:engagement_first_reply_seconds:p90_1h{{{GROUP}}})"
    return Row(
        "Channels",
        (
            bars("Waiting by channel", "Conversations with an unanswered customer message, now.",
                 "short", Query(_sum("waiting_conversations", "channel"), "{{channel}}"),
                 steps=PLAIN),
            graph("First reply, p90 over 1 h",
                  "Nine of ten first replies came within this time, in the calendar of their clock; "
                  "each channel's target beside it.",
                  "s", Query(p90, "{{channel}}"), Query(target, "{{channel}}, target")),
            graph("Messages per minute", "Messages from (in) and to (out) customers.", "short",
                  Query(f"60 * {_rate('messages_total', 'channel, direction')}",
                        "{{channel}} {{direction}}")),
            graph("Waiting", "Conversations with an unanswered customer message, over time.",
                  "short", Query(_sum("waiting_conversations", "channel"), "{{channel}}"),
                  stack="normal"),
            graph("Open", "Conversations that are not solved.", "short",
                  Query(_sum("open_conversations", "channel"), "{{channel}}"), stack="normal"),
            graph("Unassigned and unattended",
                  "Open conversations without an assignee; and those that wait or lack a first reply.",
                  "short", Query(_sum("unassigned_conversations"), "unassigned"),
                  Query(_sum("unattended_conversations"), "unattended")),
        ),
    )  # fmt: skip


def _outcomes() -> Row:
    return Row(
        "Outcomes",
        (
            graph("Breaches per hour", "Clocks that passed their target, when they did.", "short",
                  Query(f"3600 * {_rate('sla_breaches_total', 'clock', over='15m')}", "{{clock}}")),
            graph("Opened and solved per hour", "Below the other line for long, the queue grows.",
                  "short",
                  Query(f"3600 * {_rate('conversations_opened_total', 'tenant', over='15m')}",
                        "{{tenant}} opened"),
                  Query(f"3600 * {_rate('conversations_solved_total', 'tenant', over='15m')}",
                        "{{tenant}} solved"),
                  Query(f"3600 * {_rate('conversations_reopened_total', 'tenant', over='15m')}",
                        "{{tenant}} reopened")),
            graph("Alerts firing", "Episodes of each rule of the policy that fire now.", "short",
                  Query(_sum("alerts_firing", "rule, severity", TENANT), "{{rule}} ({{severity}})"),
                  stack="normal"),
        ),
    )  # fmt: skip


def _pipeline() -> Row:
    return Row(
        "Pipeline",
        (
            graph("Lag", "Records that an agent has not applied yet.", "short",
                  Query("sum by (agent) (engagement_consumer_lag_records)", "{{agent}}")),
            graph("Partition states", "Owned partitions by state; the sum should not change.",
                  "short",
                  Query("sum by (agent, state) (engagement_partition_state) > 0",
                        "{{agent}} {{state}}"), stack="normal"),
            graph("Records per second", "Records whose effects are durable.", "short",
                  Query("sum by (agent) (rate(engagement_processed_records_total[$__rate_interval]))",
                        "{{agent}}")),
            graph("Age of the figures by tenant",
                  "Wall clock minus watermark of the slowest partition; tenants on event time have none.",
                  "s", Query("max by (tenant) (min by (tenant, partition) "
                             f"(engagement_event_lag_seconds{{{TENANT}}}))", "{{tenant}}")),
            graph("Dead letters per hour", "Records set aside, by reason. Each one counts nowhere.",
                  "short", Query("sum by (topic, reason) (increase(engagement_dlq_records_total[1h])) > 0",
                                 "{{topic}} {{reason}}")),
            graph("Late events and corrections per hour",
                  "Events beyond the allowed lateness; facts that late input took back.", "short",
                  Query("3600 * sum(rate(engagement_late_events_total[15m]))", "late"),
                  Query("3600 * sum by (kind) (rate(engagement_corrections_total[15m])) > 0",
                        "corrected {{kind}}")),
        ),
    )  # fmt: skip


def _engine() -> Row:
    return Row(
        "Workers",
        (
            graph("Engine time by step", "Share of a second that each worker spends in each step.",
                  "percentunit",
                  Query("sum by (instance, step) (rate(engagement_step_seconds_total[$__rate_interval]))",
                        "{{instance}} {{step}}")),
            graph("Time of a flush", "Mean time from the first send to the commit.", "s",
                  Query("sum by (agent) (rate(engagement_flush_duration_seconds_sum[$__rate_interval]))"
                        " / sum by (agent) "
                        "(rate(engagement_flush_duration_seconds_count[$__rate_interval]))",
                        "{{agent}}")),
            graph("Memory", "Resident memory of each worker.", "bytes",
                  Query('process_resident_memory_bytes{job="pegel"}', "{{instance}}")),
        ),
    )  # fmt: skip
