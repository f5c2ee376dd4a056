"""Records of `engagement.policy.v1`: policy versions, and which of them holds.

| key | value |
|---|---|
| the version's hash | the policy with its holidays resolved (`PolicyRecord`) |
| `active` | the version that was activated last (`ActiveRecord`) |
| `initial` | the version that was activated first; it judges what stands before any activation |

What stands in `policy` is the business of `stream_app.policies.codec`; here it is plain JSON.
"""

from typing import Any, Final

import msgspec

ACTIVE_KEY: Final = b"active"
INITIAL_KEY: Final = b"initial"
FORMAT: Final = 1


class CalendarRecord(msgspec.Struct, omit_defaults=True):
    """Business time, with holidays as days: no package is asked when it is read."""

    zone: str
    hours: list[list[tuple[int, int]]]  # Monday first; minutes of local wall time
    holidays: list[str] = []
    closed: list[str] = []
    open: dict[str, list[tuple[int, int]]] = {}


class PolicyRecord(msgspec.Struct, kw_only=True):
    """One version. `file` is the policy file with all defaults, for people."""

    format: int
    hash: str
    calendars: dict[str, CalendarRecord]
    policy: dict[str, Any]
    file: dict[str, Any]


class ActiveRecord(msgspec.Struct, kw_only=True):
    """A version that holds, and since when."""

    hash: str
    since: str
    previous: str | None = None


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_policy = msgspec.json.Decoder(PolicyRecord).decode
_decode_active = msgspec.json.Decoder(ActiveRecord).decode


def encode(record: PolicyRecord | ActiveRecord) -> bytes:
    """The value of a record; the same record is always the same bytes."""
    return _encode(record)


def decode_policy(value: bytes) -> PolicyRecord:
    """A version. Raises msgspec.MsgspecError for a foreign shape."""
    return _decode_policy(value)


def decode_active(value: bytes) -> ActiveRecord:
    """Which version holds. Raises msgspec.MsgspecError for a foreign shape."""
    return _decode_active(value)
