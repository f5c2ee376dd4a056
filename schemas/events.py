"""Canonical input events, version 1: a CloudEvents 1.0 envelope with a flat `data` object.

One struct holds the fields of every `support.*` and control type, all optional, so that a record is
decoded in a single pass. Which of them a type needs is checked where the event is interpreted.
Unknown fields are ignored by the decoder; enum values are plain text, because an unknown one becomes
`other` instead of an error.
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

MESSAGE_CREATED: Final = "support.message.created.v1"
MESSAGE_DELETED: Final = "support.message.deleted.v1"
TICKET_CREATED: Final = "support.ticket.created.v1"
TICKET_STATUS_CHANGED: Final = "support.ticket.status_changed.v1"
TICKET_PRIORITY_CHANGED: Final = "support.ticket.priority_changed.v1"
TICKET_ASSIGNED: Final = "support.ticket.assigned.v1"
TICKET_CHANNEL_CHANGED: Final = "support.ticket.channel_changed.v1"
TICKET_TAGGED: Final = "support.ticket.tagged.v1"
TICKET_MERGED: Final = "support.ticket.merged.v1"
TICKET_ABSORBED: Final = "support.ticket.absorbed.v1"
TICKET_DELETED: Final = "support.ticket.deleted.v1"
TICKET_SPAM: Final = "support.ticket.spam.v1"
TICKET_EXCLUDED: Final = "support.ticket.excluded.v1"
TICKET_INCLUDED: Final = "support.ticket.included.v1"

CLOCK_ADVANCE: Final = "pegel.clock.advance.v1"
CLOCK_LIVE: Final = "pegel.clock.live.v1"
POLICY_ACTIVATE: Final = "pegel.policy.activate.v1"
CONTROL_TYPES: Final = frozenset({CLOCK_ADVANCE, CLOCK_LIVE, POLICY_ACTIVATE})

STATUSES: Final = (
    "new", "open", "pending_customer", "on_hold", "bot", "snoozed",
    "solved", "closed", "merged", "deleted", "spam",
)  # fmt: skip
PRIORITIES: Final = ("low", "normal", "high", "urgent")
CHANNELS: Final = (
    "email", "webchat", "whatsapp", "instagram", "facebook", "phone", "sms", "portal",
)  # fmt: skip
OTHER: Final = "other"
AUTHORS: Final = ("customer", "agent", "bot", "system")
VISIBILITIES: Final = ("public", "private")
KINDS: Final = ("text", "reaction", "note", "survey")


class Data(msgspec.Struct, omit_defaults=True, gc=False, rename={"from_": "from"}):
    """`data` of every `support.*` and `pegel.*` type; absent fields are None (assignee: UNSET)."""

    message: str | None = None
    channel: str | None = None
    direction: str | None = None
    author: str | None = None
    visibility: str | None = None
    kind: str | None = None
    team: str | None = None
    priority: str | None = None
    customer: str | None = None
    campaign: bool | None = None
    status: str | None = None
    created_by: str | None = None
    tags: list[str] | None = None
    url: str | None = None
    to: str | None = None
    from_: str | None = None
    by: str | None = None
    snoozed_until: str | None = None
    assignee: str | UnsetType | None = UNSET
    added: list[str] | None = None
    removed: list[str] | None = None
    into: str | None = None
    conversation: str | None = None
    created_at: str | None = None
    oldest_unanswered_at: str | None = None
    hops: int | None = None
    reason: str | None = None
    tenant: str | None = None
    until: str | None = None
    hash: str | None = None


class Event(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """The envelope: CloudEvents attributes plus the extensions `tenant`, `timequality`, `ingest`.

    Of the engine's own are `hops` (passed on after a merge), `late` (beyond the lateness already where
    it was passed on) and `withdrawn` (takes back the event of this id).
    """

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    tenant: str = "default"
    timequality: str | None = None
    ingest: str | None = None
    hops: int | None = None
    late: bool | None = None
    withdrawn: bool | None = None
    datacontenttype: str | None = None
    data: Data


STRUCTURED: Final = ("content-type", b"application/cloudevents+json")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode
_decode_data = msgspec.json.Decoder(Data).decode


def encode_event(event: Event) -> bytes:
    """The value of a structured-mode record; send it with the header `STRUCTURED`."""
    return b'{"specversion":"1.0",' + _encode(event)[1:]


def decode_event(value: bytes) -> Event:
    """Decode a structured-mode value. Raises msgspec.DecodeError naming the path that is wrong."""
    return _decode(value)


def decode_binary(headers: dict[str, bytes], value: bytes | None) -> Event:
    """Decode a binary-mode record from its `ce_*` headers and its `data` value."""
    fields = {name[3:]: raw.decode() for name, raw in headers.items() if name.startswith("ce_")}
    event = msgspec.convert({**fields, "data": {}}, Event, strict=False)
    event.data = _decode_data(value or b"{}")
    return event
