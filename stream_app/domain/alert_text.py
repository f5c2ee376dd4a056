"""What an alert says: which conversation, which promise, how late, and what would end it.

Plain English from the alert's own facts; nothing is looked up and nothing personal is in it.
Durations are seconds on the wire, so they are here.
"""

from collections.abc import Mapping
from typing import Any, Final

from schemas.instants import format_ms
from stream_app.domain.alert_view import AlertView, Sum, Summary

_REPLY: Final = "a public reply by an agent, or solving the conversation"
_SOLVE: Final = "solving the conversation"
_ENDS: Final[Mapping[str, str]] = {
    "first_reply": _REPLY,
    "next_reply": _REPLY,
    "periodic_update": _REPLY,
    "pausable_update": _REPLY,
}
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def duration(seconds: float) -> str:
    """Seconds in at most two units, cut off: `2d`, `1h 5m`, `40s`."""
    rest, parts = int(abs(seconds)), []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"


def annotations(view: AlertView) -> dict[str, str]:
    """Everything a person needs to judge this alert without opening Pegel."""
    found = {key: _text(key, value) for key, value in view.explain.items()}
    found |= {
        "summary": _summary(view),
        "details": _details(view),
        "rule": view.rule,
        "state": view.state,
        "episode": str(view.episode),
        "since": format_ms(view.since),
        "opened_at": format_ms(view.opened_at),
        "resolved_by": ends(view),
        **_subject(view.subject),
    }
    return {key: text for key, text in found.items() if text}


def ends(view: AlertView) -> str:
    """What would resolve this alert."""
    said = view.explain.get("resolved_by")
    if isinstance(said, str) and said:
        return said
    clock, is_ = view.subject.get("clock", ""), view.explain.get("is")
    if view.subject.get("kind") != "conversation":
        return "the figure coming back within its bounds"
    if is_ == "at_risk":
        return f"{_ENDS.get(clock, _SOLVE)}; or the breach, which has its own rule"
    return _ENDS.get(clock, _SOLVE)


def summary_annotations(summary: Summary, total: Sum, shown: int) -> dict[str, str]:
    """What a summary says instead of its many alerts."""
    if summary.receiver:
        what = f"{total.alerts} alerts were still firing when Pegel had caught up"
        why = f"Only the gravest are sent by themselves, {shown} per receiver over all partitions."
    else:
        where = f" on {summary.channel}" if summary.channel else ""
        what = f"{total.alerts} more {summary.rule} alerts{where}"
        why = f"More than {shown} fire at once, so the others are told as one."
    since = format_ms(total.since)
    return {
        "summary": f"{what} (tenant {summary.tenant})",
        "details": f"{why} The oldest has been firing since {since}. All are on the alert topic.",
        "count": str(total.alerts),
        "since": since,
    }


def _summary(view: AlertView) -> str:
    subject = view.ticket_ref or view.channel or view.subject.get("source") or view.tenant
    what = view.rule.replace("_", " ")
    where = f" on {view.channel}" if view.channel and view.channel != subject else ""
    late = view.explain.get("late_by")
    how = f", {duration(late)} late" if isinstance(late, int | float) and late > 0 else ""
    return f"{subject}{where}: {what}{how}"


def _details(view: AlertView) -> str:
    explain = view.explain
    parts = [
        _figure(explain),
        _phrase("silent since {}", explain.get("last_heard")),
        _phrase("nothing current from source partition {}", explain.get("missing_partitions")),
        _phrase("Clock {}", view.subject.get("clock") or explain.get("clock")),
        _phrase("target {}", _length(explain.get("target"))),
        _phrase("age {}", _length(explain.get("age"))),
        _phrase("in calendar {}", explain.get("calendar")),
        _phrase("due {}", explain.get("due")),
        _phrase("created {}", explain.get("created_at")),
        _phrase("policy {}", _policy(explain)),
    ]
    facts = ", ".join(part for part in parts if part)
    start = f"Firing since {format_ms(view.opened_at)}. "
    return start + (f"{facts}. " if facts else "") + f"Resolved by {ends(view)}."


def _figure(explain: Mapping[str, Any]) -> str:
    """`first_reply_met_ratio over 1h is 55 %, below 80 %, of 20`."""
    name, value = explain.get("figure"), explain.get("value")
    if not name or not isinstance(value, int | float):
        return ""
    threshold = explain.get("threshold")
    parts = [
        _phrase("over {}", explain.get("over")),
        f"is {_amount(name, value)}",
        f"({explain.get('limit') or 'goal'} {_amount(name, threshold)})",
        _phrase("of {}", explain.get("count")),
    ]
    return " ".join([f"{name}", *(part for part in parts if part)])


def _amount(name: str, value: object) -> str:
    if not isinstance(value, int | float):
        return "unknown"
    if name.endswith("_ratio"):
        return f"{value * 100:.3g} %"
    timed = name.endswith("_seconds") or name in ("oldest_waiting", "longest_open")
    return duration(value) if timed else f"{value:g}"


def _policy(explain: Mapping[str, Any]) -> str:
    name, version = explain.get("policy"), explain.get("policy_hash")
    return " ".join(str(part) for part in (name, version) if part)


def _subject(subject: Mapping[str, str]) -> dict[str, str]:
    names = {"id": "conversation"}
    return {names.get(key, key): value for key, value in subject.items() if key != "kind"}


def _phrase(form: str, value: object) -> str:
    return form.format(value) if value not in (None, "") else ""


def _length(value: object) -> str:
    return duration(value) if isinstance(value, int | float) else ""


def _text(key: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and key in ("target", "age", "late_by", "elapsed"):
        return duration(value)
    return str(value)
