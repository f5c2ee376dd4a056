"""The dashboard "Pegel – pipeline": whether the figures can be believed, and what the workers do."""

from typing import Any

from grafana.frame import AGE, LATE, PLAIN, age_of_figures, frame
from grafana.panels import Query, Row, graph, stat


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    about = "Lag, states of partitions, what was set aside, and how the workers spend their time."
    return frame("pipeline", "pipeline", about, (_health(), _pipeline(), _engine()))


def _health() -> Row:
    return Row(
        "Health",
        (
            stat("Age of the figures", "How far the slowest partition is behind the wall clock.",
                 "s", age_of_figures(), steps=AGE),
            stat("Workers", "Workers that answer.", "short", 'sum(up{job="pegel"})', steps=PLAIN),
            stat("Workers not ready", "Workers that still restore their state.", "short",
                 "count(engagement_worker_ready) - sum(engagement_worker_ready)", steps=LATE),
            stat("Fused partitions", "Partitions that stand until somebody lifts the fuse.", "short",
                 'sum(engagement_partition_state{state="fused"})', steps=LATE),
            stat("Tenants not complete", "Tenants whose windows lack a source partition.", "short",
                 "count(min by (tenant) (engagement_views_complete)) "
                 "- sum(min by (tenant) (engagement_views_complete))", steps=LATE),
            stat("Dead letters, 1 h", "Records set aside in the last hour. Each one counts nowhere.",
                 "short", "sum(increase(engagement_dlq_records_total[1h]))", steps=LATE),
        ),
        height=5,
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
                  "s", Query(age_of_figures("tenant"), "{{tenant}}")),
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
