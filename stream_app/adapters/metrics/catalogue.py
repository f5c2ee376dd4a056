"""Every metric that a worker exports, as data: name, type, unit, help and labels.

The reference in `docs/metrics.md` is generated from it; dashboards and rules are checked against it;
the collector can export nothing that is not declared here.
"""

from typing import Final

from stream_app.adapters.metrics.declare import Metric, counter, gauge
from stream_app.adapters.metrics.declared_views import (
    FEED_CHANGES,
    FEED_FAILURES,
    FEED_LAST,
    FEED_WRITES,
    GOAL,
    GOAL_TARGET,
    VIEWS_COMPLETE,
    WINDOW_MESSAGES,
    WINDOW_MET,
    WINDOW_RESPONSE,
)
from stream_app.adapters.metrics.labels import (
    BREAKER,
    CAUSE,
    CHANNEL,
    CLOCK,
    DIRECTION,
    KIND,
    MODE,
    NOTE,
    PARTITION,
    PRIORITY,
    REASON,
    RECEIVER,
    SEVERITY,
    STATE,
    STEP,
    TEAM,
    TENANT,
    VERDICT,
    WAY,
    free,
)

AGENT = free("agent", "batch agent", "the agents of the worker: conversations, channels, alerts")
TOPIC = free("topic", "source topic of the record", "the catalogue of topics")
RULE = free("rule", "alert rule", "the rules of the policy")
POLICY = free("policy", "name of the SLA policy that holds", "the SLA policies of the policy file")

_GROUP: Final = (TENANT, CHANNEL, PRIORITY, PARTITION)
_LEVEL: Final = (TENANT, CHANNEL, TEAM, PRIORITY)
_SOURCE: Final = (TENANT, PARTITION)
_OWNED: Final = (AGENT, PARTITION)
_TOLD: Final = (RECEIVER, WAY)


def _level(name: str, text: str) -> Metric:
    return gauge(f"{name}_conversations", "conversations", text, *_LEVEL)


def _reply_time(clock: str, text: str) -> Metric:
    return Metric(f"engagement_{clock}_seconds", "histogram", "seconds", text, _GROUP)


def _sla(name: str, text: str) -> Metric:
    return counter(f"sla_{name}", "clocks", text, *_GROUP, CLOCK)


# Durable: kept in the partition's state, so they survive restarts and move with the partition.
FIRST_REPLY = _reply_time("first_reply", "Time to the first reply, in the calendar of its clock.")
NEXT_REPLY = _reply_time("next_reply", "Time to each later reply, in the calendar of its clock.")
FULL_RESOLUTION = _reply_time(
    "full_resolution", "Time from creation to each solve, in the calendar of its clock."
)
MESSAGES = counter("messages", "messages", "Messages applied.", *_GROUP, DIRECTION)
OPENED = counter("conversations_opened", "conversations", "Conversations opened.", *_GROUP)
SOLVED = counter("conversations_solved", "conversations", "Conversations solved.", *_GROUP)
REOPENED = counter("conversations_reopened", "conversations", "Conversations reopened.", *_GROUP)
BREACHES = _sla("breaches", "Clocks that passed their target, counted at the breach.")
MET = _sla("met", "Clocks that ended within their target.")
MISSED = _sla("missed", "Clocks that passed their target, answered later or not.")
CANCELLED = _sla("cancelled", "Clocks that ended without an outcome, e.g. solved unanswered.")
CORRECTIONS = counter(
    "corrections", "facts", "Counted facts and observations taken back by late input or a reopening.",
    *_SOURCE, KIND,
)  # fmt: skip
LATE = counter(
    "late_events", "events", "Events later than the allowed lateness: in no window.", PARTITION
)
NOTICED = counter(
    "noticed_events", "events", "Events that were applied in a special way, or not.",
    PARTITION, NOTE,
)  # fmt: skip

