"""What late input changes in a story that has been told: facts to add, to withdraw, levels to tell anew.

Rules:
1. Counts, observations and outcomes are added and withdrawn one by one.
2. Conditions of alert rules are levels and stand in an order, so that they are not taken back but told
   anew: of each rule, everything from the first difference on. Where nothing follows the difference,
   the level that stands there is told again.
3. An end that has moved to later is told with its beginning: what was over before an alert's `for` had
   passed left no episode that could end now.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from schemas.states import ConversationState

from .facts import ConditionChanged, Fact


class Difference(NamedTuple):
    """From one telling to the next."""

    added: list[Fact]
    withdrawn: list[Fact]
    retold: list[ConditionChanged]


def difference(before: list[Fact], after: list[Fact], state: ConversationState) -> Difference:
    """What turns the facts told before into those that hold now; `state` is the present one."""
    net = _counted(after)
    net.subtract(_counted(before))
    return Difference(
        [fact for (_, fact), n in net.items() for _ in range(n)],
        [fact for (_, fact), n in net.items() for _ in range(-n)],
        _retold(_stories(before), _stories(after), state),
    )


def _counted(facts: Iterable[Fact]) -> Counter[tuple[type, Fact]]:
    # By kind as well: what is counted and what is taken back are equal as tuples.
    return Counter((type(fact), fact) for fact in facts if not isinstance(fact, ConditionChanged))


Story = list[ConditionChanged]


def _stories(facts: Iterable[Fact]) -> dict[str, Story]:
    stories: dict[str, Story] = {}
    for fact in facts:
        if isinstance(fact, ConditionChanged):
            stories.setdefault(fact.rule, []).append(fact)
    return stories


def _retold(told: dict[str, Story], now: dict[str, Story], state: ConversationState) -> Story:
    found: Story = []
    for rule in {**told, **now}:
        old, new = told.get(rule, []), now.get(rule, [])
        if old != new:
            same = _common(old, new)
            found += _dropped(old[same:], new[same:])
            found += _lasted(old[same:], new[:same], new[same:])
            found += new[same:] or [new[-1] if new else _standing(old[0], state)]
    return found


def _dropped(old: Story, new: Story) -> Story:
    """What ends a beginning that was none. One that has only moved is told as it is now."""
    if not (old and new and old[0].active and new[0].active):
        return []
    only = sum(fact.active for fact in old) == 1 == sum(fact.active for fact in new)
    lasted = len(old) == 1 or new[0].since < old[1].since
    moved = only and lasted and old[0].instance == new[0].instance
    return [] if moved else [old[0]._replace(active=False)]


def _lasted(old: Story, before: Story, new: Story) -> Story:
    """A beginning whose end has moved to later: an alert may have waited for it to last so long."""
    ended_both = old and new and not old[0].active and not new[0].active
    if not (ended_both and before and before[-1].active):
        return []
    return [before[-1]] if new[0].since > old[0].since else []


def _common(old: Sequence[ConditionChanged], new: Sequence[ConditionChanged]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(old), len(new)))


def _standing(withdrawn: ConditionChanged, state: ConversationState) -> ConditionChanged:
    """What holds where the tail tells of no change any more: what was so before it."""
    for condition in state.conditions:
        if condition.active and condition.rule == withdrawn.rule:
            return withdrawn._replace(
                active=True, instance=condition.instance, since=condition.since
            )
    return withdrawn._replace(active=False)
