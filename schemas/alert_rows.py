"""Changelog rows of the alerts agent: one row per signal key, holding its newest episode.

Rows are msgpack arrays. Fields are only ever added at the end, with a default; `ALERT_ROW_VERSION`
changes when a meaning does. Instants are milliseconds since the epoch, 0 stands for none.
"""

from typing import Any, Final

import msgspec

ALERT_ROW_VERSION: Final = 1


class Farewell(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a receiver must still hear of an episode that is over, and that another has followed."""

    receiver: str
    mark: str  # stream_app.domain.notices
    alert: str
    step: int
    severity: str
    episode: int
    subject: dict[str, str]
    since: int
    opened_at: int


class AlertRow(msgspec.Struct, array_like=True, gc=False):
    """The newest episode of a rule and a subject; see `stream_app.domain.alerts`."""

    version: int
    rule: str
    tenant: str
    subject: dict[str, str] = {}
    state: str = "none"
    episode: int = 0
    since: int = 0  # when `state` began
    opened_at: int = 0  # when the condition began to hold
    fired_at: int = 0  # when the episode first fired: opened_at plus the rule's `for`
    active: bool = False  # what the newest signal says
    active_since: int = 0
    cleared_at: int = 0  # the condition ended here, and `keep_firing_for` runs
    touched: int = 0  # tick at which the state was entered
    until: int = 0  # end of an acknowledgement or a snooze
    epoch: int = -1  # order of the newest signal applied
    seq: int = -1
    severity: str = ""  # present one; escalation steps raise it
    explain: dict[str, Any] = {}
    actor: str = ""
    reason: str = ""
    void: bool = False  # it never truly fired, so its episode number is used again
    steps: tuple[int, ...] = ()  # when each escalation step was reached
    reminded_at: int = 0
    written_at: int = 0  # tick of the last record on the alert topic
    delivery: int = 0  # stream_app.domain.alert_delivery
    starts_at: int = (
        0  # this and the labels are fixed while an episode fires: sinks know it by them
    )
    label_channel: str = ""
    label_priority: str = ""
    label_severity: str = ""
    told_at: int = 0  # tick at which `delivery` was decided
    told: dict[str, tuple[str, str]] = {}  # receiver -> marks: last begun, last confirmed
    farewells: tuple[Farewell, ...] = ()
    # Episodes before this one: opened, fired, ended, instance of the clock (domain.alert_rewind).
    past: tuple[tuple[int, int, int, str], ...] = ()


class Summed(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A summary that a receiver of messages has been told of, and that is not over."""

    tenant: str
    rule: str
    channel: str
    receiver: str
    severity: str
    alerts: int  # how many it stood for
    since: int
    at: int  # wall clock when it was taken


class AlertMeta(msgspec.Struct, array_like=True, gc=False):
    """The alerts agent's part of the meta row: its time per tenant, which never goes back.

    `ticks` are those of rules on conversations, `figure_ticks` those of rules on figures.
    """

    version: int = ALERT_ROW_VERSION
    ticks: dict[str, int] = {}
    advanced: dict[str, int] = {}  # up to and including here by `pegel.clock.advance.v1`
    summed: tuple[Summed, ...] = ()
    figure_ticks: dict[str, int] = {}
    policy: str = ""  # the version that holds; "": what holds before any activation


_encode = msgspec.msgpack.Encoder().encode
_decode_row = msgspec.msgpack.Decoder(AlertRow).decode
_decode_meta = msgspec.msgpack.Decoder(AlertMeta).decode


def encode_alert_row(row: AlertRow) -> bytes:
    """The changelog value of a row."""
    return _encode(row)


def decode_alert_row(data: bytes) -> AlertRow:
    """The inverse of `encode_alert_row`. Raises msgspec.ValidationError for a foreign shape."""
    return _decode_row(data)


def encode_alert_meta(meta: AlertMeta) -> bytes:
    """The job's part of the meta row."""
    return _encode(meta)


def decode_alert_meta(data: bytes) -> AlertMeta:
    """The inverse of `encode_alert_meta`."""
    return _decode_meta(data)
