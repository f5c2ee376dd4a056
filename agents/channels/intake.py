"""Records of the pane topic into the state of their tenant, or refused with a reason."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from schemas.events import Event, decode_event
from schemas.instants import parse_ms
from schemas.outputs import PaneRecord
from schemas.panerows import LevelRow, version_of
from stream_app.domain.freshness import Clock, Hearing, Source
from stream_app.domain.measures import flatten
from stream_app.domain.panes import RESOLUTIONS, PaneKey
from stream_app.domain.scopes import Group
from stream_app.domain.tenant import Tenant

MAX_GROUPS: Final = 20_000  # of one tenant; more is a mistake somewhere, not a support organisation
_MAX_SEQ: Final = 1 << 40
_MAX_EPOCH: Final = 1 << 23

_decode = msgspec.json.Decoder(PaneRecord).decode


class RefusedError(Exception):
    """A record that cannot be used. `code` is one of a bounded set, `path` says where."""

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.message = message


@dataclass(slots=True)
class Intake:
    """Puts records where they belong. `tenants` are this partition's, `known` those of the policy."""

    tenants: Mapping[str, Tenant]
    known: Collection[str]
    sources: Collection[Source]
    hearing: Hearing
    retired: Collection[str] = ()  # tenants that a former policy had: their figures are not kept

    def take(self, value: bytes | None) -> None:
        """Apply one record. Raises RefusedError for one that cannot be used."""
        record = decode(value)
        if record.tenant in self.retired:
            return
        handler = _HANDLERS.get(record.kind)
        if handler is None:
            raise RefusedError("unknown_kind", "kind", f"no kind of record: {record.kind!r}")
        if not (0 <= record.seq < _MAX_SEQ and 0 <= record.epoch < _MAX_EPOCH):
            raise RefusedError("bad_version", "seq", f"({record.epoch}, {record.seq})")
        source = Source(record.agent, record.source_partition)
        if source not in self.sources:
            raise RefusedError("unknown_source", "source_partition", f"no source: {source}")
        handler(self, source, version_of(record.epoch, record.seq), record)

    def _pane(self, source: Source, version: int, record: PaneRecord) -> None:
        tenant = self._tenant(record)
        start, resolution = _instant(record.start, "start"), (record.resolution or 0) * 1000
        if resolution not in RESOLUTIONS or start % resolution:
            raise RefusedError(
                "bad_pane", "resolution", f"{record.resolution} s from {record.start}"
            )
        try:
            values = flatten(record.counts, record.sums, record.hist)
        except ValueError as problem:
            raise RefusedError("bad_pane", "hist", str(problem)) from problem
        key = PaneKey(resolution, start, self._group(tenant, record))
        tenant.put_pane(source, version, key, values)

    def _level(self, source: Source, version: int, record: PaneRecord) -> None:
        tenant = self._tenant(record)
        row = LevelRow(version, record.levels, record.top, record.staff)
        tenant.put_levels(source, self._group(tenant, record), row)

    def _heartbeat(self, source: Source, version: int, record: PaneRecord) -> None:
        clocks = {
            name: Clock(
                version,
                _instant(clock.watermark, "watermark"),
                _instant(clock.tick, "tick"),
                clock.mode,
            )
            for name, clock in record.clocks.items()
            if name in self.tenants
        }
        self.hearing.hear(source, version)
        for name, heard in record.sources.items():
            if name in self.tenants:
                of = {text: _instant(at, "sources") for text, at in heard.items()}
                self.tenants[name].hear_of(of)
        for name, clock in clocks.items():
            if clock.watermark > 0:  # else it has seen nothing of the tenant yet
                self.tenants[name].clocks.put(source, clock)

    def _begin(self, source: Source, version: int, _record: PaneRecord) -> None:
        for tenant in self.tenants.values():
            tenant.begin(source, version)

    def _end(self, source: Source, version: int, _record: PaneRecord) -> None:
        for tenant in self.tenants.values():
            tenant.end(source, version)

    def _tenant(self, record: PaneRecord) -> Tenant:
        tenant = self.tenants.get(record.tenant or "")
        if tenant is None:
            code = "wrong_partition" if record.tenant in self.known else "unknown_tenant"
            raise RefusedError(code, "tenant", f"not for this partition: {record.tenant!r}")
        return tenant

    @staticmethod
    def _group(tenant: Tenant, record: PaneRecord) -> int:
        group = Group(record.channel or "other", record.team or "", record.priority or "")
        number = tenant.board.group_number(group)
        if number >= MAX_GROUPS:
            raise RefusedError("too_many_groups", "channel", f"more than {MAX_GROUPS} groups")
        return number


def decode(value: bytes | None) -> PaneRecord:
    """The record in a Kafka value. Raises RefusedError when there is none."""
    try:
        return _decode(value or b"")
    except msgspec.MsgspecError as problem:
        raise RefusedError("undecodable", "value", str(problem)) from problem


def decode_control(value: bytes | None) -> Event:
    """The control record in a Kafka value. Raises RefusedError when there is none."""
    try:
        return decode_event(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise RefusedError("undecodable", "value", str(problem)) from problem


def _instant(text: str | None, path: str) -> int:
    try:
        return parse_ms(text or "")
    except ValueError as problem:
        raise RefusedError("bad_instant", path, str(problem)) from problem


_HANDLERS: Final[dict[str, Callable[[Intake, Source, int, PaneRecord], None]]] = {
    "pane": Intake._pane,
    "level": Intake._level,
    "heartbeat": Intake._heartbeat,
    "snapshot_begin": Intake._begin,
    "snapshot_end": Intake._end,
}
