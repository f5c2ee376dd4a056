"""The names that a policy may use: clocks, statuses, window figures, levels."""

from typing import Final

from schemas.events import STATUSES
from stream_app.domain.figures import READINGS
from stream_app.domain.measures import OUTCOMES, VOLUMES

_ENDED: Final = ("solved", "closed", "merged", "deleted", "spam")
LIVE_STATUSES: Final = tuple(status for status in STATUSES if status not in _ENDED)
_NOT_AGENT: Final = tuple(status for status in LIVE_STATUSES if status not in ("new", "open"))
_NOT_CUSTOMER: Final = tuple(status for status in LIVE_STATUSES if status != "pending_customer")

DEFAULT_PAUSES: Final[dict[str, tuple[str, ...]]] = {
    "first_reply": (),
    "next_reply": (),
    "periodic_update": (),
    "pausable_update": ("pending_customer", "bot", "snoozed"),
    "requester_wait": ("pending_customer", "bot", "snoozed"),
    "agent_work": _NOT_AGENT,
    "agent_wait": _NOT_CUSTOMER,
    "first_resolution": (),
    "full_resolution": (),
    "total_resolution": ("bot", "snoozed"),
}
"""Every clock, and the statuses in which it stands still unless `pause_on` says otherwise."""

CLOCKS: Final = tuple(DEFAULT_PAUSES)
STATISTICS: Final = ("mean", "max", "p50", "p90", "p95", "p99")
RATIO: Final = "ratio"
COUNT: Final = "count"
TIME: Final = "time"

LEVELS: Final[dict[str, str]] = {
    "open": COUNT,
    "waiting": COUNT,
    "overdue": COUNT,
    "at_risk": COUNT,
    "unassigned": COUNT,
    "unattended": COUNT,
    "oldest_waiting": TIME,
    "longest_open": TIME,
    "unresolved_48h": COUNT,
}
WINDOW_FIGURES: Final[dict[str, str]] = {
    **{f"{clock}_{reading}_ratio": RATIO for clock in CLOCKS for reading in READINGS},
    **dict.fromkeys(("first_contact_ratio", "self_service_ratio"), RATIO),
    **{f"{clock}_{word}_seconds": TIME for clock in CLOCKS for word in STATISTICS},
    **{f"{clock}_{word}": COUNT for clock in CLOCKS for word in OUTCOMES},
    **dict.fromkeys(VOLUMES, COUNT),
    "csat_ratio": RATIO,
    "csat_count": COUNT,
}
"""Figures of a window and their kind. Times are named in seconds and written as durations."""

FIGURE_ALIASES: Final = {f"{clock}_seconds": f"{clock}_p90_seconds" for clock in CLOCKS}
"""A time without a word for the statistic means what nine in ten did not exceed."""
