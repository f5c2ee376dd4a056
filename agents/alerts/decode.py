"""From records to what the core understands: signals, heartbeats, control records, commands.

Raises `BadRecord` for what can be none of these; the job hands such records to the dead-letter topic.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

import msgspec

from schemas.commands import ACTIONS, SNOOZE, decode_command
from schemas.events import CLOCK_ADVANCE, POLICY_ACTIVATE, Event, decode_event
from schemas.instants import parse_ms
from schemas.keys import encode_key
from schemas.outputs import Signal, TenantClock
from stream_app.domain.alert_sources import Beat, Source
from stream_app.domain.alerts import Ask, Seen
from stream_app.domain.ticks import EVENT, LIVE
from stream_app.engine.job import Record

CONTROL: Final = b"control|"
_decode_signal = msgspec.json.Decoder(Signal).decode
T = TypeVar("T")


class BadRecord(Exception):
    """This record can never be applied. `code` is one of a bounded set."""

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(message)
        self.code, self.path, self.message = code, path, message


class Heartbeat(NamedTuple):
    """A source partition is alive, and this far for each tenant."""

    source: Source
    order: tuple[int, int]
    beats: dict[str, Beat]


class Raised(NamedTuple):
    """A signal with what the shell needs of it beside the core."""

    seen: Seen
    mode: str
    source: Source | None


class Advanced(NamedTuple):
    """`clock.advance`: event time of the tenant has reached `until`."""

    tenant: str
    until: int


class Activated(NamedTuple):
    """`policy.activate`: the rules of another policy version hold from here on."""

    version: str


def read_signal(record: Record) -> Raised | Heartbeat | Advanced | Activated | None:
    """A record of the signal topic; None for one that says nothing (a tombstone, `clock.live`)."""
    if record.value is None:
        return None
    if record.key is not None and record.key.startswith(CONTROL):
        return _control(_sound(decode_event, record.value))
    signal = _sound(_decode_signal, record.value)
    if signal.rule is None:
        return _heartbeat(signal)
    return _raised(signal, record)


def read_command(record: Record) -> Ask:
    """A record of the command topic. A command happens when it is appended."""
    command = _sound(decode_command, record.value or b"")
    if command.action not in ACTIONS:
        raise BadRecord("unknown_action", "$.action", f"no such action: {command.action!r}")
    until = _instant(command.until, "$.until") if command.until else 0
    if command.action == SNOOZE and not until:
        raise BadRecord("invalid", "$.until", "a snooze needs an end")
    ask = Ask(command.action, command.alert, command.actor, record.timestamp, until)
    return ask._replace(reason=command.reason or "")


def _control(event: Event) -> Advanced | Activated | None:
    data = event.data
    if event.type == POLICY_ACTIVATE:
        return Activated(data.hash or "")
    if event.type != CLOCK_ADVANCE or data.until is None:
        return None
    return Advanced(data.tenant or event.tenant, _instant(data.until, "$.data.until"))


def _heartbeat(signal: Signal) -> Heartbeat:
    if signal.agent is None or signal.source_partition is None:
        raise BadRecord("invalid", "$.agent", "neither a signal nor a heartbeat")
    source = (signal.agent, signal.source_partition)
    beats = {tenant: _beat(clock) for tenant, clock in signal.clocks.items()}
    return Heartbeat(source, (signal.epoch, signal.seq), beats)


def _beat(clock: TenantClock) -> Beat:
    return Beat(_instant(clock.tick, "$.clocks.tick"), clock.mode)


def _raised(signal: Signal, record: Record) -> Raised:
    if signal.active is None or not signal.since or not signal.tenant or not signal.rule:
        raise BadRecord("invalid", "$", "a signal needs rule, tenant, active and since")
    _check_key(record.key, signal.rule, signal.tenant)
    since = _instant(signal.since, "$.since")
    seen = Seen(
        rule=signal.rule,
        tenant=signal.tenant,
        subject=signal.subject,
        active=signal.active,
        since=since,
        tick=_tick(signal, since),
        epoch=signal.epoch,
        seq=signal.seq,
        severity=signal.severity or "",
        explain=signal.explain,
    )
    known = signal.agent is not None and signal.source_partition is not None
    source = (signal.agent or "", signal.source_partition or 0) if known else None
    return Raised(seen, signal.mode or LIVE, source)


def _tick(signal: Signal, since: int) -> int:
    tick = _instant(signal.tick, "$.tick") if signal.tick else since
    # On event time the record that brought this about has moved the tick to it.
    return max(tick, since) if signal.mode == EVENT else tick


def _check_key(key: bytes | None, rule: str, tenant: str) -> None:
    # Rows, commands and alerts go by this key, so it has to mean what the value says.
    if not (key or b"").startswith(encode_key(rule, tenant, "")):
        raise BadRecord("key_mismatch", "key", "the key names another rule or tenant")


def _instant(text: str, path: str) -> int:
    try:
        return parse_ms(text)
    except ValueError as error:
        raise BadRecord("invalid", path, str(error)) from None


def _sound(decode: Callable[[bytes], T], value: bytes) -> T:
    try:
        return decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRecord("undecodable", "$", str(error)) from None
