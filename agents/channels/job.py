"""The job of the channels agent for one partition: panes of its tenants in, views out.

Owns the order of things: take records, move on when the clocks allow, write what has changed.
What it means stands in the core, how rows look in `rows`, when views are due in `pacing`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from agents.channels.following import Follow, Setting
from agents.channels.intake import Intake, RefusedError
from agents.channels.pacing import Pace, take_dirty
from agents.channels.recovery import meta_of, policy_of, restore, rows_of
from agents.channels.rows import encode_row_key, encode_volume_key, hour_key
from agents.channels.signals import BEAT_MS, Signals, stored
from schemas.events import POLICY_ACTIVATE
from schemas.keys import control_key
from schemas.outputs import View
from schemas.panerows import LevelRow, pack_level, pack_pane
from schemas.volumerows import pack_volume
from stream_app.domain.freshness import Hearing
from stream_app.domain.scopes import Scope, escape
from stream_app.domain.tenant import RowKey, Tenant
from stream_app.domain.versions import NotYetKnownError
from stream_app.domain.views import view_of
from stream_app.domain.volume_season import TOTAL
from stream_app.domain.volume_words import Reading
from stream_app.engine.job import Changes, Output, Record, Reject, Rejected, Row

TABLE: Final = "windows"
_CONTROL: Final = b"control|"
_ACTIVATION: Final = control_key(POLICY_ACTIVATE, "")
_END_MARGIN_MS: Final = 500  # as live ticks: the wall clock minus this at the end of the log

_encode_view = msgspec.json.Encoder().encode


class ChannelsJob:
    """State and logic of one partition number."""

    def __init__(self, setting: Setting, follow: Follow) -> None:
        self.views: Final[dict[tuple[str, str], View]] = {}
        """The last view of each (tenant, scope text), for /metrics and the API of this worker."""
        self._follow: Final = follow
        self._hearing: Final = Hearing()
        self._loaded: Final[dict[bytes, bytes]] = {}
        self._strays: Final[list[bytes]] = []  # rows that belong to nobody any more
        self._rows: Final[list[Row]] = []  # that were changed before another policy held
        self._outputs: Final[dict[bytes, bytes | None]] = {}
        self._gone: Final[set[tuple[str, Scope]]] = set()  # tombstones that were written
        self._signals: Final = Signals(setting.line, setting.rules)
        self._beat_at = -BEAT_MS
        self._begin(setting)

    def _begin(self, setting: Setting) -> None:
        """Everything that hangs on the policy, empty."""
        self._setting = setting
        self._tenants = {
            name: Tenant(name, setting.shape, volume) for name, volume in setting.tenants.items()
        }
        self._paces = {name: Pace() for name in setting.tenants}
        sources, retired = frozenset(setting.shape.expected), self._follow.retired
        self._intake = Intake(self._tenants, setting.known, sources, self._hearing, retired)
        self._signals.follow(setting.line, setting.rules)

    @property
    def tenants(self) -> Mapping[str, Tenant]:
        """The tenants whose panes come to this partition."""
        return self._tenants

    @property
    def policy_version(self) -> str:
        """The version that holds."""
        return self._follow.version

    def volumes(self) -> Iterator[tuple[str, str, Reading]]:
        """The volume of every channel, for /metrics; nothing but `unknown` of incomplete figures."""
        for tenant in self._tenants.values():
            for channel in tenant.volume.counted.channels:
                if channel != TOTAL:
                    reading = tenant.volume.screen.reading(channel)
                    yield tenant.name, channel, Reading() if tenant.missing else reading

    def load(self, table: str, rows: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Keep the newest value of every row until recovery is complete."""
        assert table == TABLE, table
        for key, value in rows:
            if value is None:
                self._loaded.pop(key, None)
            else:
                self._loaded[key] = value

    def restored(self, meta: bytes | None, epoch: int) -> None:
        """Rebuild panes, windows, clocks and what was said; `epoch` is that of the signals."""
        setting = self._follow.restore(*policy_of(meta))
        self._begin(setting or self._setting)
        said = {key: self._loaded.pop(key) for key, _ in list(stored(self._loaded))}
        self._signals.restored(said, epoch)
        self._strays.extend(restore(self._tenants, self._hearing, self._loaded, meta))
        self._loaded.clear()

    def apply(self, records: Sequence[Record], reject: Reject) -> int:
        """Apply records of the pane topic in offset order."""
        for done, record in enumerate(records, 1):
            self._hearing.move(record.timestamp)
            try:
                if record.key is not None and record.key.startswith(_CONTROL):
                    if record.key.startswith(_ACTIVATION):  # clocks come with heartbeats
                        self._activate(record.value)
                else:
                    self._intake.take(record.value)
            except NotYetKnownError:
                return done - 1
            except RefusedError as why:
                if not reject(Rejected(record, why.code, why.path, why.message)):
                    return done
        return len(records)

    def turn(self, now_ms: int, ends: Mapping[str, int]) -> None:
        """Move on and write views that are due."""
        end = ends.get(self._setting.pane_topic)
        if end is not None:
            self._hearing.move(end - _END_MARGIN_MS)
        silent = {s for s in self._setting.shape.expected if self._hearing.silent(s)}
        for name, tenant in self._tenants.items():
            pace = self._paces[name]
            if pace.due(now_ms):
                missing = tenant.missing
                pace.moved |= tenant.judge(silent)
                if tenant.missing != missing or pace.all_due(now_ms):
                    pace.all_dirty(tenant.board, now_ms)
                tenant.note_missing(self._hearing.now)
                self._show(tenant)
        if not 0 <= now_ms - self._beat_at < BEAT_MS:
            self._beat_at = now_ms
            self._judge()

    @property
    def changed(self) -> bool:
        """Whether there are rows or views to write."""
        if self._outputs or self._strays or self._rows or self._signals.changed:
            return True
        return any(tenant.has_changed for tenant in self._tenants.values())

    def collect(self) -> Changes:
        """All rows and views that are new, and how far everything is."""
        follow = self._follow
        meta = meta_of(self._tenants, self._hearing, follow.version, follow.retired)
        changes = Changes(self._rows.copy(), meta=meta)
        changes.rows.extend(Row(TABLE, key, None) for key in self._strays)
        for tenant in self._tenants.values():
            changes.rows.extend(_row(tenant, key, value) for key, value in tenant.changed.items())
            tenant.changed.clear()
            changes.rows.extend(_hours(tenant))
            changes.rows.extend(_volume_rows(tenant))
        topic = self._setting.view_topic
        changes.outputs.extend(Output(topic, key, value) for key, value in self._outputs.items())
        rows, signals = self._signals.collect()
        changes.rows.extend(rows)
        changes.outputs.extend(signals)
        for written in (self._outputs, self._strays, self._rows):
            written.clear()
        return changes

    def committed(self) -> None:
        """Nothing waits for it."""

    def closed(self) -> None:
        """Forget everything."""
        for kept in (self.views, self._tenants, self._loaded, self._outputs):
            kept.clear()
        self._signals.clear()

    def _judge(self) -> None:
        for tenant in self._tenants.values():
            if self._setting.rules and tenant.as_of is not None:
                tenant.board.settle()
                self._signals.judge(tenant, self._hearing.now)
        self._signals.beat(self._tenants, self._hearing.now)

    def _activate(self, value: bytes | None) -> None:
        """Another policy version begins here: rebuild everything, as a new owner would."""
        setting = self._follow.activated(value)
        if setting is None:
            return
        for tenant in self._tenants.values():
            self._rows.extend(_row(tenant, key, row) for key, row in tenant.changed.items())
            self._rows.extend(_hours(tenant))
            self._rows.extend(_volume_rows(tenant))
        rows, meta = rows_of(self._tenants), meta_of(self._tenants, self._hearing)
        self._begin(setting)
        self._strays.extend(restore(self._tenants, self._hearing, rows, meta))
        shown = {(t.name, scope.text) for t in self._tenants.values() for scope in t.board.tallies}
        for name, scope in self.views.keys() - shown:
            del self.views[name, scope]
            self._outputs[f"{escape(name)}|{scope}".encode()] = None

    def _show(self, tenant: Tenant) -> None:
        if tenant.as_of is None:
            return
        tenant.board.settle()
        for scope in take_dirty(tenant.board):
            view, place = view_of(tenant, scope), (tenant.name, scope.text)
            key = f"{escape(tenant.name)}|{scope.text}".encode()
            if view is not None:
                self.views[place] = view
                self._outputs[key] = _encode_view(view)
                self._gone.discard((tenant.name, scope))
            elif (tenant.name, scope) not in self._gone:
                self.views.pop(place, None)
                self._outputs[key] = None
                self._gone.add((tenant.name, scope))


def _hours(tenant: Tenant) -> Iterator[Row]:
    for hour, values in tenant.ledger.rows() if tenant.ledger is not None else ():
        data = None if values is None else pack_pane(0, values)
        yield Row(TABLE, hour_key(tenant.name, hour), data)


def _row(tenant: Tenant, key: RowKey, value: bytes | LevelRow | None) -> Row:
    data = pack_level(value) if isinstance(value, LevelRow) else value
    return Row(TABLE, encode_row_key(tenant.name, tenant.board.group(key.group), key), data)


def _volume_rows(tenant: Tenant) -> list[Row]:
    volumes = tenant.volume.counted
    rows = [
        Row(TABLE, encode_volume_key(tenant.name, channel), pack_volume(volumes.row(channel)))
        for channel in sorted(volumes.changed)
    ]
    volumes.changed.clear()
    return rows
