"""The job of the channels agent for one partition: panes of its tenants in, views out.

Owns the order of things: take records, move on when the clocks allow, write what has changed.
What it means stands in the core, how rows look in `rows`, when views are due in `pacing`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from agents.channels.intake import Intake, RefusedError
from agents.channels.pacing import Pace, take_dirty
from agents.channels.recovery import meta_of, restore
from agents.channels.rows import encode_row_key, hour_key
from agents.channels.signals import BEAT_MS, Line, Signals, stored
from schemas.outputs import View
from schemas.panerows import LevelRow, pack_level, pack_pane
from stream_app.domain.channel_rules import ChannelRule
from stream_app.domain.freshness import Hearing
from stream_app.domain.scopes import Scope, escape
from stream_app.domain.tenant import RowKey, Shape, Tenant
from stream_app.domain.views import view_of
from stream_app.engine.job import Changes, Output, Record, Reject, Rejected, Row

TABLE: Final = "windows"
_CONTROL: Final = b"control|"  # heartbeats say how far each tenant is; nothing is left to do here
_END_MARGIN_MS: Final = 500  # as live ticks: the wall clock minus this at the end of the log

_encode_view = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Setting:
    """What the job of a partition is made of: its tenants, those of the policy, the topics."""

    tenants: tuple[str, ...]
    known: frozenset[str]
    shape: Shape
    pane_topic: str
    view_topic: str
    line: Line
    rules: tuple[ChannelRule, ...] = ()


class ChannelsJob:
    """State and logic of one partition number."""

    def __init__(self, setting: Setting) -> None:
        self.views: Final[dict[tuple[str, str], View]] = {}
        """The last view of each (tenant, scope text), for /metrics and the API of this worker."""
        self._setting: Final = setting
        self._hearing: Final = Hearing()
        self._tenants: Final = {name: Tenant(name, setting.shape) for name in setting.tenants}
        self._paces: Final = {name: Pace() for name in setting.tenants}
        sources = frozenset(setting.shape.expected)
        self._intake: Final = Intake(self._tenants, setting.known, sources, self._hearing)
        self._loaded: Final[dict[bytes, bytes]] = {}
        self._strays: Final[list[bytes]] = []  # rows that belong to nobody any more
        self._outputs: Final[dict[bytes, bytes | None]] = {}
        self._gone: Final[set[tuple[str, Scope]]] = set()  # tombstones that were written
        self._signals: Final = Signals(setting.line, setting.rules)
        self._beat_at = -BEAT_MS

    @property
    def tenants(self) -> Mapping[str, Tenant]:
        """The tenants whose panes come to this partition."""
        return self._tenants

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
        said = {key: self._loaded.pop(key) for key, _ in list(stored(self._loaded))}
        self._signals.restored(said, epoch)
        self._strays.extend(restore(self._tenants, self._hearing, self._loaded, meta))
        self._loaded.clear()

    def apply(self, records: Sequence[Record], reject: Reject) -> int:
        """Apply records of the pane topic in offset order."""
        for done, record in enumerate(records, 1):
            self._hearing.move(record.timestamp)
            if record.key is not None and record.key.startswith(_CONTROL):
                continue
            try:
                self._intake.take(record.value)
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
        if self._outputs or self._strays or self._signals.changed:
            return True
        return any(tenant.changed for tenant in self._tenants.values())

    def collect(self) -> Changes:
        """All rows and views that are new, and how far everything is."""
        changes = Changes(meta=meta_of(self._tenants, self._hearing))
        changes.rows.extend(Row(TABLE, key, None) for key in self._strays)
        for tenant in self._tenants.values():
            changes.rows.extend(_row(tenant, key, value) for key, value in tenant.changed.items())
            tenant.changed.clear()
            changes.rows.extend(_hours(tenant))
        topic = self._setting.view_topic
        changes.outputs.extend(Output(topic, key, value) for key, value in self._outputs.items())
        rows, signals = self._signals.collect()
        changes.rows.extend(rows)
        changes.outputs.extend(signals)
        self._outputs.clear()
        self._strays.clear()
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
