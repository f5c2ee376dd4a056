"""The facts of an alert for texts: a plain dict of values, each of which is always there.

Instants are milliseconds, durations seconds, absent ones None. Words are chosen by the templates.
"""

from collections.abc import Mapping
from typing import Any, Final

from schemas.instants import parse_ms
from stream_app.domain.alert_view import AlertView

Facts = dict[str, Any]
_REPLIES: Final = frozenset({"first_reply", "next_reply", "periodic_update", "pausable_update"})
_NAMED: Final = frozenset(
    {
        *("clock", "is", "target", "late_by", "age", "elapsed", "value", "threshold", "calendar"),
        *("due", "created_at", "policy", "policy_hash", "resolved_by", "reason", "count"),
    }
)


def facts_of(view: AlertView, kind: str, identity: str) -> Facts:
    """Everything that a text about one alert may say."""
    subject, explain = view.subject, view.explain
    return {
        "id": identity,
        "kind": kind,
        "alert": view.alert,
        "step": view.step,
        "state": view.state,
        "resolved": view.resolved,
        "rule": view.rule,
        "tenant": view.tenant,
        "severity": view.severity,
        "episode": view.episode,
        "since": view.since,
        "opened_at": view.opened_at,
        "lasted": max(0, view.since - view.opened_at) / 1000 if view.resolved else None,
        "actor": view.actor,
        "reason": view.reason,
        "count": int(_number(explain, "count") or 1),
        **_subject(subject, view),
        **_explained(subject, explain),
        "resolved_by": resolved_by(view),
        "more": {_line(key): _line(value) for key, value in explain.items() if key not in _NAMED},
    }


def resolved_by(view: AlertView) -> str:
    """What would end it, as one of a few words that templates know."""
    kind, clock = view.subject.get("kind", ""), view.subject.get("clock", "")
    if kind == "conversation":
        return "reply" if clock in _REPLIES else "solve"
    return kind if kind in ("source", "summary") else "figure"


def _subject(subject: Mapping[str, str], view: AlertView | None) -> Facts:
    subject = {key: _line(value) for key, value in subject.items()}
    conversation = subject.get("id", "") if subject.get("kind") == "conversation" else ""
    return {
        "about": subject.get("kind", ""),
        "conversation": conversation,
        "source": subject.get("source", ""),
        "channel": subject.get("channel", "") or (view.channel if view else ""),
        "team": subject.get("team", ""),
        "priority": subject.get("priority", "") or (view.priority if view else ""),
        "url": _web(subject.get("url", "")),
        "instance": subject.get("instance", ""),
    }


def _explained(subject: Mapping[str, str], explain: Mapping[str, Any]) -> Facts:
    return {
        "clock": subject.get("clock") or _text(explain, "clock"),
        "is": _text(explain, "is"),
        "target": _number(explain, "target"),
        "late_by": _number(explain, "late_by"),
        "age": _number(explain, "age"),
        "value": _number(explain, "value"),
        "threshold": _number(explain, "threshold"),
        "calendar": _text(explain, "calendar"),
        "due": _instant(explain, "due"),
        "created_at": _instant(explain, "created_at"),
        "policy": _text(explain, "policy"),
        "policy_version": _text(explain, "policy_hash"),
    }


def _web(url: str) -> str:
    # A link that is none, or that runs a script, would be shown to people as one to follow.
    return url if url.startswith(("https://", "http://")) and url.isprintable() else ""


def _text(explain: Mapping[str, Any], key: str) -> str:
    value = explain.get(key)
    return "" if value is None else _line(value)


def _line(value: object) -> str:
    # Ids come from other systems; a line break in one must not look like a line of ours.
    return " ".join(str(value).split())[:500]


def _number(explain: Mapping[str, Any], key: str) -> float | None:
    value = explain.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _instant(explain: Mapping[str, Any], key: str) -> int | None:
    value = explain.get(key)
    if not isinstance(value, str):
        return None
    try:
        return parse_ms(value)
    except ValueError:
        return None
