"""A checked policy as a record and back, without the file and without the holidays package.

Rules:
1. Every field of the policy's dataclasses is written under its name; calendars stand once, by name.
2. A field that an older release does not know is ignored by it, one that is missing has its default.
3. A record that this release cannot read is an error that names the version, never half a policy.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any, Final

import msgspec

from schemas.policies import FORMAT, CalendarRecord, PolicyRecord, decode_policy, encode
from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.domain.policy import AlertRule, Calendar, Escalation, Policy
from stream_app.errors import UserError

MAX_BYTES: Final = 900_000  # brokers refuse records of more than 1 MiB by default
_APART: Final = frozenset({"calendars", "raw"})  # stand beside `policy` in the record


class UnreadableVersionError(Exception):
    """A record of the policy topic that this release cannot follow."""


def encode_version(policy: Policy) -> bytes:
    """The value of a version's record. Raises UserError when it would be too large for a topic."""
    plain = {f.name: _plain(getattr(policy, f.name)) for f in fields(policy) if _is_kept(f.name)}
    calendars = {
        name: _calendar(calendar)
        for name, calendar in policy.calendars.items()
        if isinstance(calendar, OfficeCalendar)
    }
    file = msgspec.to_builtins(policy.raw, str_keys=True)
    value = encode(
        PolicyRecord(format=FORMAT, hash=policy.hash, calendars=calendars, policy=plain, file=file)
    )
    if len(value) > MAX_BYTES:
        raise UserError(
            f"the policy takes {len(value)} bytes with its holidays, the limit is {MAX_BYTES}",
            "let SLA policies share calendars, or take out calendars that nothing uses",
        )
    return value


def decode_version(value: bytes) -> Policy:
    """The policy of a record. Raises UnreadableVersionError."""
    try:
        record = decode_policy(value)
        if record.format > FORMAT:
            raise UnreadableVersionError(
                f"policy version {record.hash} has format {record.format}, "
                f"this release reads up to {FORMAT}"
            )
        return _policy(record)
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError) as error:
        raise UnreadableVersionError(f"a policy version cannot be read: {error}") from error


def _is_kept(name: str) -> bool:
    return name not in _APART


def _plain(value: Any) -> Any:
    if isinstance(value, Calendar):
        return value.name
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _calendar(calendar: OfficeCalendar) -> CalendarRecord:
    return CalendarRecord(
        zone=calendar.zone,
        hours=[list(day) for day in calendar.hours],
        holidays=sorted(day.isoformat() for day in calendar.holidays),
        closed=sorted(day.isoformat() for day in calendar.closed),
        open={day.isoformat(): list(spans) for day, spans in sorted(calendar.open.items())},
    )


def _policy(record: PolicyRecord) -> Policy:
    calendars: dict[str, Calendar] = {
        name: _office(name, entry) for name, entry in record.calendars.items()
    }
    calendars[ALWAYS.name] = ALWAYS

    def untyped(wanted: type, value: Any) -> Any:
        return calendars[value] if wanted is Calendar else value

    policy = msgspec.convert(record.policy, Policy, dec_hook=untyped, str_keys=True)
    alerts = tuple(_with_steps(rule) for rule in policy.alerts)
    return replace(policy, alerts=alerts, calendars=calendars, raw=record.file)


def _office(name: str, entry: CalendarRecord) -> OfficeCalendar:
    return OfficeCalendar(
        name=name,
        zone=entry.zone,
        hours=tuple(tuple(day) for day in entry.hours),
        holidays=frozenset(map(date.fromisoformat, entry.holidays)),
        closed=frozenset(map(date.fromisoformat, entry.closed)),
        open={date.fromisoformat(day): tuple(spans) for day, spans in entry.open.items()},
    )


def _with_steps(rule: AlertRule) -> AlertRule:
    """Options are untyped; the steps of an escalation are values of their own."""
    steps = rule.options.get("escalate", ())
    assert isinstance(steps, list | tuple)
    escalate = tuple(msgspec.convert(step, Escalation) for step in steps)
    return replace(rule, options={**rule.options, "escalate": escalate})
