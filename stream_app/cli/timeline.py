"""How a conversation's clock timeline looks on a terminal; all facts come from the worker."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stream_app.cli.output import table

_COLOURS = {
    "running": "green",
    "at_risk": "yellow",
    "paused": "yellow",
    "breached": "red",
    "fulfilled": "dim",
    "cancelled": "dim",
}
Found = Mapping[str, Any]


def show(found: Found, out: Console) -> None:
    """Print head, clocks, spans, rules and the timeline."""
    name = f"{found['source']} {found['conversation']}"
    out.print(f"[bold]{escape(name)}[/bold]  {found['status']}, as of {moment(found['as_of'])} UTC")
    for line in _head(found):
        out.print(f"  {escape(line)}")
    out.print()
    out.print(_clocks(found["clocks"]))
    if found["conditions"]:
        out.print()
        out.print(_conditions(found["conditions"]))
    if found["timeline"]:
        out.print()
        out.print(_timeline(found))
    if any(clock["spans"] for clock in found["clocks"]):
        out.print()
        out.print(_spans(found["clocks"]))


def _head(found: Found) -> list[str]:
    where = [found["channel"], found["team"], found["priority"]]
    lines = [f"tenant {found['tenant']}, " + ", ".join(part for part in where if part)]
    if found["created_at"]:
        by = f" by {found['created_by']}" if found["created_by"] else ""
        lines.append(f"created {moment(found['created_at'])}{by}")
    for field, words in (
        ("waiting_since", "waiting since"),
        ("ended_at", "ended"),
        ("merged_into", "merged into"),
        ("next_wake_at", "looked at again"),
    ):
        if found[field]:
            value = found[field]
            lines.append(f"{words} {value if field == 'merged_into' else moment(value)}")
    return lines + [_act(act) for act in found["acts"]]


def _act(act: Found) -> str:
    why = f": {act['reason']}" if act["reason"] else ""
    return f"{act['what']} {moment(act['at'])} by {act['by'] or 'somebody'}{why}"


def _clocks(clocks: Sequence[Found]) -> Table:
    shown = table(
        "clock", "is", "started", "due", "ended", "elapsed / target", "calendar", "policy"
    )
    for clock in clocks:
        shown.add_row(
            clock["clock"] + (f" #{clock['instance']}" if clock["instance"] > 1 else ""),
            coloured(clock["is"]),
            moment(clock["started_at"]),
            moment(clock["due"]),
            moment(clock["ended_at"]),
            _elapsed(clock),
            clock["calendar"],
            escape(_policy(clock["policy"])),
        )
    return shown


def coloured(word: str) -> str:
    """A status in its colour."""
    colour = _COLOURS.get(word.split(maxsplit=1)[0], "none")
    return f"[{colour}]{word}[/{colour}]"


def _elapsed(clock: Found) -> str:
    if not clock["target"]:
        return span(clock["elapsed"]) if clock["elapsed"] else "-"
    text = f"{span(clock['elapsed'])} / {span(clock['target'])}"
    return f"{text} [red]+{span(clock['late_by'])}[/red]" if clock["late_by"] else text


def _policy(policy: Found) -> str:
    return f"{policy['name'] or 'none'} ({policy['hash'][:8]})" if policy["hash"] else "none"


def _conditions(conditions: Sequence[Found]) -> Table:
    shown = table("alert rule", "is", "since", "due")
    for condition in conditions:
        state = "[red]true[/red]" if condition["active"] else "not true"
        since, due = moment(condition["since"]), moment(condition["due"])
        shown.add_row(escape(condition["rule"]), state, since, due)
    return shown


def _timeline(found: Found) -> Table:
    shown = table("when", "what", "why")
    for line in found["timeline"]:
        detail = [f"due {moment(line['due'])}"] if line.get("due") else []
        detail += [str(line["reason"])] if line.get("reason") else []
        shown.add_row(moment(line["at"]), escape(line["what"]), escape(", ".join(detail)))
    return shown


def _spans(clocks: Sequence[Found]) -> Table:
    shown = table("clock", "counted from", "to", "in calendar")
    for clock in clocks:
        for start, end, calendar in clock["spans"]:
            shown.add_row(clock["clock"], moment(start), moment(end), calendar)
    return shown


def moment(instant: str | None) -> str:
    """`2026-03-01 12:30:05` of an RFC 3339 instant in UTC."""
    return instant[:19].replace("T", " ") if instant else "-"


def span(seconds: float) -> str:
    """`1d 2h`, `2h 5m`, `5m 3s`, `3s`: two units are enough to read."""
    parts, rest = [], int(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