# Levels: summed over the source partitions that the worker owns.
OPEN = _level("open", "Conversations that are not solved.")
WAITING = _level("waiting", "Conversations with an unanswered customer message.")
UNASSIGNED = _level("unassigned", "Open conversations without an assignee.")
UNATTENDED = _level("unattended", "Open conversations that wait or still lack a first reply.")
OVERDUE = _level("overdue", "Open conversations with a breached clock that has not ended.")
AT_RISK = _level("at_risk", "Open conversations past a warning step and not overdue.")
OLDEST_WAITING = gauge(
    "oldest_waiting_timestamp_seconds",
    "seconds",
    "When the oldest unanswered customer message came; absent while nobody waits.",
    *_LEVEL,
)

LONGEST_OPEN = gauge(
    "longest_open_timestamp_seconds",
    "seconds",
    "When the oldest open conversation was created; absent while none is open.",
    *_LEVEL,
)
UNRESOLVED = _level("unresolved", "Open conversations that were created 48 h ago or earlier.")

# What is usual: by the channels agent, in whole half-hours, however short the span of a verdict is.
VOLUME = gauge(
    "volume_messages", "messages", "Messages that came in the last 30 minutes.", TENANT, CHANNEL
)
VOLUME_EXPECTED = gauge(
    "volume_expected_messages", "messages", "Messages that are usual in these 30 minutes; "
    "absent while that is being learnt.", TENANT, CHANNEL,
)  # fmt: skip
VOLUME_LOW = gauge(
    "volume_low_messages", "messages", "Lower end of the band of 19 in 20 usual half-hours.",
    TENANT, CHANNEL,
)  # fmt: skip
VOLUME_HIGH = gauge(
    "volume_high_messages", "messages", "Upper end of the band of 19 in 20 usual half-hours.",
    TENANT, CHANNEL,
)  # fmt: skip
VOLUME_VERDICT = gauge(
    "volume_verdict", "", "Whether this is the verdict on the channel: 1 or 0.",
    TENANT, CHANNEL, VERDICT,
)  # fmt: skip

# The pipeline itself.
WATERMARK = gauge(
    "watermark_timestamp_seconds", "seconds", "Event time up to which input is applied.", *_SOURCE
)
TICK = gauge("tick_timestamp_seconds", "seconds", "The time that timers have reached.", *_SOURCE)
TENANT_MODE = gauge(
    "tenant_mode", "", "Whether a tenant is in this mode on the partition: 1 or 0.", *_SOURCE, MODE
)
EVENT_LAG = gauge(
    "event_lag_seconds",
    "seconds",
    "Wall clock minus watermark; absent for tenants on event time.",
    *_SOURCE,
)
LAST_EVENT = gauge(
    "last_event_timestamp_seconds", "seconds", "Event time of the newest event.", PARTITION
)
LAG = gauge("consumer_lag_records", "records", "Records not applied yet.", *_OWNED)
PARTITION_STATE = gauge(
    "partition_state", "", "Whether the owned partition is in this state: 1 or 0.", *_OWNED, STATE
)
RESTORED_ROWS = gauge(
    "restored_rows", "rows", "Rows read when this worker took the partition over.", *_OWNED
)
PROCESSED = counter("processed_records", "records", "Records whose effects are durable.", *_OWNED)
PROGRESS = gauge(
    "last_progress_timestamp_seconds", "seconds", "When the partition last moved on.", *_OWNED
)
FLUSH = Metric(
    "engagement_flush_duration_seconds", "summary", "seconds", "Flushes and their time.", _OWNED
)
FLUSH_ROWS = counter("flush_rows", "rows", "Rows written by flushes.", *_OWNED)
DEAD_LETTERS = counter(
    "dlq_records", "records", "Records sent to the dead-letter topic.", *_OWNED, TOPIC, REASON
)
READY = gauge("worker_ready", "", "Whether all assigned partitions are restored: 1 or 0.")
FENCES = counter(
    "fences", "partitions", "Partitions that this worker lost to a newer owner while it wrote."
)
STEPS_TIME = counter("step_seconds", "seconds", "Time that the engine spent by step.", STEP)
ALERTS_FIRING = gauge(
    "alerts_firing", "alerts", "Alert episodes that are firing now.", TENANT, RULE, SEVERITY
)
NOTIFIED = counter("notifications_sent", "messages", "Messages that a receiver took.", *_TOLD)
NOTIFY_FAILED = counter(
    "notifications_failed", "attempts", "Attempts that failed, retries included.", *_TOLD
)
NOTIFY_RETRIED = counter(
    "notifications_retried", "attempts", "Attempts after the first one of a message.", *_TOLD
)
NOTIFY_DROPPED = counter(
    "notifications_dropped", "messages",
    "Messages not delivered: a newer state took their place, or they went to the dead letters.",
    *_TOLD, CAUSE,
)  # fmt: skip
NOTIFY_PENDING = gauge(
    "notifications_pending",
    "messages",
    "Messages that wait for their receiver, or for their delivery to be written down.",
    *_TOLD,
)
NOTIFY_BREAKER = gauge(
    "notification_breaker", "", "Whether the circuit breaker is in this state: 1 or 0.",
    *_TOLD, BREAKER,
)  # fmt: skip
NOTIFY_LAST = gauge(
    "notification_last_success_timestamp_seconds", "seconds",
    "When the receiver last took something; absent before.", *_TOLD,
)  # fmt: skip
BUILD_INFO = gauge(
    "build_info",
    "",
    "Always 1; the versions that run.",
    free("version", "version of Pegel", "one value"),
    free("python", "version of Python", "one value"),
    free("faust", "version of faust-streaming", "one value"),
    free("aiokafka", "version of aiokafka", "one value"),
)
VERSION = free("hash", "version of the policy", "the versions of the last activations")
POLICY_INFO = gauge(
    "policy_info",
    "",
    "Always 1; the policy that was activated last.",
    VERSION,
)
POLICY_PARTITIONS = gauge(
    "policy_partitions",
    "partitions",
    "Owned partitions in which a policy version holds; two versions while an activation is under way.",
    AGENT,
    VERSION,
)
SLA_TARGET = gauge(
    "sla_target_seconds",
    "seconds",
    "Target for a conversation without team and tags.",
    TENANT,
    CHANNEL,
    PRIORITY,
    CLOCK,
    POLICY,
)

