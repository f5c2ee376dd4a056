"""How alerts look on a terminal."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from schemas.outputs import Alert
from stream_app.cli.alert_history import Episode
from stream_app.cli.output import table
from stream_app.cli.timeline import moment

_COLOURS = {"firing": "red", "pending": "yellow", "resolved": "dim"}


def show_list(found: Sequence[Episode], out: Console) -> None:
    """One line for each alert."""
    shown = table("alert", "state", "severity", "rule", "about", "since", "by")
    for episode in found:
        alert = episode.alert
        shown.add_row(
            alert.alert,
            _state(alert.state),
            alert.severity,
            escape(alert.rule),
            escape(about(alert)),
            moment(alert.since),
            escape(alert.actor or "-"),
        )
    out.print(shown)


def show_one(episode: Episode, out: Console) -> None:
    """An alert, what it explains, and its history."""
    alert = episode.alert
    out.print(f"[bold]{escape(alert.rule)}[/bold]  {_state(alert.state)}, {alert.severity}")
    out.print(f"  {alert.alert}, episode {alert.episode}, tenant {escape(alert.tenant)}")
    out.print(f"  {escape(about(alert))}, opened {moment(alert.opened_at)} UTC")
    url = alert.subject.get("url")
    if url:
        out.print(f"  {escape(url)}")
    out.print()
    out.print(_explained(alert))
    out.print()
    shown = table("since", "state", "by", "reason", "told", "written")
    for step in episode.trail():
        shown.add_row(
            moment(step["since"]),
            _state(step["state"]),
            escape(step["actor"] or "-"),
            escape(step["reason"] or "-"),
            escape(", ".join(step["notified"]) or "-"),
            moment(step["written"]),
        )
    out.print(shown)


def about(alert: Alert) -> str:
    """What an alert is about, in a few words."""
    subject = alert.subject
    conversation = " ".join(filter(None, (subject.get("source"), subject.get("id"))))
    place = "/".join(filter(None, map(subject.get, ("channel", "team", "priority"))))
    return ", ".join(filter(None, (conversation, place))) or subject.get("kind", "-")


def _state(state: str) -> str:
    colour = _COLOURS.get(state, "green")
    return f"[{colour}]{escape(state)}[/{colour}]"


def _explained(alert: Alert) -> Any:
    shown = table("what", "value")
    for name, value in alert.explain.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        shown.add_row(escape(name), escape(text))
    return shown
