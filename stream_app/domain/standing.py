"""Who stands where in one group now: levels, and which conversations come first in each of them.

Everything is absolute. Queues are by an instant, earliest first; how old open conversations are is
kept as a sorted array of their creations, eight bytes each, so that any age can be counted at any
moment, and a level that grows by time alone costs nothing until somebody looks.
"""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final

from schemas.rows import StatePeek
from schemas.states import ConversationState
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.levels import AT_RISK, LEVELS, OVERDUE, most_pressing
from stream_app.domain.policy import Policy

GroupKey = tuple[str, str, str, str]
"""tenant, channel, team, priority"""

Part = tuple[GroupKey, int, int, int, int]
"""What a conversation adds to the levels: group, level bits, waiting since, created at, due; in ms, 0
for none. `due` is that of its most pressing clock where it is overdue or at risk."""

QUEUES: Final = ("overdue", "at_risk", "waiting")
TOP: Final = 10
UNRESOLVED: Final = 48 * 3_600_000
MOST_AGES: Final = 8
NEVER: Final = 1 << 62
_URGENT: Final = OVERDUE | AT_RISK
_SLACK: Final = 64
_BITS: Final = tuple(
    tuple(bit for bit in range(len(LEVELS)) if flags >> bit & 1)
    for flags in range(1 << len(LEVELS))
)


def part_of(tenant: str, state: ConversationState | StatePeek) -> Part:
    """A conversation's part in the levels. Where a clock presses, the whole state is needed."""
    flags, group = state.flags, (tenant, state.channel, state.team, state.priority)
    if not flags:
        return (group, 0, 0, 0, 0)
    due = 0
    if flags & _URGENT and isinstance(state, ConversationState):
        due = most_pressing(state).due or NEVER
    return (group, flags, state.waiting_since, state.created_at, due)


def ages_of(policy: Policy) -> tuple[int, ...]:
    """The ages (ms) at which open conversations are counted: 48 h, and those that alert rules ask for.

    Around the clock: of a rule that counts business hours no level can be told by its name.
    """
    rules = (rule for rule in policy.alerts if rule.calendar.name == ALWAYS.name)
    asked = {rule.condition.get("unresolved_for") for rule in rules}
    ages = sorted({UNRESOLVED, *(age for age in asked if isinstance(age, int))})
    return tuple(ages[:MOST_AGES]) if UNRESOLVED in ages[:MOST_AGES] else (UNRESOLVED,)


def nothing_in(group: GroupKey) -> Part:
    """The part of a conversation that is not in a group."""
    return (group, 0, 0, 0, 0)


def presses(flags: int) -> bool:
    """Whether level bits say that a clock is breached or at risk."""
    return flags & _URGENT != 0


class Queue:
    """Conversations by an instant, earliest first; entries that are over go when they are met."""

    __slots__ = ("_heap", "_of")

    def __init__(self) -> None:
        self._of: Final[dict[bytes, int]] = {}
        self._heap: Final[list[tuple[int, bytes]]] = []

    def put(self, conversation: bytes, at: int) -> None:
        """Let a conversation stand at `at`, and nowhere else; 0: not at all."""
        if not at:
            self._of.pop(conversation, None)
        elif self._of.get(conversation) != at:
            self._of[conversation] = at
            heappush(self._heap, (at, conversation))
            self._trim()

    def first(self) -> int:
        """The earliest instant; 0 when nobody is here."""
        found = self.top(1)
        return found[0][0] if found else 0

    def top(self, most: int = TOP) -> list[tuple[int, bytes]]:
        """The first conversations with their instants."""
        found: list[tuple[int, bytes]] = []
        while self._heap and len(found) < most:
            entry = heappop(self._heap)
            if self._of.get(entry[1]) == entry[0] and (not found or found[-1] != entry):
                found.append(entry)
        for entry in found:
            heappush(self._heap, entry)
        return found

    def _trim(self) -> None:
        if len(self._heap) > 2 * len(self._of) + _SLACK:
            self._heap[:] = [(at, conversation) for conversation, at in self._of.items()]
            heapify(self._heap)


@dataclass(slots=True)
class Standing:
    """The levels of one group in one source partition."""

    counts: list[int] = field(default_factory=lambda: [0] * len(LEVELS))
    queues: tuple[Queue, ...] = field(default_factory=lambda: tuple(Queue() for _ in QUEUES))
    created: "array[int]" = field(default_factory=lambda: array("q"))  # of live ones, ascending
    shown: frozenset[bytes] = frozenset()  # conversations in the lists that were told last
    aged: tuple[int, ...] = ()  # how many were older than each threshold when it was told last

    def change(self, conversation: bytes, before: Part, after: Part) -> None:
        """A conversation's part in this group is another one now."""
        was, flags = before[1], after[1]
        for bit in _BITS[was ^ flags]:
            self.counts[bit] += 1 if flags >> bit & 1 else -1
        overdue, at_risk, waiting = self.queues
        if before[2] != after[2]:
            waiting.put(conversation, after[2])
        if before[4] != after[4] or (was ^ flags) & _URGENT:
            overdue.put(conversation, after[4] if flags & OVERDUE else 0)
            at_risk.put(conversation, after[4] if flags & AT_RISK else 0)
        if before[3] != after[3]:
            self._recreated(before[3], after[3])

    def levels(self, tick: int, ages: Sequence[int]) -> dict[str, int]:
        """All levels by name; names that end in `_since` are instants in ms, 0 for none."""
        levels = dict(zip(LEVELS, self.counts, strict=True))
        levels["oldest_waiting_since"] = self.queues[2].first()
        levels["longest_open_since"] = self.created[0] if self.created else 0
        levels.update(zip(map(age_level, ages), self.older(tick, ages), strict=True))
        return levels

    def tell(self, tick: int, ages: Sequence[int]) -> dict[str, int]:
        """The levels for those who are told of changes only: remembers what time may change."""
        self.aged = self.older(tick, ages)
        return self.levels(tick, ages)

    def older(self, tick: int, ages: Sequence[int]) -> tuple[int, ...]:
        """How many live conversations have reached each age."""
        return tuple([bisect_right(self.created, tick - age) for age in ages])

    def tops(self) -> dict[str, list[tuple[int, bytes]]]:
        """The first conversations of each list, and remember that these are the ones shown."""
        found = {name: queue.top() for name, queue in zip(QUEUES, self.queues, strict=True)}
        self.shown = frozenset(item[1] for items in found.values() for item in items)
        return found

    def _recreated(self, before: int, after: int) -> None:
        if before:
            del self.created[bisect_left(self.created, before)]
        if after:
            insort(self.created, after)


def age_level(age: int) -> str:
    """The name of the level of those that have been open for `age` ms or longer: `unresolved_48h`."""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if age % size == 0:
            return f"unresolved_{age // size}{unit}"
    return f"unresolved_{age}ms"
