"""What a step is applied with: the rules, the tenant, and the list that facts go to."""

from dataclasses import dataclass, field

from schemas.states import ClockState, ConversationState

from .facts import Counted, Fact, Group
from .rules import Rulebook


@dataclass(slots=True)
class Turn:
    """The surroundings of one or more steps of conversations of one tenant."""

    rules: Rulebook
    tenant: str
    facts: list[Fact] = field(default_factory=list)
    changed: bool = False  # whether a step did more than be counted
    renewed: dict[int, ClockState] = field(default_factory=dict)  # clocks before their new instance
    promised: bool = False  # whether a clock moved for which something may be promised
    overruled: bool = False  # a status event at the instant of this question keeps it solved

    def count(self, name: str, at: int, state: ConversationState) -> None:
        """Add a counted fact under the conversation's present group."""
        self.facts.append(Counted(name, at, (state.channel, state.team, state.priority)))


def group_of(state: ConversationState) -> Group:
    """The group that figures of a conversation belong to now."""
    return (state.channel, state.team, state.priority)
