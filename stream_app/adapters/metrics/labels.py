"""The labels of the catalogue, each with its allowed values or with what bounds them.

No label may hold a conversation, a customer or a person. What is outside the allowed values becomes
`other`; what is not set becomes `none`, because Prometheus cannot tell an empty label from a missing one.
"""

from dataclasses import dataclass
from typing import Final

from schemas.events import OTHER, PRIORITIES

NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Label:
    """A label: its values, or where they come from when an installation defines them."""

    name: str
    help: str
    values: tuple[str, ...] = ()
    bounded_by: str = ""


def fixed(name: str, text: str, *values: str) -> Label:
    """A label with these values and no others."""
    return Label(name, text, values)


def free(name: str, text: str, bounded_by: str) -> Label:
    """A label whose values an installation defines; `bounded_by` names the finite list."""
    return Label(name, text, (), bounded_by)


CLOCKS: Final = ("first_reply", "next_reply", "full_resolution")
OUTCOMES: Final = ("met", "missed", "breached", "cancelled")
CORRECTED: Final = (
    *("messages_in", "messages_out", "opened", "solved", "reopened"),
    *(f"{clock}_{what}" for clock in CLOCKS for what in (*OUTCOMES, "observed")),
    OTHER,
)
NOTED: Final = ("duplicate", "refolded", "too_late", "import_overlap", "unknown_value", OTHER)
MODES: Final = ("live", "catchup", "event")
STATES: Final = ("claiming", "restoring", "running", "frozen", "fused")
BREAKER_STATES: Final = ("closed", "open", "half_open")
STEPS: Final = ("fetch", "apply", "turn", "collect", "build", "commit", "restore")
_ANY_AGENT: Final = (
    "undecodable", "oversized", "wrong_partition", "unknown_tenant", "unknown_policy",
    "internal_error", OTHER,
)  # fmt: skip
REASONS_OF: Final[dict[str, tuple[str, ...]]] = {
    "conversations": (
        *_ANY_AGENT, "invalid_event", "unknown_type", "subject_mismatch", "future_timestamp",
        "merge_loop",
    ),
    "channels": (
        *_ANY_AGENT, "unknown_kind", "unknown_source", "bad_version", "bad_pane", "bad_instant",
        "too_many_groups",
    ),
    "alerts": (*_ANY_AGENT, "invalid", "unknown_action", "key_mismatch"),
}  # fmt: skip
REASONS: Final = tuple(dict.fromkeys(code for codes in REASONS_OF.values() for code in codes))
VERDICTS: Final = ("normal", "spike", "drop", "learning", "quiet", "unknown")
SEVERITIES: Final = ("info", "warning", "critical")

TENANT = free("tenant", "tenant", "`tenants` of the policy, else `other`")
CHANNEL = free(
    "channel",
    "channel of the conversation",
    "`channels` of the policy, else `other`; in windows also `all`",
)
TEAM = free(
    "team",
    "team of the conversation",
    "teams that the policy names, else `other`, `none`; in windows also `all`",
)
PRIORITY = fixed("priority", "priority of the conversation", *PRIORITIES, OTHER, NONE)
PARTITION = free("partition", "partition number of the source", "the partition count")
CLOCK = fixed("clock", "SLA clock", *CLOCKS)
DIRECTION = fixed("direction", "from (in) or to (out) the customer", "in", "out")
KIND = fixed("kind", "what was taken back", *CORRECTED)
NOTE = fixed("note", "what was noticed", *NOTED)
MODE = fixed("mode", "how the tenant's time runs", *MODES)
STATE = fixed("state", "state of an owned partition", *STATES)
SEVERITY = fixed("severity", "severity of the alert", *SEVERITIES)
VERDICT = fixed("verdict", "what is said of the volume", *VERDICTS)
RECEIVER = free(
    "receiver", "who is told", "the receivers of the policy; each Alertmanager by its address"
)
WAY = fixed("way", "how it is told", "webhook", "email", "alertmanager")
BREAKER = fixed("breaker", "state of the circuit breaker", *BREAKER_STATES)
CAUSE = fixed("cause", "why it was not delivered", "superseded", "given_up")
STEP = fixed("step", "step of the engine", *STEPS)
REASON = fixed("reason", "code of the rejection, as in the dead-letter header", *REASONS)
