"""What another policy version changes, in words that its readers use: tightened, loosened, added, removed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Final, NamedTuple

from stream_app.domain.calendar import OfficeCalendar
from stream_app.domain.policy import AlertRule, Match, Policy, SlaPolicy, Target
from stream_app.policyfile.scalars import format_duration

TIGHTENED: Final = "tightened"
LOOSENED: Final = "loosened"
ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"

_TOLD_APART: Final = frozenset({"hash", "raw", "sla", "alerts", "calendars"})
_DURATIONS: Final = frozenset({"allowed_lateness", "retention", "max_open_age"})


class Difference(NamedTuple):
    """One thing that is different; `where` is its path in the policy file."""

    kind: str  # tightened | loosened | added | removed | changed
    where: str
    what: str

    def as_json(self) -> dict[str, str]:
        """For programs."""
        return self._asdict()


def differences(old: Policy, new: Policy) -> list[Difference]:
    """Everything that the new version changes; empty when they mean the same."""
    return [
        *_named("sla", _by_name(old.sla), _by_name(new.sla), _sla),
        *_order(old, new),
        *_named("alerts", _by_name(old.alerts), _by_name(new.alerts), _alert),
        *_named("calendars", old.calendars, new.calendars, _calendar),
        *_rest(old, new),
    ]


def _by_name(entries: Iterable[Any]) -> dict[str, Any]:
    return {entry.name: entry for entry in entries}


def _named(
    section: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    compare: Callable[[str, Any, Any], Iterable[Difference]],
) -> Iterator[Difference]:
    for name, entry in new.items():
        where = _path(section, name)
        if name not in old:
            yield Difference(ADDED, where, _described(entry))
        elif old[name] != entry:
            yield from compare(where, old[name], entry)
    for name in old.keys() - new.keys():
        yield Difference(REMOVED, _path(section, name), _described(old[name]))


def _path(section: str, name: str) -> str:
    # As findings of `policy check` name it: clocks are keys, everything else has a name of its own.
    return f"{section}.{name}" if section.endswith(".targets") else f"{section}[{name}]"


def _order(old: Policy, new: Policy) -> Iterator[Difference]:
    names = [sla.name for sla in new.sla if sla.name in _by_name(old.sla)]
    before = [sla.name for sla in old.sla if sla.name in _by_name(new.sla)]
    if names != before:
        yield Difference(CHANGED, "sla", f"order {', '.join(before)} → {', '.join(names)}")


def _sla(where: str, old: SlaPolicy, new: SlaPolicy) -> Iterator[Difference]:
    yield from _named(f"{where}.targets", old.targets, new.targets, _target)
    if old.match != new.match:
        yield Difference(CHANGED, f"{where}.match", _arrow(_match(old.match), _match(new.match)))
    if old.calendar.name != new.calendar.name:
        names = _arrow(old.calendar.name, new.calendar.name)
        yield Difference(CHANGED, f"{where}.calendar", names)
    if old.bot_counts != new.bot_counts:
        kind = LOOSENED if new.bot_counts else TIGHTENED
        yield Difference(kind, f"{where}.bot_counts", _arrow(old.bot_counts, new.bot_counts))


def _target(where: str, old: Target, new: Target) -> Iterator[Difference]:
    if old.within != new.within:
        kind = TIGHTENED if new.within < old.within else LOOSENED
        text = _arrow(format_duration(old.within), format_duration(new.within))
        yield Difference(kind, where, text)
    if old.calendar.name != new.calendar.name:
        names = _arrow(old.calendar.name, new.calendar.name)
        yield Difference(CHANGED, f"{where}.calendar", names)
    if old.pause_on != new.pause_on:
        text = _arrow(_listed(old.pause_on), _listed(new.pause_on))
        yield Difference(CHANGED, f"{where}.pause_on", text)
    if old.warn != new.warn and old.within == new.within:
        steps = (", ".join(format_duration(step) for step in t.warn) or "none" for t in (old, new))
        yield Difference(CHANGED, f"{where}.warn", _arrow(*steps))


def _alert(where: str, old: AlertRule, new: AlertRule) -> Iterator[Difference]:
    before, after = old.condition.get("unresolved_for"), new.condition.get("unresolved_for")
    if isinstance(before, int) and isinstance(after, int) and before != after:
        kind = TIGHTENED if after < before else LOOSENED
        yield Difference(kind, where, _arrow(format_duration(before), format_duration(after)))
    elif old.condition != new.condition:
        yield Difference(
            CHANGED, f"{where}.when", _arrow(_condition(old.condition), _condition(new.condition))
        )
    others = (f.name for f in fields(old) if f.name not in ("condition", "name", "calendar"))
    changed = [name for name in others if getattr(old, name) != getattr(new, name)]
    if old.calendar.name != new.calendar.name:
        changed.append("calendar")
    if changed:
        yield Difference(CHANGED, where, ", ".join(changed))


def _calendar(where: str, old: object, new: object) -> Iterator[Difference]:
    if not isinstance(old, OfficeCalendar) or not isinstance(new, OfficeCalendar):
        yield Difference(CHANGED, where, "")
        return
    if old.holidays != new.holidays:
        more, fewer = len(new.holidays - old.holidays), len(old.holidays - new.holidays)
        yield Difference(CHANGED, f"{where}.holidays", f"{more} days more, {fewer} days fewer")
    names = ("zone", "hours", "closed", "open")
    changed = [name for name in names if getattr(old, name) != getattr(new, name)]
    if changed:
        yield Difference(CHANGED, where, ", ".join(changed))


def _rest(old: Policy, new: Policy) -> Iterator[Difference]:
    for item in fields(Policy):
        before, after = getattr(old, item.name), getattr(new, item.name)
        if item.name in _TOLD_APART or before == after:
            continue
        if isinstance(before, Mapping | frozenset) and isinstance(after, Mapping | frozenset):
            yield from _members(item.name, before, after)
        elif item.name in _DURATIONS:
            text = _arrow(format_duration(before), format_duration(after))
            yield Difference(CHANGED, item.name, text)
        else:
            yield Difference(CHANGED, item.name, _short(before, after))


def _members(where: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Difference]:
    before, after = set(old), set(new)
    for name in sorted(after - before):
        yield Difference(ADDED, f"{where}[{name}]", "")
    for name in sorted(before - after):
        yield Difference(REMOVED, f"{where}[{name}]", "")
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted(name for name in before & after if old[name] != new[name]):
            yield Difference(CHANGED, f"{where}[{name}]", _short(old[name], new[name]))


def _described(entry: object) -> str:
    if isinstance(entry, Target):
        return format_duration(entry.within)
    if isinstance(entry, AlertRule):
        return _condition(entry.condition)
    if isinstance(entry, SlaPolicy):
        targets = (f"{name} {format_duration(t.within)}" for name, t in entry.targets.items())
        return ", ".join(targets)
    return ""


def _condition(condition: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_value(name, value)}" for name, value in condition.items())


def _value(name: str, value: object) -> str:
    spans = ("unresolved_for", "for", "over")
    return format_duration(value) if name in spans and isinstance(value, int) else str(value)


def _match(match: Match) -> str:
    parts = {f.name: getattr(match, f.name) for f in fields(match)}
    return "; ".join(f"{name} {_listed(words)}" for name, words in parts.items() if words) or "any"


def _listed(words: Iterable[str] | None) -> str:
    return ", ".join(sorted(words or ())) or "none"


def _arrow(old: object, new: object) -> str:
    return f"{old} → {new}"


def _short(old: object, new: object) -> str:
    text = _arrow(old, new)
    return text if isinstance(old, str | int | float) and len(text) <= 80 else ""
