"""The world of a scenario: conversations, figures and alerts, and a clock that is moved by hand.

Rules:
1. At an instant what arrives is applied first, then timers at or before it run; then it may be asked.
2. Time is that of a live partition that is at its end: tick and watermark are the present instant.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from schemas.keys import ConversationKey
from stream_app.domain.alerts import Ask
from stream_app.domain.clocks import CLOCK_NAMES
from stream_app.domain.facts import ConditionChanged, Fact, Outcome
from stream_app.domain.fold import Conversation
from stream_app.domain.group_levels import add_levels
from stream_app.domain.groups import Groups
from stream_app.domain.ingested import Ingested, Moment
from stream_app.domain.policy import Policy
from stream_app.domain.rules import Rulebook, compile_rules
from stream_app.domain.standing import GroupKey, Part, ages_of, nothing_in, part_of
from stream_app.scenario.alerting import Alerts, Subject
from stream_app.scenario.desk import Desk
from stream_app.scenario.figures import Figures
from stream_app.scenario.model import Arrival, Command
from stream_app.scenario.past import Past, counted

_ENDS = ("fulfilled", "cancelled")
Filters = Mapping[str, str]


@dataclass(slots=True)
class World:
    """Everything that is known at `now` (ms)."""

    policy: Policy
    now: int = 0
    desk: Desk = field(init=False)
    alerts: Alerts = field(init=False)
    figures: Figures = field(init=False)
    groups: Groups = field(init=False)
    past: Past = field(init=False)
    _parts: dict[ConversationKey, Part] = field(default_factory=dict)
    _ended: dict[tuple[ConversationKey, str, int], list[Outcome]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # What became of earlier instances is asked for here, also without a promise.
        rules = Rulebook(compile_rules(replace(self.policy, sla_events="all")))
        self.desk = Desk(rules, self)
        self.alerts = Alerts(self.policy)
        self.figures = Figures(self.policy, self)
        self.groups = Groups(
            dict.fromkeys(CLOCK_NAMES, ()), self.policy.allowed_lateness, ages_of(self.policy)
        )
        self.past = Past(self.policy, self.groups, self.now)

    def move_to(self, instant: int) -> None:
        """Let time pass up to, and excluding, an instant."""
        while stop := self._stop_before(instant):
            self.now = stop
            self.settle()
        self.now = instant
        self.desk.wake(instant)
        self.alerts.wake(instant - 1)
        self._advance()

    def apply(self, entry: Arrival | Command) -> None:
        """An entry of the file arrives now."""
        if isinstance(entry, Command):
            self._command(entry)
            return
        event = entry.event
        horizon = self.now - self.policy.allowed_lateness
        moment = Moment(self.now, horizon, event.ingest == "import")
        # A copy, because one that is passed on after a merge is written anew.
        own = copy(event)
        own.data = copy(event.data)
        if self.desk.arrive(own, entry.time, self.now, moment):
            self.figures.heard[event.tenant, event.source] = self.now

    def settle(self) -> None:
        """Everything that arrives now is there: run what is due now."""
        self.desk.wake(self.now + 1)
        self._advance()
        for said, about in self.figures.judge():
            self.alerts.told(said, about, self.now)
        self.alerts.wake(self.now)

    def ended(self, key: ConversationKey, clock: str, instance: int) -> Outcome | None:
        """How an instance of a clock ended; None when it has not, or is not known."""
        found = self._ended.get((key, clock, instance))
        return found[-1] if found else None

    def levels(self, filters: Filters) -> dict[str, int]:
        """Levels now; names that end in `_since` are instants (ms), 0 or absent for none."""
        fitting = [state for group, state in self.groups.states.items() if _fits(group, filters)]
        now, ages = self.now, self.groups.ages
        return add_levels(state.standing.levels(now, ages) for state in fitting)

    def window(self, span: int, filters: Filters) -> dict[int, int]:
        """The figures of a window by code (stream_app.domain.measures)."""
        fitting = (group for group in self.groups.states if _fits(group, filters))
        return counted(self.groups, fitting, self.now - span, self.now)

    def goal(self, tenant: str, name: str) -> Mapping[str, Any]:
        """How far a goal of a tenant is."""
        return self.past.progress(tenant, name, self.now)

    def goal_changes(self, name: str) -> Iterator[int]:
        """The instants at which time alone can change the state of a goal."""
        for tenant in self.policy.tenants:
            yield from self.past.changes(tenant, name, self.now)

    def happened(
        self, key: ConversationKey, conversation: Conversation, facts: Sequence[Fact], closed: int
    ) -> None:
        """Facts that hold from now on."""
        for fact in self.groups.book(key.tenant, facts, closed or None):
            if isinstance(fact, ConditionChanged):
                self.alerts.changed(key, conversation.state, fact, self.now)
            elif isinstance(fact, Outcome) and fact.type in _ENDS:
                self._ended.setdefault((key, fact.clock, fact.instance), []).append(fact)

    def taken_back(
        self, key: ConversationKey, conversation: Conversation, done: Ingested, closed: int
    ) -> None:
        """Facts that late input has disproved."""
        for fact in self.groups.book(key.tenant, done.withdrawn, closed or None, -1):
            if isinstance(fact, Outcome) and fact.type in _ENDS:
                self._ended[key, fact.clock, fact.instance].remove(fact)
        for level in done.retold:
            self.alerts.changed(key, conversation.state, level, self.now)

    def moved(self, key: ConversationKey, conversation: Conversation) -> None:
        """The levels that a conversation is part of may have changed."""
        part = part_of(key.tenant, conversation.state)
        before = self._parts.get(key, nothing_in(part[0]))
        self.groups.move("\0".join(key).encode(), before, part)
        self._parts[key] = part

    def _stop_before(self, instant: int) -> int:
        """The next instant before `instant` at which rules on figures want to be asked; 0 for none."""
        change = self.figures.next_after(self.now)
        if not change and not self.figures.some:
            return 0
        stops = [at for at in (change, self.desk.next_wake()) if self.now < at < instant]
        return min(stops, default=0)

    def _command(self, entry: Command) -> None:
        self.alerts.wake(self.now - 1)
        for subject in list(self.alerts.rows):
            if subject.rule == entry.rule and subject.key.id == entry.conversation:
                ask = Ask(entry.action, "", entry.actor, self.now, entry.until, entry.reason)
                self.alerts.command(Subject(*subject), ask)

    def _advance(self) -> None:
        self.past.advance(self.now)
        for tenant in self.policy.tenants:
            self.groups.advance(tenant, self.now)


def _fits(group: GroupKey, filters: Filters) -> bool:
    names = ("tenant", "channel", "team", "priority")
    return all(filters.get(name, value) == value for name, value in zip(names, group, strict=True))
