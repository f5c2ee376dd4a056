"""The metrics that come from views: rolling windows, goals, and the feed that passes views on.

A small set for screens that show windows; what rules and longer looks need are the counters and
histograms, from which PromQL computes any window. Figures of a tenant whose views lack a source
partition are left out, since a gauge cannot say of itself that it is incomplete.
"""

from typing import Final

from stream_app.adapters.metrics.declare import counter, gauge
from stream_app.adapters.metrics.labels import CHANNEL, CLOCK, DIRECTION, TEAM, TENANT, fixed, free

ALL: Final = "all"  # a label that is not fixed in the scope of the view
RANKS: Final = ("p50", "p90")
WINDOW: Final = free("window", "rolling window", "`windows.over` of the policy")
RANK: Final = fixed("rank", "half, or nine in ten, came within this", *RANKS)
_GOAL: Final = free("goal", "goal", "the goals of the policy")
_SCOPE: Final = (TENANT, CHANNEL, TEAM)

WINDOW_RESPONSE: Final = gauge(
    "window_response_seconds", "seconds",
    "Reply and resolution times in a rolling window, in the calendar of their clock; within 1 %.",
    *_SCOPE, CLOCK, WINDOW, RANK,
)  # fmt: skip
WINDOW_MET: Final = gauge(
    "window_met_ratio", "ratio",
    "Met / (met + missed) in a rolling window; absent where nothing was due.",
    *_SCOPE, CLOCK, WINDOW,
)  # fmt: skip
WINDOW_MESSAGES: Final = gauge(
    "window_messages", "messages", "Messages in a rolling window.", *_SCOPE, DIRECTION, WINDOW
)
VIEWS_COMPLETE: Final = gauge(
    "views_complete", "", "Whether every source partition is in the tenant's views: 1 or 0.", TENANT
)
GOAL: Final = gauge(
    "goal_value", "", "What a goal's metric stands at now; absent while it is not known.",
    TENANT, _GOAL,
)  # fmt: skip
GOAL_TARGET: Final = gauge("goal_target", "", "What a goal is to reach.", TENANT, _GOAL)
FEED_WRITES: Final = counter("feed_writes", "writes", "Channel hashes written to Redis.")
FEED_CHANGES: Final = counter("feed_changes", "changes", "Changes published to Redis.")
FEED_FAILURES: Final = counter("feed_failures", "failures", "Writes to Redis that failed.")
FEED_LAST: Final = gauge(
    "feed_last_success_timestamp_seconds", "seconds",
    "When Redis last took what it was told; absent without a feed.",
)  # fmt: skip
