"""One believable record of each kind; they stand in `schemas/examples` and in the documentation.

They tell one story: a customer of `acme` wrote by mail, was answered late, and the channel shows it.
"""

from typing import Any, Final

from schemas.commands import Command
from schemas.events import CLOCK_ADVANCE, MESSAGE_CREATED, POLICY_ACTIVATE, Data, Event
from schemas.outputs import Alert, PaneRecord, Signal, SlaEvent, TenantClock, View
from schemas.policies import CalendarRecord, PolicyRecord

_SOURCE: Final = "zendesk/acme"
_TENANT: Final = "acme"
_POLICY: Final = {"name": "everything else", "hash": "5f0c9d1e7a3b4c62"}
_GROUP: Final[dict[str, Any]] = {"channel": "email", "team": "billing", "priority": "high"}
_LEVELS: Final = {
    "open": 41,
    "waiting": 9,
    "overdue": 2,
    "at_risk": 3,
    "unassigned": 4,
    "unattended": 11,
}
_SUBJECT: Final = {"kind": "conversation", "source": _SOURCE, "id": "4711", "channel": "email"}
_URGENT: Final = {
    "conversation": "4711",
    "source": _SOURCE,
    "url": "https://acme.zendesk.com/agent/tickets/4711",
    "channel": "email",
    "team": "billing",
    "priority": "high",
    "clock": "first_reply",
    "due": "2026-01-12T08:30:00Z",
    "since": "2026-01-09T15:30:00Z",
}
_NOW: Final = "2026-01-12T09:00:04Z"
_ORIGIN: Final[dict[str, Any]] = {"agent": "conversations", "source_partition": 3, "epoch": 7}

