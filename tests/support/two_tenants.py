"""A conversations job of two tenants: `acme` on live or event time, `beta` on event time."""

from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule, Policy
from tests.support.conversations import JobRun
from tests.support.talk import HOUR, MINUTE, make_policy, within

PANE = "engagement.pane.v1"
SLA = "engagement.sla.v1"
SIGNAL = "engagement.signal.v1"
UNRESOLVED = AlertRule("ticket_unresolved", {"unresolved_for": 48 * HOUR}, ALWAYS)


def policy(mode: str = "live") -> Policy:
    """A first reply within an hour, a warning at half of it, and unresolved after 48 h."""
    targets = {"first_reply": within(HOUR, 30 * MINUTE), "full_resolution": within(24 * HOUR)}
    made = make_policy(targets, (UNRESOLVED,))
    return Policy(made.hash, {"acme": mode, "beta": "event"}, made.channels, made.sla, made.alerts)


def run(mode: str = "live", partitions: int = 1) -> JobRun:
    """The job under that policy."""
    return JobRun(policy(mode), partitions)
