"""What Pegel writes: panes, levels, heartbeats, signals, alerts, views and SLA outcomes.

On the wire instants are RFC 3339 in UTC, durations seconds, ratios 0-1. The pane topic is a contract
between agents only: its sums are integer milliseconds (named `*_ms`), so that they add up exactly,
and `oldest_waiting_since` is an integer of milliseconds since the epoch, because an age would be old
the moment it is written.
"""

from typing import Any, Final

import msgspec

VIEW_INTERVAL_MS: Final = 2_000
"""A view is written again at least this often, as long as its figures reach further each time."""


class TenantClock(msgspec.Struct, gc=False):
    """How far a source partition is for one tenant."""

    watermark: str
    tick: str
    mode: str  # live | catchup | event


class PaneRecord(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One record of `engagement.pane.v1`; which fields are present depends on `kind`.

    A pane whose `resolution` is coarser replaces every finer pane that it covers, of the same
    source partition and group: 10 s panes are rolled into 60 s panes when they leave the last hour.
    """

    kind: str  # pane | level | heartbeat | snapshot_begin | snapshot_end
    agent: str
    source_partition: int
    epoch: int
    seq: int
    source_offset: int | None = None
    watermark: str | None = None
    tick: str | None = None
    mode: str | None = None
    tenant: str | None = None
    channel: str | None = None
    team: str | None = None
    priority: str | None = None
    resolution: int | None = None  # seconds: 10 or 60
    start: str | None = None
    counts: dict[str, int] = {}
    sums: dict[str, int] = {}
    hist: dict[str, dict[int, int]] = {}
    levels: dict[str, int] = {}
    staff: str = ""  # of a level record: bits of the people of a team, hexadecimal (domain.staff)
    clocks: dict[str, TenantClock] = {}
    sources: dict[str, dict[str, str]] = {}  # of a heartbeat: tenant, source of input, last heard
    top: dict[str, list[dict[str, Any]]] = {}


class Signal(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One record of `engagement.signal.v1`: is a rule's condition true for a subject now.

    `since` is the event-time instant at which `active` took its present value. A heartbeat has only
    `clocks`, `agent`, `source_partition`, `epoch`, `seq`.
    """

    rule: str | None = None
    tenant: str | None = None
    subject: dict[str, str] = {}
    active: bool | None = None
    since: str | None = None
    severity: str | None = None
    value: float | None = None
    threshold: float | None = None
    explain: dict[str, Any] = {}
    mode: str | None = None
    tick: str | None = None
    epoch: int = 0
    seq: int = 0
    agent: str | None = None
    source_partition: int | None = None
    clocks: dict[str, TenantClock] = {}


class Alert(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One record of `engagement.alert.v1`: a state that an alert episode entered.

    `since` is when this state began, `opened_at` when the episode did.
    """

    alert: str
    rule: str
    tenant: str
    subject: dict[str, str]
    episode: int
    state: str  # pending | firing | acknowledged | snoozed | resolved
    since: str
    opened_at: str
    severity: str
    explain: dict[str, Any]
    actor: str | None = None
    reason: str | None = None
    notified: list[str]


class SlaEvent(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One record of `engagement.sla.v1`: an outcome of one clock instance. Durations in seconds."""

    id: str
    type: str  # sla.at_risk | breached | fulfilled | cancelled | corrected | activated | paused | resumed
    tenant: str
    source: str
    conversation: str
    clock: str
    instance: int
    time: str
    due: str | None = None
    target: float | None = None
    elapsed: float
    late_by: float  # 0 in time, and where nothing is promised
    reason: str | None = None
    channel: str
    team: str | None = None
    priority: str | None = None
    calendar: str
    policy: dict[str, str]  # {name, hash}
    caused_by: list[str]
    corrects: str | None = None


class View(msgspec.Struct, kw_only=True):
    """One record of `engagement.view.v1`: the snapshot that screens and feeds read."""

    tenant: str
    scope: dict[str, str]
    as_of: str
    mode: str | None = None  # live | catchup | event; null in what older workers wrote
    complete: bool
    missing_partitions: list[int]
    levels: dict[str, Any]
    windows: dict[str, dict[str, Any]]
    volume: dict[str, Any]
    goals: list[dict[str, Any]]
    top: dict[str, list[dict[str, Any]]]


class ChannelSla(msgspec.Struct, kw_only=True):
    """The figures of one channel. Seconds and ratios are null where there is nothing to tell."""

    channel: str
    state: str  # ok | at_risk | breached | stale
    as_of: str
    waiting: int
    open: int
    overdue: int
    at_risk: int
    oldest_waiting_seconds: float
    expected_wait_seconds: float | None
    first_reply_p90_seconds: float | None
    first_reply_met_ratio: float | None