REPLY_TIMES: Final = {
    "first_reply": FIRST_REPLY,
    "next_reply": NEXT_REPLY,
    "full_resolution": FULL_RESOLUTION,
}
SECTIONS: Final[dict[str, tuple[Metric, ...]]] = {
    "Reply and resolution times": (FIRST_REPLY, NEXT_REPLY, FULL_RESOLUTION),
    "Traffic and outcomes": (
        MESSAGES, OPENED, SOLVED, REOPENED, MET, MISSED, BREACHES, CANCELLED, CORRECTIONS, LATE,
        NOTICED,
    ),
    "Levels": (
        OPEN, WAITING, UNASSIGNED, UNATTENDED, OVERDUE, AT_RISK, OLDEST_WAITING, UNRESOLVED,
        LONGEST_OPEN,
    ),
    "Rolling windows and goals": (
        WINDOW_RESPONSE, WINDOW_MET, WINDOW_MESSAGES, VIEWS_COMPLETE, GOAL, GOAL_TARGET,
    ),
    "Spikes and drops": (VOLUME, VOLUME_EXPECTED, VOLUME_LOW, VOLUME_HIGH, VOLUME_VERDICT),
    "Targets and alerts": (SLA_TARGET, ALERTS_FIRING),
    "Notifications": (
        NOTIFIED, NOTIFY_FAILED, NOTIFY_RETRIED, NOTIFY_DROPPED, NOTIFY_PENDING, NOTIFY_BREAKER,
        NOTIFY_LAST,
    ),
    "Pipeline": (
        WATERMARK, TICK, TENANT_MODE, EVENT_LAG, LAST_EVENT, LAG, PARTITION_STATE, PROGRESS,
        PROCESSED, DEAD_LETTERS, FLUSH, FLUSH_ROWS, RESTORED_ROWS, READY, FENCES, STEPS_TIME,
    ),
    "Redis feed": (FEED_WRITES, FEED_CHANGES, FEED_FAILURES, FEED_LAST),
    "Build": (BUILD_INFO, POLICY_INFO, POLICY_PARTITIONS),
}  # fmt: skip
CATALOGUE: Final = tuple(metric for section in SECTIONS.values() for metric in section)
SERIES_NAMES: Final = frozenset(name for metric in CATALOGUE for name in metric.series_names)
