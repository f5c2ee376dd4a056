"""Alert rules that stand on figures rather than on one conversation: is their condition true now?

Rules:
1. A rule without `match` is judged for every channel by itself; one that names teams for every team (of
   every channel that it names), one that names priorities for every channel, team and priority.
   Goals and stale data are a matter of the whole tenant, silence one of each source.
2. Nothing is judged on figures that are not complete: then the answer is unknown, and what was said before
   stands. Stale data is what that very rule is about, and is judged nevertheless.
3. A window is judged from `min_count` things on; below that its condition does not hold. Of a ratio those
   are what it is a share of, of times the observations, of a count the count.
4. Times are seconds here and in views, milliseconds in a policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from schemas.instants import format_ms, parse_ms
from stream_app.domain.figures import figure_of
from stream_app.domain.policy import AlertRule, Policy
from stream_app.domain.scopes import Scope, combinations
from stream_app.domain.spans import span_name

KINDS: Final = ("window", "level", "goal", "volume", "source", "data")
_OF_TENANT: Final = frozenset({"goal", "source", "data"})


class Sight(Protocol):
    """What can be seen of one scope of a tenant at an instant."""

    @property
    def as_of(self) -> int: ...
    @property
    def complete(self) -> bool: ...
    def window(self, over: int) -> Mapping[str, Any]: ...
    def levels(self) -> Mapping[str, Any]: ...
    def goal(self, name: str) -> Mapping[str, Any] | None: ...
    def volume(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """One such rule, and which parts of a scope it is judged for."""

    rule: AlertRule
    kind: str
    parts: tuple[str, ...]

    @property
    def hold(self) -> int:
        """Its `for`, where the alert waits for it (of silence and stale data it is the condition)."""
        lasts = self.rule.condition.get("for")
        return lasts if isinstance(lasts, int) and self.kind in ("window", "level") else 0

    def concerns(self, tenant: str, scope: Scope) -> bool:
        """Whether it is to be judged for a scope."""
        match = self.rule.match
        if tuple(name for name, _ in scope.parts) != self.parts:
            return False
        if match.tenant and tenant not in match.tenant:
            return False
        wanted = {"channel": match.channel, "team": match.team, "priority": match.priority}
        return all(not wanted[name] or value in wanted[name] for name, value in scope.parts)


class Verdict(NamedTuple):
    """What a rule says at an instant. `holds` None: unknown. `since` 0: just now, as far as is known."""

    holds: bool | None
    value: float | None = None
    threshold: float | None = None
    explain: Mapping[str, Any] = {}
    since: int = 0


UNKNOWN: Final = Verdict(None)


def compile_channel_rules(policy: Policy) -> tuple[ChannelRule, ...]:
    """The rules of a policy that are judged on figures."""
    kinds = combinations(policy.group_by)
    found = ((rule, next((k for k in KINDS if k in rule.condition), "")) for rule in policy.alerts)
    return tuple(ChannelRule(rule, kind, _parts(rule, kind, kinds)) for rule, kind in found if kind)


def judge(rule: ChannelRule, sight: Sight) -> Verdict:
    """A rule on a window, a level, a goal or the volume of a scope."""
    if not sight.complete:
        return UNKNOWN
    verdict = _JUDGES[rule.kind](rule.rule.condition, sight)
    about = {"as_of": format_ms(sight.as_of), "calendar": rule.rule.calendar.name}
    return verdict._replace(explain={**verdict.explain, **about})


def judge_silence(rule: AlertRule, last: int, as_of: int) -> Verdict:
    """Whether a source that was last heard of at `last` is silent, in the calendar of the rule."""
    return _lasting(rule, last, as_of, {"last_heard": format_ms(last)})


def judge_staleness(rule: AlertRule, missing: tuple[int, ...], since: int, now: int) -> Verdict:
    """Whether figures have lacked source partitions for too long; `since` 0: they lack none."""
    if not missing or not since:
        return Verdict(False)
    names = ", ".join(map(str, missing))
    return _lasting(rule, since, now, {"missing_partitions": names})


def subject_of(rule: ChannelRule, scope: Scope) -> dict[str, str]:
    """How a signal names what it is about."""
    kind = "channel" if rule.parts == ("channel",) else "group"
    return {"kind": kind, **dict(scope.parts)}


def _parts(rule: AlertRule, kind: str, kinds: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    match = rule.match
    if kind in _OF_TENANT:
        return ()
    wanted: tuple[str, ...] = ("channel",)
    if match.priority:
        wanted = ("channel", "team", "priority")
    elif match.team:
        wanted = ("channel", "team") if match.channel else ("team",)
    return wanted if wanted in kinds else ()


def _lasting(rule: AlertRule, since: int, now: int, explain: Mapping[str, Any]) -> Verdict:
    needed = rule.condition.get("for")
    assert isinstance(needed, int)
    lasted = rule.calendar.elapsed(since, now)
    explain = {**explain, "calendar": rule.calendar.name, "as_of": format_ms(now)}
    holds = lasted >= needed
    start = rule.calendar.due(since, needed) if holds else 0
    return Verdict(holds, lasted / 1000, needed / 1000, explain, start)


def _window(when: Mapping[str, object], sight: Sight) -> Verdict:
    name, over, least = str(when["window"]), _int(when["over"]), _int(when.get("min_count") or 0)
    figures = sight.window(over)
    explain: dict[str, Any] = {"figure": name, "over": span_name(over), "min_count": least}
    if "suppressed" in figures and name not in figures and not name.startswith(_VOLUMES):
        return Verdict(None, explain=explain)
    value, count = figure_of(figures, name)
    explain["count"] = count
    if value is None or count < least:
        return Verdict(False, value, _limit(when, name), explain)
    return _compared(when, name, value, explain)


def _level(when: Mapping[str, object], sight: Sight) -> Verdict:
    name = str(when["level"])
    levels = sight.levels()
    value = levels.get(f"{name}_seconds", levels.get(name, 0))
    verdict = _compared(when, name, value, {"figure": name})
    above = when.get("above")
    if verdict.holds and f"{name}_seconds" in levels and isinstance(above, int):
        # An age passes its limit at a known instant, whenever somebody looks.
        grown = round((value - above / 1000) * 1000)
        return verdict._replace(since=sight.as_of - grown)
    return verdict


def _goal(when: Mapping[str, object], sight: Sight) -> Verdict:
    goal = sight.goal(str(when["goal"]))
    if goal is None or goal["state"] == "unknown":
        return UNKNOWN
    explain = {"figure": goal["metric"], "goal": goal["name"], "over": goal["over"]}
    return Verdict(goal["state"] == when["is"], goal.get("value"), goal["target"], explain)


def _volume(when: Mapping[str, object], sight: Sight) -> Verdict:
    seen = sight.volume()
    if not seen or seen.get("verdict") == "unknown":
        return UNKNOWN
    holds = seen["verdict"] == when["volume"]
    explain = {name: value for name, value in seen.items() if name != "history"}
    since = parse_ms(seen["since"]) if holds and seen.get("since") else 0
    return Verdict(holds, seen.get("observed"), seen.get("expected"), explain, since)


def _compared(
    when: Mapping[str, object], name: str, value: float, explain: Mapping[str, Any]
) -> Verdict:
    limit, below = _limit(when, name), "below" in when
    holds = value < limit if below else value > limit
    return Verdict(holds, value, limit, {**explain, "limit": "below" if below else "above"})


def _limit(when: Mapping[str, object], name: str) -> float:
    limit = when["below"] if "below" in when else when["above"]
    assert isinstance(limit, int | float)
    timed = name.endswith("_seconds") or name in ("oldest_waiting", "longest_open")
    return limit / 1000 if timed else limit


def _int(value: object) -> int:
    assert isinstance(value, int), value
    return value


_VOLUMES: Final = ("messages_", "opened", "solved", "reopened")
_JUDGES: Final = {"window": _window, "level": _level, "goal": _goal, "volume": _volume}
