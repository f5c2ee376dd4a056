"""Policy versions for tests of activations: rules by name, targets by clock."""

from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule, Policy, Target
from tests.support.talk import HOUR, make_policy, within


def old_rule(hours: int, name: str = "old") -> AlertRule:
    """A conversation has been open for so many hours."""
    return AlertRule(name, {"unresolved_for": hours * HOUR}, ALWAYS)


def breached_rule() -> AlertRule:
    """The first reply is overdue."""
    return AlertRule("breached", {"clock": "first_reply", "is": "breached"}, ALWAYS)


def version(number: int, *alerts: AlertRule, **targets: Target) -> Policy:
    """Version `v<number>`; without targets a first reply within four hours is promised."""
    return make_policy(targets or {"first_reply": within(4 * HOUR)}, alerts, version=f"v{number}")