EVENT: Final = Event(
    id="comment:99120:2026-01-09T15:30:00Z",
    source=_SOURCE,
    type=MESSAGE_CREATED,
    subject="4711",
    time="2026-01-09T15:30:00Z",
    tenant=_TENANT,
    data=Data(
        message="99120",
        channel="email",
        direction="in",
        author="customer",
        visibility="public",
        kind="text",
        team="billing",
        priority="high",
        customer="c_5d2f1a9be07c",
    ),
)
CONTROL: Final = Event(
    id="advance:acme:2026-01-12T00:00:00Z",
    source="replay/acme",
    type=CLOCK_ADVANCE,
    subject=_TENANT,
    time="2026-01-12T00:00:00Z",
    tenant=_TENANT,
    data=Data(tenant=_TENANT, until="2026-01-12T00:00:00Z"),
)
ACTIVATION: Final = Event(
    id="5f0c9d1e7a3b4c62:2026-01-12T08:00:00Z",
    source="pegel/policy",
    type=POLICY_ACTIVATE,
    subject="5f0c9d1e7a3b4c62",
    time="2026-01-12T08:00:00Z",
    data=Data(hash="5f0c9d1e7a3b4c62"),
)
POLICY: Final = PolicyRecord(
    format=1,
    hash="5f0c9d1e7a3b4c62",
    calendars={
        "office": CalendarRecord(
            zone="Europe/Berlin",
            hours=[*[[(540, 1020)]] * 5, [], []],
            holidays=["2026-01-01", "2026-01-06"],
        )
    },
    policy={"hash": "5f0c9d1e7a3b4c62", "tenants": {_TENANT: "live"}, "channels": ["email"]},
    file={"apiVersion": "pegel/v1", "tenants": {_TENANT: {"clock": "live"}}},
)
PANE: Final = PaneRecord(
    kind="pane",
    **_ORIGIN,
    seq=1041,
    source_offset=88_213,
    watermark=_NOW,
    tick=_NOW,
    mode="live",
    tenant=_TENANT,
    **_GROUP,
    resolution=10,
    start="2026-01-12T09:00:00Z",
    counts={"messages_in": 4, "messages_out": 1, "opened": 1, "first_reply_met": 1},
    sums={"first_reply_ms": 1_803_000},
    hist={"first_reply": {721: 1}},
)
LEVEL: Final = PaneRecord(
    kind="level",
    **_ORIGIN,
    seq=1042,
    tenant=_TENANT,
    **_GROUP,
    levels={
        **_LEVELS,
        "unresolved_48h": 1,
        "oldest_waiting_since": 1_767_972_600_000,
        "longest_open_since": 1_767_972_600_000,
    },
    top={"overdue": [_URGENT], "at_risk": [], "waiting": [_URGENT]},
)
HEARTBEAT: Final = PaneRecord(
    kind="heartbeat", **_ORIGIN, seq=1043, clocks={_TENANT: TenantClock(_NOW, _NOW, "live")}
)
SNAPSHOT_END: Final = PaneRecord(kind="snapshot_end", **_ORIGIN, seq=311)
SIGNAL: Final = Signal(
    rule="first_reply_breached",
    tenant=_TENANT,
    subject={**_SUBJECT, "team": "billing", "priority": "high"},
    active=True,
    since="2026-01-12T08:30:00Z",
    severity="critical",
    explain={"clock": "first_reply", "target": 3600, "calendar": "office"},
    mode="live",
    tick=_NOW,
    epoch=7,
    seq=1044,
)
SLA: Final = SlaEvent(
    id="9c1e0f77a2b34d58",
    type="sla.breached",
    tenant=_TENANT,
    source=_SOURCE,
    conversation="4711",
    clock="first_reply",
    instance=1,
    time="2026-01-12T08:30:00Z",
    due="2026-01-12T08:30:00Z",
    target=3600.0,
    elapsed=3600.0,
    late_by=0.0,
    **_GROUP,
    calendar="office",
    policy=_POLICY,
    caused_by=["00a4f1c29b7de813"],
)
ALERT: Final = Alert(
    alert="2b7d54c0e1f98a36",
    rule="first_reply_breached",
    tenant=_TENANT,
    subject=_SUBJECT,
    episode=1,
    state="firing",
    since="2026-01-12T08:30:00Z",
    opened_at="2026-01-12T08:30:00Z",
    severity="critical",
    explain={"clock": "first_reply", "target": 3600, "calendar": "office"},
    notified=["oncall"],
)
COMMAND: Final = Command(
    action="acknowledge", alert="2b7d54c0e1f98a36", actor="wall/support", reason="on it"
)
_REPLIES: Final = {
    "count": 12,
    "sum": 15_984.0,
    "mean": 1332.0,
    "p50": 1204.61,
    "p90": 2711.3,
    "p95": 3390.05,
    "p99": 3390.05,
    "max": 3390.05,
}
VIEW: Final = View(
    tenant=_TENANT,
    scope={"channel": "email"},
    as_of=_NOW,
    mode="live",
    complete=False,
    missing_partitions=[5],
    levels={
        **_LEVELS,
        "oldest_waiting_seconds": 235_804.0,
        "oldest_waiting_since": "2026-01-09T15:30:00Z",
        "longest_open_seconds": 235_804.0,
        "longest_open_since": "2026-01-09T15:30:00Z",
        "unresolved_48h": 1,
    },
    windows={
        "1h": {
            "messages_in": 61,
            "messages_out": 44,
            "opened": 17,
            "solved": 15,
            "reopened": 2,
            "first_reply_seconds": _REPLIES,
            "first_reply_met": 11,
            "first_reply_missed": 2,
            "first_reply_breached": 2,
            "first_reply_cancelled": 0,
            "first_reply_met_ratio": 11 / 13,
            "next_reply_seconds": {"count": 0, "sum": 0},
        }
    },
    volume={
        "verdict": "unknown",
        "observed": None,
        "expected": None,
        "low": None,
        "high": None,
        "explain": "nothing current from source partition 5",
    },
    goals=[
        {
            "name": "replies this week",
            "metric": "first_reply_met_ratio",
            "over": "7d",
            "target": 0.8,
            "count": 214,
            "value": 0.84,
            "state": "met",
        }
    ],
    top={"overdue": [_URGENT], "at_risk": [], "waiting": [_URGENT]},
)
