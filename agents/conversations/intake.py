"""From a Kafka record to a step: decoding and the checks that come before any state is touched."""

from collections.abc import Callable, Container
from itertools import product
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec
from aiokafka.partitioner import murmur2

from schemas import events as wire
from schemas.instants import parse_ms
from schemas.keys import MISNAMED, encode_key, is_misnamed
from stream_app.domain.steps import InvalidEventError, Step, to_step
from stream_app.domain.ticks import FUTURE_LIMIT
from stream_app.engine.job import Record, Rejected
from stream_app.records.causes import cause_of

UNDECODABLE: Final = "undecodable"
INVALID: Final = "invalid_event"
SUBJECT_MISMATCH: Final = "subject_mismatch"
WRONG_PARTITION: Final = "wrong_partition"
UNKNOWN_TENANT: Final = "unknown_tenant"
UNKNOWN_TYPE: Final = "unknown_type"
FUTURE: Final = "future_timestamp"
INTERNAL: Final = "internal_error"
MERGE_LOOP: Final = "merge_loop"
UNKNOWN_POLICY: Final = "unknown_policy"
CODES: Final = (
    UNDECODABLE, INVALID, SUBJECT_MISMATCH, WRONG_PARTITION, UNKNOWN_TENANT, UNKNOWN_TYPE, FUTURE,
    INTERNAL, MERGE_LOOP, UNKNOWN_POLICY,
)  # fmt: skip
UNKNOWN_VALUE: Final = "unknown_value"
_CONTROL_PREFIX: Final = b"control|"


class RejectedError(Exception):
    """A record that can never be applied, with the reason for its dead letter."""

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(message)
        self.code, self.path, self.message = code, path, message

    def of(self, record: Record) -> Rejected:
        """The rejection of a particular record."""
        return Rejected(record, self.code, self.path, self.message)


class Arrival(NamedTuple):
    """A record that may be applied."""

    event: wire.Event
    time: int
    step: Step | None  # None: a control record


def is_control(key: bytes | None) -> bool:
    """Whether a record's key marks it as a control record."""
    return key is not None and key.startswith(_CONTROL_PREFIX)


def decode(record: Record) -> wire.Event:
    """Decode either CloudEvents mode. Raises RejectedError."""
    try:
        if record.headers and wire.STRUCTURED not in record.headers and _is_binary(record):
            return wire.decode_binary(dict(record.headers), record.value)
        return wire.decode_event(record.value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        text = str(error)
        path = text.rsplit("`", 2)[1] if text.endswith("`") and "`$" in text else "$"
        raise RejectedError(UNDECODABLE, path, text) from error


def read(record: Record, tenants: Container[str]) -> Arrival:
    """Everything that can be said of a record alone. Raises RejectedError."""
    event = decode(record)
    try:
        time = parse_ms(event.time)
    except ValueError as error:
        raise RejectedError(INVALID, "$.time", str(error)) from error
    if is_control(record.key):
        return Arrival(event, time, None)
    if event.tenant not in tenants:
        raise RejectedError(UNKNOWN_TENANT, "$.tenant", f"no tenant {event.tenant!r} in the policy")
    if record.key != _key_of(event):
        raise RejectedError(
            SUBJECT_MISMATCH, "$.subject", "the record key is not tenant|source|subject"
        )
    if is_misnamed(event.subject, event.data.conversation):
        raise RejectedError(SUBJECT_MISMATCH, "$.data.conversation", MISNAMED)
    if time > record.timestamp + FUTURE_LIMIT:
        raise RejectedError(FUTURE, "$.time", "more than 5 min after its own arrival")
    return Arrival(event, time, _step(event, time))


def has_unknown_value(event: wire.Event) -> bool:
    """Whether a word of an event is none that its field has; of channels the policy knows more."""
    found = _WORDS.get(event.type)
    return found is not None and found[0](event.data) not in found[1]


def check_partition(record: Record, partitions: int) -> None:
    """Whether the key belongs here by the default partitioner. Raises RejectedError."""
    expected = (murmur2(record.key or b"") & 0x7FFFFFFF) % partitions
    if expected != record.partition:
        raise RejectedError(
            WRONG_PARTITION, "$", f"this key belongs to partition {expected} (murmur2)"
        )


def _is_binary(record: Record) -> bool:
    return any(name.startswith("ce_") for name, _ in record.headers)


def _key_of(event: wire.Event) -> bytes:
    key = f"{event.tenant}|{event.source}|{event.subject}"
    if "%" in key or key.count("|") != 2:  # something in it needs escaping
        return encode_key(event.tenant, event.source, event.subject)
    return key.encode()


def _step(event: wire.Event, time: int) -> Step:
    try:
        step = to_step(event, time, cause_of(event))
    except InvalidEventError as error:
        raise RejectedError(INVALID, error.path, str(error)) from error
    if step is None:
        raise RejectedError(UNKNOWN_TYPE, "$.type", f"unknown type {event.type!r}")
    return step


def _words(**fields: tuple[str, ...]) -> tuple[Callable[[wire.Data], object], frozenset[object]]:
    """How to read fields, and everything that may be read: one look-up instead of one for each."""
    allowed = [(None, wire.OTHER, *words) for words in fields.values()]
    return attrgetter(*fields), frozenset(product(*allowed))


_WORDS: Final = {
    wire.MESSAGE_CREATED: _words(
        author=wire.AUTHORS,
        visibility=wire.VISIBILITIES,
        kind=wire.KINDS,
        priority=wire.PRIORITIES,
    ),
    wire.TICKET_CREATED: _words(
        status=wire.STATUSES, priority=wire.PRIORITIES, created_by=wire.AUTHORS
    ),
    wire.TICKET_STATUS_CHANGED: _words(to=wire.STATUSES, from_=wire.STATUSES, by=wire.AUTHORS),
    wire.TICKET_PRIORITY_CHANGED: _words(to=wire.PRIORITIES, from_=wire.PRIORITIES),
}
