"""Rows of `pegel top`: a channel, an urgent conversation, an alert, a goal. Always a shape and a word."""

from typing import Any, Final

from rich.text import Text

from schemas.instants import parse_ms
from schemas.outputs import Alert
from stream_app.cli.top_head import GREY, cropped, now_of, told_at
from stream_app.wall.judge import Volume
from stream_app.wall.picture import Look, Row, Urgent
from stream_app.wall.words import Words

_STATES: Final = {
    "stale": ("◌", GREY),
    "partial": ("◐", "yellow"),
    "behind": ("⧗", "yellow"),
    "replay": ("⟲", "cyan"),
    "overdue": ("■", "bold red"),
    "at_risk": ("▲", "bold yellow"),
    "on_time": ("●", "green"),
}
_VOLUMES: Final = {"spike": ("↑", "bold yellow"), "drop": ("↓", "bold yellow"), "usual": ("✓", "")}
_SEVERITIES: Final = {"critical": ("■", "bold red"), "warning": ("▲", "bold yellow")}
_GOALS: Final = {"met": ("✓", "green"), "missed": ("▲", "bold yellow"), "on_track": ("●", "green")}
_LONGEST_NAME: Final = 9


def channel_row(row: Row, part: str, look: Look, words: Words) -> list[Text]:
    """The cells of a channel, or of a team of one."""
    value, none = row.scope[part], words.t("none")
    shape, style = _STATES[row.condition]
    plain = "" if row.sound else GREY
    wait, share = row.longest_wait_seconds, row.in_target_1h
    return [
        cropped(words.name(part, value) if value else words.t(f"no.{part}"), plain or "bold"),
        cropped(f"{shape} {words.t(f'state.{row.condition}')}", style),
        cropped(words.number(row.waiting), plain or "bold"),
        cropped(none if wait is None else words.span(wait * 1_000), plain),
        cropped(none if share is None else words.percent(share), plain),
        _count(row.overdue, plain or "bold red"),
        _count(row.at_risk, plain or "bold yellow"),
        _volume(row.volume, words) if row.sound else _note(row, look, words),
    ]


def _count(number: int, style: str) -> Text:
    return cropped(str(number), style if number else GREY)


def _volume(volume: Volume, words: Words) -> Text:
    shape, style = _VOLUMES.get(volume.verdict, ("–", GREY))
    observed, minutes = words.count(volume.observed), round(volume.over_seconds / 60)
    said = words.t(f"volume.{volume.verdict}", observed=observed, minutes=minutes)
    text = cropped(f"{shape} {said}", style)
    if volume.low is not None and volume.high is not None:
        low, high = words.count(-(-volume.low // 1)), words.count(volume.high // 1)
        text.append("  " + words.t("volume.range", low=low, high=high), style=GREY)
    return text


def _note(row: Row, look: Look, words: Words) -> Text:
    """Why the figures are not current, beside the figures that it is about."""
    since = words.instant(parse_ms(row.as_of), now_of(look))
    missing = row.missing_partitions
    listed = ", ".join(map(str, missing[:6]))
    return cropped(
        words.t(f"note.{row.condition}", since=since, missing=listed, n=len(missing)), GREY
    )


def urgent_rows(look: Look, words: Words) -> list[Text]:
    """Time left first, then which conversation, and what it is about; in columns."""
    sound = look.whole is not None and look.whole.sound
    said = [_time_left(item, words) for item in look.urgent]
    widths = [max((len(part[n]) for part in said), default=0) for n in range(2)]
    widest = max((len(_short(item.conversation)) for item in look.urgent), default=0)
    rows = []
    for item, (word, time, style) in zip(look.urgent, said, strict=True):
        line = cropped(f"{word:{widths[0]}} {time:>{widths[1]}} ", style if sound else GREY)
        name = f"{_short(item.conversation):{widest}}"
        line.append(f"{name} ", style=_link(item.url) if sound else GREY)
        about = [words.name(kind, value) for kind, value in _about(item, look)]
        rows.append(line.append(" · ".join(about), style=GREY))
    return rows


def _time_left(item: Urgent, words: Words) -> tuple[str, str, str]:
    """Shape and word, the time, and the style of both."""
    left, waits = item.seconds_left, item.waiting_seconds
    if left is None:
        time = words.t("none") if waits is None else words.span(waits * 1_000)
        return f"● {words.t('urgent.waits')}", time, ""
    if left <= 0:
        return f"■ {words.t('urgent.late')}", f"−{words.span(-left * 1_000)}", "bold red"
    return f"▲ {words.t('urgent.left')}", words.span(left * 1_000), "bold yellow"


def _about(item: Urgent, look: Look) -> list[tuple[str, str]]:
    """Within a channel its name says nothing; the team does."""
    within = look.whole is not None and "channel" in look.whole.scope
    first = ("team", item.team) if within else ("channel", item.channel)
    return [(kind, value) for kind, value in (first, ("clock", item.clock)) if value]


def _short(name: str) -> str:
    """Long names differ at their end."""
    return f"…{name[1 - _LONGEST_NAME :]}" if len(name) > _LONGEST_NAME else name


def _link(url: str | None) -> str:
    """Only addresses of the web become links; the address comes from a help desk."""
    safe = url is not None and url.startswith(("https://", "http://")) and url.isprintable()
    return f"link {url}" if safe and " " not in str(url) else ""


def alert_row(alert: Alert, look: Look, words: Words) -> Text:
    """How grave, since when, which rule, about what."""
    firing = alert.state == "firing"
    shape, style = _SEVERITIES.get(alert.severity, ("●", "")) if firing else ("✓", GREY)
    key = f"severity.{alert.severity}" if firing else f"alert.{alert.state}"
    line = cropped(f"{shape} {words.t(key)} ", style)
    age = told_at(look) - parse_ms(alert.opened_at)
    line.append(f"{words.span(age)} ").append(words.name("rule", alert.rule) + " ", style="bold")
    return line.append(_subject(alert.subject, words), style=GREY)


def _subject(about: dict[str, str], words: Words) -> str:
    named, channel = about.get("id"), about.get("channel")
    parts = (
        _short(named) if named else None,
        words.name("channel", channel) if channel else None,
        about.get("team"),
        about.get("goal"),
        None if named else about.get("source"),
    )
    return " · ".join(filter(None, parts))


def goal_row(goal: dict[str, Any], look: Look, words: Words) -> Text:
    """How far a goal is; unknown when the figures are not current."""
    sound = look.whole is not None and look.whole.sound
    state = goal.get("state") if sound and goal.get("state") in _GOALS else "unknown"
    shape, style = _GOALS.get(str(state), ("◌", GREY))
    ratio = str(goal.get("metric", "")).endswith("ratio")
    write = words.percent if ratio else words.number
    value = goal.get("value")
    shown = words.t("none") if value is None else write(value)
    line = cropped(f"{shape} {words.t(f'goal.{state}')} ", style)
    line.append(f"{goal.get('name', '')} ", style="bold" if sound else GREY)
    return line.append(words.t("goal.of", value=shown, target=write(goal["target"])), style=GREY)
