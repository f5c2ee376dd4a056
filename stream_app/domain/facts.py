"""Facts: what the core says has happened. They are values, and all that the shell reacts to.

Late input re-folds a conversation; the difference between the facts of the two folds is what gets
corrected. So facts are hashable, hold no reference to state, and the same history gives the same facts.

Every event makes some of those that only count. These are classes with constructors of their own: one
that is made by `NamedTuple` or `dataclass` is not compiled.
"""

from dataclasses import dataclass
from typing import NamedTuple

Group = tuple[str, str, str]
"""channel, team, priority"""


@dataclass(slots=True, init=False, unsafe_hash=True)
class Counted:
    """Something that windows and counters count once: `messages_in`, `opened`, and the like."""

    name: str
    at: int
    group: Group

    def __init__(self, name: str, at: int, group: Group) -> None:
        self.name = name
        self.at = at
        self.group = group


@dataclass(slots=True, init=False, unsafe_hash=True)
class TakenBack:
    """Something that was `Counted` and is no longer true: it is uncounted where it was counted."""

    name: str
    at: int
    group: Group

    def __init__(self, name: str, at: int, group: Group) -> None:
        self.name = name
        self.at = at
        self.group = group


@dataclass(slots=True, init=False, unsafe_hash=True)
class Observed:
    """A fulfilled clock instance: its counted time, placed at the reply or solve."""

    clock: str
    at: int
    group: Group
    elapsed: int

    def __init__(self, clock: str, at: int, group: Group, elapsed: int) -> None:
        self.clock = clock
        self.at = at
        self.group = group
        self.elapsed = elapsed


class Outcome(NamedTuple):
    """What became of a clock instance, with all that is needed to check it by hand."""

    type: str  # at_risk | breached | fulfilled | cancelled | activated | paused | resumed
    clock: str
    instance: int
    n: int  # tells repeated outcomes of one type and instance apart
    at: int
    due: int
    target: int
    elapsed: int
    reason: str
    group: Group
    calendar: str
    policy: str
    policy_hash: str
    caused_by: tuple[int, ...]


class ConditionChanged(NamedTuple):
    """An alert rule's condition became true or false for this conversation."""

    rule: str
    clock: str
    instance: int
    active: bool
    since: int
    due: int
    target: int
    elapsed: int
    group: Group
    calendar: str
    policy: str  # name of the SLA policy
    policy_hash: str
    caused_by: tuple[int, ...] = ()  # the events that started, and ended, what the rule looks at


class MergedInto(NamedTuple):
    """The conversation disappeared into another one of the same source."""

    target: str
    at: int
    created_at: int
    oldest_unanswered_at: int


class PassedOn(NamedTuple):
    """A step of a merged conversation, for the one that stays."""

    target: str
    time: int
    kind: int
    cause: int
    operand: tuple[str | int | tuple[str, ...] | None, ...]


class Act(NamedTuple):
    """A person took the conversation out of the figures, or put it back."""

    what: str  # excluded | included
    at: int
    by: str
    why: str


Fact = Counted | TakenBack | Observed | Outcome | ConditionChanged | MergedInto | PassedOn | Act
