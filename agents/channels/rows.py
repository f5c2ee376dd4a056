"""Rows and meta row of the channels agent: what stands in its changelog.

A pane's key is `p|agent|partition|tenant|channel|team|priority|resolution|start`, that of levels is
`l|agent|partition|tenant|channel|team|priority`, that of an hour of the ledger
`h|tenant|hour`, that of a signal `s|rule|tenant|about`, that of a usual volume `v|tenant|channel`, each
part percent-encoded; values are those of `schemas.panerows` and `schemas.volumerows`. How far each
source partition is stands in the meta row, because it changes with
every heartbeat.
"""

from typing import NamedTuple

import msgspec

from stream_app.domain.freshness import Clock, Source
from stream_app.domain.panes import PaneKey
from stream_app.domain.scopes import Group
from stream_app.domain.tenant import RowKey

_PANE, _LEVELS, _HOUR, _VOLUME = "p", "l", "h", "v"


class PaneRowKey(NamedTuple):
    """A row's key in full; `pane` is (resolution, start), or None for levels."""

    source: Source
    tenant: str
    group: Group
    pane: tuple[int, int] | None


def encode_row_key(tenant: str, group: Group, key: RowKey) -> bytes:
    """The key of a row in the changelog."""
    parts = (key.source.agent, str(key.source.partition), tenant, *group)
    text = "|".join(map(_escape, parts))
    if key.pane is None:
        return f"{_LEVELS}|{text}".encode()
    return f"{_PANE}|{text}|{key.pane.resolution}|{key.pane.start}".encode()


def encode_volume_key(tenant: str, channel: str) -> bytes:
    """The key of the row with the usual volume of a channel; an empty one is all channels."""
    return f"{_VOLUME}|{_escape(tenant)}|{_escape(channel)}".encode()


def decode_volume_key(key: bytes) -> tuple[str, str] | None:
    """(tenant, channel), or None when it is the key of another kind of row."""
    kind, *rest = map(_unescape, key.decode().split("|"))
    return (rest[0], rest[1]) if kind == _VOLUME else None


def decode_row_key(key: bytes) -> PaneRowKey:
    """The inverse of `encode_row_key`."""
    kind, agent, partition, tenant, *rest = map(_unescape, key.decode().split("|"))
    group, place = Group(*rest[:3]), rest[3:]
    pane = (int(place[0]), int(place[1])) if kind == _PANE else None
    return PaneRowKey(Source(agent, int(partition)), tenant, group, pane)


def pane_key(row: PaneRowKey, group: int) -> PaneKey:
    """The pane that a row is about, for the number that its group goes by."""
    assert row.pane is not None
    return PaneKey(row.pane[0], row.pane[1], group)


def hour_key(tenant: str, hour: int) -> bytes:
    """The key of an hour of a tenant's ledger: `h|tenant|hour`."""
    return f"{_HOUR}|{_escape(tenant)}|{hour}".encode()


def is_hour(key: bytes) -> bool:
    """Whether a row is an hour of a ledger."""
    return key.startswith(b"h|")


def decode_hour_key(key: bytes) -> tuple[str, int]:
    """The inverse of `hour_key`."""
    _, tenant, hour = key.decode().split("|")
    return _unescape(tenant), int(hour)


class VoiceMeta(msgspec.Struct, array_like=True):
    """How far one source partition is for one tenant."""

    agent: str
    partition: int
    shown: int
    told: int | None
    clock: Clock | None


class TenantMeta(msgspec.Struct, array_like=True):
    """How far one tenant is."""

    as_of: int | None
    voices: list[VoiceMeta]
    lacking_since: int = 0
    heard_of: dict[str, int] = {}
    began: int = 0


class Meta(msgspec.Struct):
    """The agent's part of the meta row. `heard` holds (agent, partition, version, when)."""

    now: int = 0
    heard: list[tuple[str, int, int, int]] = []
    tenants: dict[str, TenantMeta] = {}
    policy: str = ""  # the version that holds; "": what holds before any activation
    retired: list[str] = []


encode_meta = msgspec.msgpack.Encoder().encode
decode_meta = msgspec.msgpack.Decoder(Meta).decode


def _escape(part: str) -> str:
    return part.replace("%", "%25").replace("|", "%7C") if "%" in part or "|" in part else part


def _unescape(part: str) -> str:
    return part.replace("%7C", "|").replace("%25", "%") if "%" in part else part
