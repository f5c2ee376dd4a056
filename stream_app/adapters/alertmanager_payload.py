"""Alerts as Alertmanager's API v2 wants them: values in, JSON objects out, no I/O.

Labels are the identity: fixed while an episode fires, so that a resend by whichever worker is the
same alert. Everything that may change stands in the annotations.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from schemas.instants import format_ms
from stream_app.domain.alert_delivery import BACKLOG_LIMIT, FLOOD_LIMIT
from stream_app.domain.alert_text import annotations, summary_annotations
from stream_app.domain.alert_view import AlertView, Sum, Summary

BACKLOG_ALERT: Final = "EngagementAlertBacklog"
SUMMARY_STEP: Final = "summary"

_ADDRESS: Final = re.compile(
    r"https?://[A-Za-z0-9.-]+(:\d{1,5})?"
    r"([/?#]([A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?"
)

Key = tuple[str, str]
"""Identity of a push: the alert and its step."""


@dataclass(frozen=True, slots=True)
class Push:
    """One thing to keep Alertmanager informed of."""

    key: Key
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: int
    resolved: bool
    url: str = ""

    def body(self, ends_at: int) -> dict[str, Any]:
        """The object of the JSON array; Alertmanager refuses an end before the start."""
        found: dict[str, Any] = {
            "labels": {name: value for name, value in self.labels.items() if value},
            "annotations": self.annotations,
            "startsAt": format_ms(self.starts_at),
            "endsAt": format_ms(max(ends_at, self.starts_at + 1)),
        }
        if self.url:
            found["generatorURL"] = self.url
        return found


def push_of(view: AlertView) -> Push:
    """What to say of one step of one episode."""
    labels = {
        "alertname": view.rule,
        "tenant": view.tenant,
        "channel": view.channel,
        "priority": view.priority,
        "severity": view.severity,
        "ticket_ref": view.ticket_ref,
        "alert": view.alert,
        "step": str(view.step),
    }
    key = (view.alert, labels["step"])
    url = _link(view.subject.get("url", ""))
    text = {name: value for name, value in annotations(view).items() if _is_label_name(name)}
    return Push(key, labels, text, view.starts_at, view.resolved, url)


def push_of_summary(summary: Summary, total: Sum, now: int) -> Push:
    """What to say of many episodes at once; every worker says it with the same labels.

    It has no beginning of its own: Alertmanager keeps the earliest that it was told.
    """
    limit = BACKLOG_LIMIT if summary.receiver else FLOOD_LIMIT
    alert = "v1-" + blake2b(json.dumps(summary).encode(), digest_size=12).hexdigest()
    labels = {
        "alertname": summary.rule or BACKLOG_ALERT,
        "tenant": summary.tenant,
        "channel": summary.channel,
        "severity": summary.severity,
        "receiver": summary.receiver,
        "alert": alert,
        "step": SUMMARY_STEP,
    }
    text = summary_annotations(summary, total, limit)
    return Push((alert, SUMMARY_STEP), labels, text, min(total.since, now), resolved=False)


def _is_label_name(name: str) -> bool:
    return name.isascii() and name.isidentifier()


def _link(url: str) -> str:
    # One address that is none would make Alertmanager refuse the whole request.
    return url if _ADDRESS.fullmatch(url) else ""
