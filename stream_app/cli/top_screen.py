"""How `pegel top` is laid out: header, banner, channels, and below them what is urgent, alerts and goals.

Draws a `Look` into a given size, in no more lines than there are.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stream_app.cli.top_head import GREY, banner, cropped, header, totals
from stream_app.cli.top_rows import alert_row, channel_row, goal_row, urgent_rows
from stream_app.wall.picture import Look, Row
from stream_app.wall.words import Words

_HEADING: Final = 2  # lines above the channels
_LEAST_BELOW: Final = 5
_AIRY: Final = 30  # lines from which on there is room for empty ones
_MOST_GOALS: Final = 3


class Size(NamedTuple):
    """Of the terminal, in characters."""

    width: int
    height: int


def draw(look: Look, words: Words, size: Size, focus: dict[str, str]) -> RenderableType:
    """Everything at one moment."""
    said = banner(look, words)
    air: list[RenderableType] = [Text()] if size.height >= _AIRY else []
    head: list[RenderableType] = [
        header(look, words, focus),
        *([said] if said else []),
        totals(look, words),
        *air,
    ]
    room = size.height - len(head) - 1  # the last line says how to end it
    rows = _fitting(look.rows, room - _HEADING - min(_wanted(look), _LEAST_BELOW))
    table = _channels(look, words, rows, "team" if focus else "channel")
    below = room - _HEADING - len(rows) - len(air)
    parts: list[RenderableType] = [*head, table, *air]
    if below > 1:
        parts.append(_below(look, words, Size(size.width, min(below, _wanted(look)))))
    return Group(*parts, cropped(words.t("top.quit"), GREY))


def _fitting(rows: list[Row], most: int) -> list[Row]:
    """The worst of them, when not all fit."""
    return rows if len(rows) <= most else sorted(rows, key=_gravity)[: max(1, most)]


def _gravity(row: Row) -> tuple[bool, int, int, int]:
    return row.sound, -row.overdue, -row.at_risk, -row.waiting


def _channels(look: Look, words: Words, rows: list[Row], part: str) -> Table:
    hidden = len(look.rows) - len(rows)
    more = words.t("alerts.more", count=words.number(hidden)) if hidden else ""
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), pad_edge=False, header_style=GREY)
    table.add_column(f"\n{more}", no_wrap=True, overflow="ellipsis", min_width=8, max_width=18)
    table.add_column("\n", no_wrap=True, min_width=9)
    for key in ("total.waiting", "total.longest", "top.share", "total.overdue", "total.at_risk"):
        table.add_column(_two_lines(words.t(key)), justify="right", no_wrap=True)
    table.add_column("\n", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        table.add_row(*channel_row(row, part, look, words))
    return table


def _two_lines(heading: str) -> str:
    """A narrow heading, with its last line above the figures."""
    first, _, second = heading.partition(" ")
    return f"{first}\n{second}" if second else f"\n{first}"


def _wanted(look: Look) -> int:
    """Lines that the lower part would fill."""
    goals = min(_MOST_GOALS, len(look.goals))
    right = 1 + max(1, len(look.alerts)) + (1 + goals if goals else 0)
    return max(1 + max(1, len(look.urgent)), right)


def _below(look: Look, words: Words, size: Size) -> Table:
    """On the left what is urgent, on the right alerts and goals."""
    total = words.number(look.urgent_total)
    more = look.urgent_total > len(look.urgent)
    remark = words.t("urgent.total", n=look.urgent_total, count=total) if more else ""
    urgent = urgent_rows(look, words)
    goals = [
        goal_row(goal, look, words) for goal in look.goals[: min(_MOST_GOALS, size.height - 4)]
    ]
    left = _section("urgent", words, urgent, remark)[: size.height]
    for_alerts = size.height - (1 + len(goals) if goals else 0)
    right = _alerts(look, words, for_alerts)
    right += _section("goals", words, goals, "") if goals else []
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    for _ in range(2):
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for place in range(max(len(left), len(right))):
        table.add_row(
            *(column[place] if place < len(column) else Text() for column in (left, right))
        )
    return table


def _alerts(look: Look, words: Words, most: int) -> list[Text]:
    """As many as there is room for; how many are hidden stands in the heading."""
    shown = look.alerts[: max(0, most - 1)]
    hidden = look.alerts_total - len(shown)
    firing = sum(alert.state == "firing" for alert in look.alerts)
    parts = [
        words.t("alerts.firing", n=firing, count=words.number(firing)) if firing else "",
        words.t("alerts.more", n=hidden, count=words.number(hidden)) if hidden else "",
    ]
    read = look.feed.alerts_read
    if read < 1:  # an empty list would look as if there were none
        return _section(
            "alerts",
            words,
            [cropped(words.t("alerts.reading", share=words.percent(read)), GREY)],
            "",
        )
    rows = [alert_row(alert, look, words) for alert in shown]
    return _section("alerts", words, rows, " · ".join(filter(None, parts)))


def _section(name: str, words: Words, rows: Sequence[Text], remark: str) -> list[Text]:
    heading = cropped(words.t(f"{name}.title"), "bold underline")
    if remark:
        heading.append(f"  {remark}", style=f"not bold not underline {GREY}")
    return [heading, *(rows or [cropped(words.t(f"{name}.empty"), GREY)])]
