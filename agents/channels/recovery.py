"""From the changelog to the state of a partition, and the meta row that this needs."""

from collections.abc import Collection, Iterator, Mapping

from agents.channels.rows import (
    Meta,
    PaneRowKey,
    TenantMeta,
    VoiceMeta,
    decode_hour_key,
    decode_meta,
    decode_row_key,
    decode_volume_key,
    encode_meta,
    encode_row_key,
    encode_volume_key,
    hour_key,
    is_hour,
    pane_key,
)
from schemas.panerows import pack_level, pack_pane, unpack_level, unpack_pane
from schemas.volumerows import pack_volume, unpack_volume
from stream_app.domain.freshness import Hearing, Source
from stream_app.domain.panes import Share, Voice
from stream_app.domain.tenant import RowKey, Tenant


def restore(
    tenants: Mapping[str, Tenant],
    hearing: Hearing,
    rows: Mapping[bytes, bytes],
    meta: bytes | None,
) -> list[bytes]:
    """Fill new tenants from their rows; returns the keys of rows that belong to nobody any more."""
    known = decode_meta(meta) if meta else Meta()
    hearing.move(known.now)
    for agent, partition, version, when in known.heard:
        hearing.heard[Source(agent, partition)] = (version, when)
    for name, tenant in tenants.items():
        if name in known.tenants:
            _restore_voices(tenant, known.tenants[name])
    strays = [key for key, value in rows.items() if not _restore_row(tenants, key, value)]
    for name, tenant in tenants.items():
        tenant.resume(known.tenants[name].as_of if name in known.tenants else None)
    return strays


def meta_of(
    tenants: Mapping[str, Tenant],
    hearing: Hearing,
    policy: str = "",
    retired: Collection[str] = (),
) -> bytes:
    """How far everything is, and under which policy version."""
    heard = [(*source, version, when) for source, (version, when) in hearing.heard.items()]
    states = {
        name: TenantMeta(
            tenant.as_of,
            [_voice_meta(tenant, v) for v in tenant.voices.values()],
            tenant.lacking_since,
            tenant.heard_of,
            tenant.began,
        )
        for name, tenant in tenants.items()
    }
    return encode_meta(Meta(hearing.now, heard, states, policy, sorted(retired)))


def policy_of(meta: bytes | None) -> tuple[str, list[str]]:
    """The version that a meta row names, and the tenants that former versions had."""
    known = decode_meta(meta) if meta else Meta()
    return known.policy, known.retired


def rows_of(tenants: Mapping[str, Tenant]) -> dict[bytes, bytes]:
    """What the changelog holds of tenants once all that has changed is written."""
    found: dict[bytes, bytes] = {}
    for tenant in tenants.values():
        for voice in tenant.voices.values():
            for share in (voice.shown, voice.told):
                if share is not None:
                    found.update(_rows(tenant, voice, share))
        hours = tenant.ledger.hours if tenant.ledger is not None else {}
        found.update((hour_key(tenant.name, hour), pack_pane(0, v)) for hour, v in hours.items())
        volumes = tenant.volume.counted
        for channel in volumes.channels:
            key = encode_volume_key(tenant.name, channel)
            found[key] = pack_volume(volumes.row(channel))
    return found


def _rows(tenant: Tenant, voice: Voice, share: Share) -> Iterator[tuple[bytes, bytes]]:
    for pane in share.panes():
        key = RowKey(voice.source, pane.group, pane)
        value = share.get(pane)
        if value is not None:
            yield encode_row_key(tenant.name, tenant.board.group(pane.group), key), value
    for group, row in share.levels.items():
        key = RowKey(voice.source, group)
        yield encode_row_key(tenant.name, tenant.board.group(group), key), pack_level(row)


def _voice_meta(tenant: Tenant, voice: Voice) -> VoiceMeta:
    clock = tenant.clocks.of.get(voice.source)
    told = None if voice.told is None else voice.told.epoch
    return VoiceMeta(*voice.source, voice.shown.epoch, told, clock)


def _restore_voices(tenant: Tenant, meta: TenantMeta) -> None:
    tenant.lacking_since, tenant.heard_of = meta.lacking_since, meta.heard_of
    tenant.began = meta.began
    for kept in meta.voices:
        source = Source(kept.agent, kept.partition)
        voice = tenant.voices.get(source)
        if voice is not None:
            voice.shown = Share(kept.shown)
            voice.told = None if kept.told is None else Share(kept.told)
            if kept.clock is not None:
                tenant.clocks.of[source] = kept.clock


def _restore_row(tenants: Mapping[str, Tenant], key: bytes, value: bytes) -> bool:
    if is_hour(key):
        return _restore_hour(tenants, key, value)
    volume = decode_volume_key(key)
    if volume is not None:
        owner = tenants.get(volume[0])
        return owner is not None and owner.volume.counted.load(volume[1], unpack_volume(value))
    row = decode_row_key(key)
    tenant = tenants.get(row.tenant)
    voice = None if tenant is None else tenant.voices.get(row.source)
    if tenant is None or voice is None:
        return False
    return _put(voice, row, tenant.board.group_number(row.group), value)


def _restore_hour(tenants: Mapping[str, Tenant], key: bytes, value: bytes) -> bool:
    name, hour = decode_hour_key(key)
    ledger = tenants[name].ledger if name in tenants else None
    if ledger is not None:
        ledger.load(hour, unpack_pane(value)[1])
    return ledger is not None


def _put(voice: Voice, row: PaneRowKey, group: int, value: bytes) -> bool:
    if row.pane is None:
        levels = unpack_level(value)
        share = voice.load(levels.version)
        if share is not None:
            share.levels[group] = levels
    else:
        share = voice.load(unpack_pane(value)[0])
        if share is not None:
            share.load(pane_key(row, group), value)
    return share is not None
