"""From the normal form of a file to the policy that the core works with."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.domain.openhours import Interval
from stream_app.domain.policy import (
    AlertRule,
    Calendar,
    Escalation,
    Goal,
    Match,
    Policy,
    Receiver,
    SlaPolicy,
    Target,
    Volume,
)
from stream_app.policyfile.blocks import Values
from stream_app.policyfile.figures import DEFAULT_PAUSES
from stream_app.policyfile.grammar_receivers import STATES
from stream_app.policyfile.holiday_days import holiday_dates
from stream_app.policyfile.receiver_checks import WAYS
from stream_app.policyfile.scalars import Hours, Share, Span

Calendars = dict[str, Calendar]


def fill(values: Values) -> None:
    """Write down what is inherited: calendars, pauses, severities and receivers."""
    for entry in values["sla"]:
        for clock, target in entry["targets"].items():
            target.setdefault("calendar", entry["calendar"])
            target.setdefault("pause_on", list(DEFAULT_PAUSES[clock]))
    for rule in values["alerts"]:
        rule["escalate"].sort(key=lambda step: step["after"].ms)
        severity, to = rule["severity"], rule["to"]
        for step in rule["escalate"]:
            severity = step.setdefault("severity", severity)
            to = step.setdefault("to", to)


def build(values: Values, shown: Values, years: Sequence[int]) -> Policy:
    """The policy; its hash is left empty."""
    calendars: Calendars = {
        name: calendar(name, entry, years) for name, entry in values["calendars"].items()
    }
    calendars["always"] = ALWAYS
    tenants = {name: entry["clock"] for name, entry in values["tenants"].items()}
    return Policy(
        hash="",
        tenants=tenants,
        channels=frozenset(values["channels"]),
        sla=tuple(_sla(entry, calendars) for entry in values["sla"]),
        alerts=tuple(_alert(entry, calendars) for entry in values["alerts"]),
        windows=tuple(sorted(span.ms for span in values["windows"]["over"])),
        group_by=tuple(values["windows"]["group_by"]),
        allowed_lateness=values["allowed_lateness"].ms,
        retention=values["state"]["retention"].ms,
        max_open_age=values["state"]["max_open_age"].ms,
        min_group_size=values["privacy"]["min_group_size"],
        per_person=values["privacy"]["per_person"],
        sla_events=values["sla_events"],
        receivers={
            name: _receiver(name, entry, calendars) for name, entry in values["receivers"].items()
        },
        calendars=calendars,
        goals=tuple(_goal(entry) for entry in values["goals"]),
        volume=_volume(values["volume"]),
        raw=shown,
    )


def calendar(name: str, entry: Values, years: Sequence[int]) -> OfficeCalendar:
    """Business time with its holidays looked up."""
    week: list[tuple[Interval, ...]] = [()] * 7
    for days, spans in entry["hours"].items():
        for number in days.numbers:
            week[number] = _intervals(spans)
    return OfficeCalendar(
        name=name,
        zone=entry["zone"],
        hours=tuple(week),
        holidays=_holidays(entry.get("holidays"), years),
        closed=frozenset(entry["closed"]),
        open={day: _intervals(spans) for day, spans in entry["open"].items()},
    )


def _holidays(entry: Values | None, years: Sequence[int]) -> frozenset[date]:
    if entry is None:
        return frozenset()
    kinds = tuple(sorted(entry["categories"]))
    return holiday_dates(entry["country"], entry.get("subdivision"), kinds, years)


def _intervals(spans: list[Hours]) -> tuple[Interval, ...]:
    return tuple(sorted((span.start, span.end) for span in spans))


def _match(entry: Values) -> Match:
    return Match(**{name: frozenset(words) for name, words in entry.items()})


def _sla(entry: Values, calendars: Calendars) -> SlaPolicy:
    return SlaPolicy(
        name=entry["name"],
        targets={clock: _target(item, calendars) for clock, item in entry["targets"].items()},
        calendar=calendars[entry["calendar"]],
        match=_match(entry["match"]),
        bot_counts=entry["bot_counts"],
    )


def _target(entry: Values, calendars: Calendars) -> Target:
    within = entry["within"].ms
    return Target(
        within=within,
        calendar=calendars[entry["calendar"]],
        warn=tuple(sorted({_warning(step, within) for step in entry["warn"]})),
        pause_on=frozenset(entry["pause_on"]),
    )


def _warning(step: Share | Span, within: int) -> int:
    """When a step fires, as counted time from the start."""
    if isinstance(step, Share):
        return within * step.milli // 100_000
    return within - step.ms


def _alert(entry: Values, calendars: Calendars) -> AlertRule:
    return AlertRule(
        name=entry["name"],
        condition={name: _plain(value) for name, value in entry["when"].items()},
        calendar=calendars[entry["calendar"]],
        match=_match(entry["match"]),
        severity=entry["severity"],
        to=tuple(entry["to"]),
        options={
            "remind_every": _plain(entry.get("remind_every", 0)),
            "keep_firing_for": entry["keep_firing_for"].ms,
            "ack_expires": entry["ack_expires"].ms,
            "escalate": tuple(
                Escalation(step["after"].ms, step["severity"], tuple(step["to"]))
                for step in entry["escalate"]
            ),
        },
    )


def _receiver(name: str, entry: Values, calendars: Calendars) -> Receiver:
    way = next(way for way in WAYS if way in entry)
    kept = ("url", "url_file", "preset", "template", "key_file", "headers_file", "allow_private")
    values = entry[way]
    secrets = [values["secret_file"]] if "secret_file" in values else []
    found: Values = {key: values[key] for key in kept if key in values}
    found |= {key: entry[key] for key in ("language", "zone", "templates") if key in entry}
    if "timeout" in values:
        found["timeout"] = values["timeout"].ms
    states = tuple(values.get("states", ()))
    return Receiver(
        name=name,
        kind=way,
        calendar=calendars[entry["calendar"]],
        secret_files=(*secrets, *values.get("secret_files", ())),
        states=() if set(states) == set(STATES) else states,
        to=tuple(values.get("to", ())),
        sender=values.get("from", ""),
        **found,
    )


def _goal(entry: Values) -> Goal:
    target = float(_plain(entry["target"]))
    return Goal(entry["name"], entry["metric"], entry["over"].ms, target)


def _volume(entry: Values) -> Volume:
    return Volume(
        season=entry["season"],
        slot=entry["slot"].ms,
        learn_for=entry["learn_for"].ms,
        min_count=entry["min_count"],
        sensitivity=float(entry["sensitivity"]),
    )


def _plain(value: Any) -> Any:
    return value.ms if isinstance(value, Span) else value
