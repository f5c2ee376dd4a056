"""What a terminal knows of one tenant, and what of it may be shown as current at a moment.

Built from the events of the live stream and a clock that never jumps; does no I/O. Only what the wall
sent last is kept.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from schemas.instants import format_ms, parse_ms
from schemas.outputs import Alert
from stream_app.wall import judge
from stream_app.wall.judge import FRESH, SOUND, Seen, Volume
from stream_app.wall.shapes import FeedShape, Pointed

SILENT_SECONDS: Final = 3.0
MOST_URGENT: Final = 10
_ITEM: Final = Pointed.__struct_fields__


class Row(msgspec.Struct, kw_only=True):
    """The figures of one scope, and whether they are current."""

    scope: dict[str, str]
    condition: str  # stale, partial, behind | replay | overdue, at_risk, on_time
    as_of: str
    mode: str | None
    missing_partitions: list[int]
    waiting: int
    longest_wait_seconds: float | None
    in_target_1h: float | None
    at_risk: int
    overdue: int
    volume: Volume

    @property
    def fresh(self) -> bool:
        """Whether the figures may be shown as current."""
        return self.condition in FRESH

    @property
    def sound(self) -> bool:
        """Whether they are current, or were at the time that is replayed."""
        return self.condition in SOUND


class Urgent(Pointed, kw_only=True, omit_defaults=True):
    """As it is at a moment. `seconds_left` is negative past the due instant."""

    seconds_left: float | None = None
    waiting_seconds: float | None = None


class Look(msgspec.Struct, kw_only=True):
    """Everything that is to be shown at one moment.

    `line`: connecting, lost (nothing heard for three seconds), cut (the wall has lost Kafka), old or
    partly (all or some figures are not current), replay, live.
    """

    tenant: str
    now: str | None
    line: str
    silent_since: str | None  # only while the line is lost
    feed: FeedShape
    whole: Row | None
    rows: list[Row]
    missing_partitions: list[int]
    urgent: list[Urgent]
    urgent_total: int
    alerts: list[Alert]
    alerts_total: int
    goals: list[dict[str, Any]]


class Picture:
    """`focus`: the scope that is looked at, empty for the whole tenant; `at`: seconds of a steady clock."""

    def __init__(self, focus: Mapping[str, str], began: float) -> None:
        self.focus: Final = dict(focus)
        self.tenants: list[str] = []
        self.ready = False
        self._tenant = ""
        self._views: dict[tuple[tuple[str, str], ...], Seen] = {}
        self._alerts: dict[str, Alert] = {}
        self._alerts_total = 0
        self._feed = FeedShape(connected=True, since=None, problem=None)
        self._interval = 2_000.0
        self._zero = 0.0  # the wall's time at the origin of the steady clock
        self._heard = began

    def hear(self, kind: str, content: Mapping[str, Any], at: float) -> None:
        """Take over an event of the stream."""
        self._heard = at
        self._zero = parse_ms(content["now"]) - at * 1_000
        self._feed = msgspec.convert(content["feed"], FeedShape)
        if kind == "snapshot":
            self._views.clear()
            self._alerts.clear()
            self._tenant, self.tenants = content["tenant"], content["tenants"]
            self._interval = content["interval_seconds"] * 1_000
            self.ready = True
        if kind in ("snapshot", "delta"):
            self._change(content)

    def _change(self, content: Mapping[str, Any]) -> None:
        for view in content["views"]:
            held = judge.seen(view)
            self._views[_key(held.view.scope)] = held
        for scope in content.get("gone", []):
            self._views.pop(_key(scope), None)
        for each in content["alerts"]:
            alert = msgspec.convert(each, Alert)
            self._alerts.pop(alert.alert, None)
            if alert.state != "resolved":
                self._alerts[alert.alert] = alert
        self._alerts_total = content.get("alerts_total", self._alerts_total)

    def scopes(self, part: str) -> list[str]:
        """The values that a part of a scope has, e.g. all channels."""
        found = {held.view.scope[part] for held in self._views.values() if part in held.view.scope}
        return sorted(found)

    def look(self, at: float) -> Look:
        """What is to be shown now."""
        now = self._zero + at * 1_000
        whole = self._views.get(_key(self.focus))
        row = self._row(whole, now) if whole is not None else None
        rows = [self._row(held, now) for held in self._parts()]
        alerts = judge.shown_alerts(self._alerts.values(), self.focus)
        lost = at - self._heard > SILENT_SECONDS
        levels = whole.view.levels if whole is not None else {}
        return Look(
            tenant=self._tenant,
            now=format_ms(int(now)) if self.ready else None,
            line=self._line([*rows, *([row] if row else [])], lost=lost),
            silent_since=format_ms(int(self._zero + self._heard * 1_000)) if lost else None,
            feed=self._feed,
            whole=row,
            rows=rows,
            missing_partitions=self._missing(),
            urgent=self._urgent(whole, now),
            urgent_total=levels.get("overdue", 0) + levels.get("at_risk", 0),
            alerts=alerts,
            alerts_total=len(alerts) if self.focus else max(len(alerts), self._alerts_total),
            goals=whole.view.goals if whole is not None else [],
        )

    def _parts(self) -> list[Seen]:
        """The channels of a tenant, or the teams of a channel."""
        part = "team" if self.focus else "channel"
        wanted = {*self.focus, part}
        found = [
            held
            for held in self._views.values()
            if held.view.scope.keys() == wanted and self.focus.items() <= held.view.scope.items()
        ]
        return sorted(found, key=lambda held: held.view.scope[part])

    def _row(self, held: Seen, now: float) -> Row:
        view = held.view
        name = judge.condition(held, now, self._interval)
        fresh = name in FRESH
        wait = judge.longest_wait(held, now, fresh=fresh)
        return Row(
            scope=view.scope,
            condition=name,
            as_of=view.as_of,
            mode=view.mode,
            missing_partitions=view.missing_partitions,
            waiting=view.levels.get("waiting", 0),
            longest_wait_seconds=wait / 1_000 if wait is not None else None,
            in_target_1h=judge.share(view),
            at_risk=view.levels.get("at_risk", 0),
            overdue=view.levels.get("overdue", 0),
            volume=judge.volume(view, sound=name in SOUND),
        )

    def _line(self, rows: list[Row], *, lost: bool) -> str:
        if lost:
            return "lost"
        if not self.ready:
            return "connecting"
        if not self._feed.connected:
            return "cut"
        if all(row.fresh for row in rows):
            return "live"
        if all(row.sound for row in rows):
            return "replay"
        return "partly" if any(row.fresh for row in rows) else "old"

    def _missing(self) -> list[int]:
        views = (held.view for held in self._views.values() if not held.view.complete)
        return sorted({number for view in views for number in view.missing_partitions})

    def _urgent(self, whole: Seen | None, now: float) -> list[Urgent]:
        if whole is None:
            return []
        fresh = judge.condition(whole, now, self._interval) in FRESH
        time = judge.view_time(whole, now, fresh=fresh)
        return [_urgent(item, time) for item in judge.most_urgent(whole.view, MOST_URGENT)]


def _urgent(item: Mapping[str, Any], time: float) -> Urgent:
    due, since = item.get("due"), item.get("since")
    fields: dict[str, Any] = {name: item[name] for name in _ITEM if item.get(name) is not None}
    return Urgent(
        **fields,
        seconds_left=(parse_ms(due) - time) / 1_000 if due else None,
        waiting_seconds=(time - parse_ms(since)) / 1_000 if since else None,
    )


def _key(scope: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(scope.items()))
