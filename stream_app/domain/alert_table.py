"""The life of an alert episode as a table: in which state does what lead where.

The table is all there is: a cause that a state does not list changes nothing. The diagram in the
documentation is drawn from it. Which moment or record is which cause stands in the rules of
`stream_app.domain.alerts`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where an episode stands; `none` is a subject that never had one."""

    NONE = "none"
    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Cause(StrEnum):
    """What can happen to an episode."""

    RAISED = "raised"  # the condition holds
    RAISED_FOR = "raised_for"  # the condition holds, and the rule has a `for`
    HELD = "held"  # it has held for all of the `for`
    CLEARED = "cleared"  # it holds no longer, `keep_firing_for` included
    CORRECTED = "corrected"  # late input: it never held
    REPLACED = "replaced"  # the next instance of the same clock holds
    WITHDRAWN = "withdrawn"  # the rule has left the policy
    ACKNOWLEDGED = "acknowledged"  # somebody has taken it
    SNOOZED = "snoozed"  # somebody wants it later
    EXPIRED = "expired"  # the acknowledgement or the snooze has run out
    RELEASED = "released"  # somebody has taken either back


_ENDS: Final = dict.fromkeys(
    (Cause.CLEARED, Cause.CORRECTED, Cause.REPLACED, Cause.WITHDRAWN), State.RESOLVED
)
_HANDS: Final = {Cause.ACKNOWLEDGED: State.ACKNOWLEDGED, Cause.SNOOZED: State.SNOOZED}
_BACK: Final = {Cause.EXPIRED: State.FIRING, Cause.RELEASED: State.FIRING}
_BEGINS: Final = {Cause.RAISED: State.FIRING, Cause.RAISED_FOR: State.PENDING}

TRANSITIONS: Final[Mapping[State, Mapping[Cause, State]]] = MappingProxyType(
    {
        State.NONE: _BEGINS,
        State.PENDING: {Cause.HELD: State.FIRING, **_ENDS},
        State.FIRING: {**_HANDS, **_ENDS},
        State.ACKNOWLEDGED: {**_HANDS, **_BACK, **_ENDS},
        State.SNOOZED: {**_HANDS, **_BACK, **_ENDS},
        State.RESOLVED: _BEGINS,
    }
)

UNRESOLVED: Final = frozenset({State.PENDING, State.FIRING, State.ACKNOWLEDGED, State.SNOOZED})
FIRED: Final = UNRESOLVED - {State.PENDING}


def next_state(state: str, cause: Cause) -> State | None:
    """Where `cause` leads from `state`; None when it changes nothing there."""
    return TRANSITIONS[State(state)].get(cause)


def diagram() -> str:
    """The table as a Mermaid state diagram; causes with the same ends share an arrow."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for state, row in TRANSITIONS.items():
        for cause, target in row.items():
            arrows.setdefault((state, target), []).append(cause.value)
    lines = ["stateDiagram-v2", "    [*] --> none"]
    lines += [f"    {a} --> {b}: {', '.join(causes)}" for (a, b), causes in arrows.items()]
    return "\n".join(lines)
