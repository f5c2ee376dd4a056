"""A policy compiled for the core: lookups that an event needs, answered without a search.

One `Rules` is one policy version. A conversation names its version by hash; `Rulebook` holds the
present version, those that live conversations still refer to, and since when each has held.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from .calendar import ALWAYS
from .clocks import ALWAYS_KEPT, CLOCK_INDEX, CLOCKS, ClockSpec
from .levels import LIVE_STATUSES
from .policy import AlertRule, Calendar, Policy, SlaPolicy, Target

NO_SLA: Final = -1


@dataclass(frozen=True, slots=True)
class AgeRule:
    """An `unresolved_for` alert rule."""

    rule: AlertRule
    age: int


@dataclass(frozen=True, slots=True)
class ClockRule:
    """An alert rule on a clock being at risk or breached."""

    rule: AlertRule
    clock: str
    index: int  # the clock's number
    state: str  # at_risk | breached


@dataclass(frozen=True, slots=True)
class Plan:
    """How one clock counts under one SLA policy."""

    target: Target | None
    within: int  # ms; 0 without a target
    calendar: Calendar  # the target's, else the policy's, else always
    pause_on: frozenset[str]
    kept: bool  # begin, end, causes and spans are kept: something may be promised for this clock


@dataclass(slots=True)
class Rules:
    """One policy version, ready to be asked."""

    policy: Policy
    ages: tuple[AgeRule, ...] = ()
    clocks: tuple[ClockRule, ...] = ()
    calendars: dict[str, Calendar] = field(default_factory=dict)
    plans: tuple[tuple[Plan, ...], ...] = ()  # by SLA policy, the last for none; by clock
    timed: tuple[tuple[int, ...], ...] = ()  # as plans: the clocks that have a target
    # As plans: from one live status to another, the clocks that stand still in just one of them.
    differing: tuple[dict[tuple[str, str], tuple[int, ...]], ...] = ()
    hash: str = ""  # the version
    traced: bool = False  # every move of a clock is told, not only what became of promises
    _matches: dict[tuple[object, ...], int] = field(default_factory=dict)

    def match(
        self, tenant: str, channel: str, team: str, priority: str, tags: Collection[str]
    ) -> int:
        """Index of the first SLA policy that matches, or NO_SLA."""
        if tags:
            return self._search(tenant, channel, team, priority, tags)
        key = (tenant, channel, team, priority)
        found = self._matches.get(key)
        if found is None:
            found = self._matches[key] = self._search(tenant, channel, team, priority, ())
        return found

    def sla(self, index: int) -> SlaPolicy | None:
        """The SLA policy at an index of this version."""
        return self.policy.sla[index] if 0 <= index < len(self.policy.sla) else None

    def plan(self, index: int, clock: int) -> "Plan":
        """Target, calendar and pauses of a clock (by its number) under SLA policy `index`."""
        return self.plans[index][clock]

    def calendar(self, name: str) -> Calendar:
        """A calendar by the name under which a span was counted."""
        return self.calendars.get(name, ALWAYS)

    def _search(
        self, tenant: str, channel: str, team: str, priority: str, tags: Collection[str]
    ) -> int:
        for index, sla in enumerate(self.policy.sla):
            if sla.match.accepts(tenant, channel, team, priority, tags):
                return index
        return NO_SLA


def compile_rules(policy: Policy) -> Rules:
    """Sort a policy's alert rules by kind and gather its calendars."""
    ages, clocks = [], []
    for rule in policy.alerts:
        age, clock = rule.condition.get("unresolved_for"), rule.condition.get("clock")
        if isinstance(age, int):
            ages.append(AgeRule(rule, age))
        elif isinstance(clock, str) and clock in CLOCK_INDEX:
            number = CLOCK_INDEX[clock]
            clocks.append(ClockRule(rule, clock, number, str(rule.condition["is"])))
    plans = _plans(policy)
    timed = tuple(
        tuple(number for number, plan in enumerate(row) if plan.target is not None) for row in plans
    )
    return Rules(
        policy,
        tuple(ages),
        tuple(clocks),
        _calendars(policy),
        plans,
        timed,
        tuple(_differing(row) for row in plans),
        policy.hash,
        policy.sla_events == "all",
    )


def _plans(policy: Policy) -> tuple[tuple[Plan, ...], ...]:
    promised = {clock for sla in policy.sla for clock in sla.targets}
    kept = set(CLOCK_INDEX) if policy.sla_events == "all" else promised | ALWAYS_KEPT
    # Index -1 is NO_SLA: the last entry serves conversations that no SLA policy matches.
    return tuple(
        tuple(_plan(sla, spec, spec.name in kept) for spec in CLOCKS) for sla in (*policy.sla, None)
    )


def _differing(plans: Iterable[Plan]) -> dict[tuple[str, str], tuple[int, ...]]:
    pauses = [plan.pause_on for plan in plans]
    return {
        (old, new): tuple(
            number
            for number, pause_on in enumerate(pauses)
            if (old in pause_on) != (new in pause_on)
        )
        for old in LIVE_STATUSES
        for new in LIVE_STATUSES
    }


def _plan(sla: SlaPolicy | None, spec: ClockSpec, kept: bool) -> Plan:
    target = sla.targets.get(spec.name) if sla else None
    pauses = spec.pause_on if target is None or target.pause_on is None else target.pause_on
    calendar = target.calendar if target else sla.calendar if sla else ALWAYS
    return Plan(target, target.within if target else 0, calendar, pauses, kept)


def _calendars(policy: Policy) -> dict[str, Calendar]:
    found: dict[str, Calendar] = {ALWAYS.name: ALWAYS}
    for sla in policy.sla:
        found[sla.calendar.name] = sla.calendar
        found.update((t.calendar.name, t.calendar) for t in sla.targets.values())
    found.update((rule.calendar.name, rule.calendar) for rule in policy.alerts)
    return found


class Change(NamedTuple):
    """Another policy version holds for what happens after an instant."""

    after: int
    rules: Rules


@dataclass(slots=True)
class Rulebook:
    """The active policy version, the older ones that are still referred to, and when they changed.

    `changes` is empty while there was only one version; else it ascends, and its first entry is the
    version with which everything began. With it late input is judged as it would have been in time.
    """

    active: Rules
    older: Mapping[str, Rules] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    def at(self, time: int) -> Rules:
        """The version that holds for what happens at an instant."""
        for change in reversed(self.changes):
            if time > change.after:
                return change.rules
        return self.changes[0].rules if self.changes else self.active

    def of(self, version: str) -> Rules:
        """The rules of a version; the active ones when that version is not known any more."""
        if version == self.active.hash:
            return self.active
        return self.older.get(version, self.active)
