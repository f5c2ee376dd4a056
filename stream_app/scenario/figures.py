"""Rules on figures in a scenario: judged by the core that workers use, at each instant that matters.

Figures change when something arrives, when a timer runs, and by time alone: a pane leaves a window, a wait
or an age reaches its limit, a source has been silent for long enough. Time stops at each of these.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from stream_app.domain.channel_rules import (
    ChannelRule,
    Verdict,
    compile_channel_rules,
    judge,
    judge_silence,
    subject_of,
)
from stream_app.domain.figures import window_figures
from stream_app.domain.group_levels import level_figures
from stream_app.domain.groups import Groups
from stream_app.domain.policy import Policy
from stream_app.domain.scopes import Group, Scope, scopes_of
from stream_app.domain.signalling import Place, Said, Signalling

WHOLE = "the tenant"


class Seen(Protocol):
    """What a world shows of its figures now."""

    @property
    def now(self) -> int: ...
    @property
    def groups(self) -> Groups: ...
    def window(self, span: int, filters: Mapping[str, str]) -> dict[int, int]: ...
    def levels(self, filters: Mapping[str, str]) -> dict[str, int]: ...
    def goal(self, tenant: str, name: str) -> Mapping[str, Any]: ...
    def goal_changes(self, name: str) -> Iterable[int]: ...


@dataclass(frozen=True, slots=True)
class WorldSight:
    """One scope of a tenant, as it is in a world now; nothing is ever missing there."""

    world: Seen
    tenant: str
    scope: Scope
    complete: bool = True

    @property
    def as_of(self) -> int:
        """The present instant."""
        return self.world.now

    def window(self, over: int) -> Mapping[str, Any]:
        """The figures of a window."""
        return window_figures(self.world.window(over, self._filters))

    def levels(self) -> Mapping[str, Any]:
        """The levels now."""
        return level_figures(self.world.levels(self._filters), self.as_of)

    def goal(self, name: str) -> Mapping[str, Any] | None:
        """How far a goal is."""
        return self.world.goal(self.tenant, name)

    def volume(self) -> Mapping[str, Any]:
        """What is usual is not known here."""
        return {}

    @property
    def _filters(self) -> dict[str, str]:
        return {"tenant": self.tenant, **dict(self.scope.parts)}


@dataclass(slots=True)
class Figures:
    """The rules of a policy on figures, and what they have said."""

    policy: Policy
    world: Seen
    heard: dict[tuple[str, str], int] = field(default_factory=dict)  # tenant, source -> when last
    _rules: tuple[ChannelRule, ...] = ()
    _said: Signalling = field(default_factory=Signalling)

    def __post_init__(self) -> None:
        self._rules = compile_channel_rules(self.policy)

    @property
    def some(self) -> bool:
        """Whether there is any such rule."""
        return bool(self._rules)

    def next_after(self, now: int) -> int:
        """The next instant at which time alone can change what a rule says; 0 for none."""
        return min(
            (at for rule in self._rules for at in self._instants(rule) if at > now), default=0
        )

    def judge(self) -> Iterator[tuple[Said, dict[str, str]]]:
        """What is new, each with the subject that it is about."""
        for rule in self._rules:
            if rule.kind == "source":
                yield from self._silences(rule)
            elif rule.kind in ("window", "level", "goal"):
                for tenant, scope in self._scopes(rule):
                    verdict = judge(rule, WorldSight(self.world, tenant, scope))
                    place = Place(rule.rule.name, tenant, scope.text or WHOLE)
                    yield from self._decide(rule, place, verdict, subject_of(rule, scope))

    def _silences(self, rule: ChannelRule) -> Iterator[tuple[Said, dict[str, str]]]:
        for (tenant, source), last in self.heard.items():
            if not rule.rule.match.tenant or tenant in rule.rule.match.tenant:
                verdict = judge_silence(rule.rule, last, self.world.now)
                place = Place(rule.rule.name, tenant, source)
                subject = {"kind": "source", "source": source}
                yield from self._decide(rule, place, verdict, subject)

    def _decide(
        self, rule: ChannelRule, place: Place, verdict: Verdict, subject: dict[str, str]
    ) -> Iterator[tuple[Said, dict[str, str]]]:
        said = self._said.decide(place, verdict, self.world.now, rule.hold)
        if said is not None:
            yield said, subject

    def _scopes(self, rule: ChannelRule) -> list[tuple[str, Scope]]:
        found: dict[tuple[str, Scope], None] = {}
        for tenant, *group in self.world.groups.states:
            [scope] = scopes_of(Group(*group), (rule.parts,))
            if rule.concerns(tenant, scope):
                found[tenant, scope] = None
        return list(found)

    def _instants(self, rule: ChannelRule) -> Iterator[int]:
        when = rule.rule.condition
        if rule.kind == "source":
            lasts = _ms(when["for"])
            yield from (rule.rule.calendar.due(last, lasts) for last in self.heard.values())
        elif rule.kind == "window":
            for key in self.world.groups.states:
                for start, _, _ in self.world.groups.panes(key):
                    yield start + _ms(when["over"])
        elif rule.kind == "level":
            yield from self._ripening(when)
        elif rule.kind == "goal":
            yield from self.world.goal_changes(str(when["goal"]))

    def _ripening(self, when: Mapping[str, object]) -> Iterator[int]:
        limit = when.get("above", when.get("below"))
        for state in self.world.groups.states.values():
            levels = state.standing.levels(self.world.now, ())
            since = levels.get(f"{when['level']}_since", 0)
            if since and isinstance(limit, int):
                yield since + limit + 1  # above is more than the limit
            for age in self.world.groups.ages:
                yield from (created + age for created in state.standing.created)


def _ms(value: object) -> int:
    assert isinstance(value, int), value
    return value
