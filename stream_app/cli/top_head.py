"""The top of `pegel top`: whose figures these are, whether they are current, and those of the whole."""

from typing import Final

from rich.table import Table
from rich.text import Text

from schemas.instants import parse_ms
from stream_app.wall.judge import REPLAY
from stream_app.wall.picture import Look
from stream_app.wall.words import Words

GREY: Final = "grey58"
_LINE_SHAPES: Final = {"live": "●", "partly": "◐", "replay": "⟲"}
_BAD: Final = "bold white on red"
_NOTE: Final = "black on yellow"
_MOST_SHOWN: Final = 12  # of partitions, before it becomes unreadable


def now_of(look: Look) -> int:
    """The wall's time, 0 while it is unknown."""
    return parse_ms(look.now) if look.now is not None else 0


def told_at(look: Look) -> int:
    """The time that things are told at: the wall's, or that of the events that are replayed."""
    whole = look.whole
    return parse_ms(whole.as_of) if whole is not None and whole.mode == REPLAY else now_of(look)


def cropped(text: str = "", style: str = "") -> Text:
    """A text that never takes a second line."""
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def header(look: Look, words: Words, focus: dict[str, str]) -> Table:
    """Whose figures these are; on the right how the line is, and the time."""
    channel = focus.get("channel")
    what = words.name("channel", channel) if channel else words.t("view.overview")
    title = cropped(" · ".join(filter(None, ("Pegel", look.tenant, what))), "bold")
    style = "bold green" if look.line == "live" else "bold yellow"
    state = cropped(f"{_LINE_SHAPES.get(look.line, '◌')} {words.t(f'pill.{look.line}')}", style)
    if look.now is not None:
        state.append("  " + words.time(now_of(look)), style="not bold default")
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, ratio=1)
    line.add_column(no_wrap=True, justify="right")
    line.add_row(title, state)
    return line


def banner(look: Look, words: Words) -> Text | None:
    """The one thing that has to be said first: the line, then the source, then what is missing."""
    now = now_of(look)
    if look.line == "lost":
        return cropped(" " + _lost(look, words), _BAD)
    if look.line == "cut":
        since = (
            words.instant(parse_ms(look.feed.since), now) if look.feed.since else words.t("none")
        )
        told = words.t("banner.cut", since=since, problem=look.feed.problem or "")
        return cropped(" " + told, _BAD)
    if look.missing_partitions:
        missing = look.missing_partitions
        listed = ", ".join(map(str, missing[:_MOST_SHOWN]))
        return cropped(" " + words.t("banner.missing", n=len(missing), missing=listed), _NOTE)
    if look.whole is not None and look.whole.mode == REPLAY:
        since = words.instant(parse_ms(look.whole.as_of), now)
        return cropped(" " + words.t("banner.replay", since=since), _NOTE)
    return None


def _lost(look: Look, words: Words) -> str:
    if look.silent_since is None or look.now is None:
        return words.t("banner.never")
    return words.t("banner.lost", since=words.instant(parse_ms(look.silent_since), now_of(look)))


def totals(look: Look, words: Words) -> Text:
    """The figures of the whole, in one line."""
    whole = look.whole
    if whole is None:
        return cropped(words.t("tiles.connecting" if look.now is None else "tiles.none"), GREY)
    none, wait, share = words.t("none"), whole.longest_wait_seconds, whole.in_target_1h
    figures = {
        "waiting": words.number(whole.waiting),
        "longest": none if wait is None else words.span(wait * 1_000),
        "overdue": words.number(whole.overdue),
        "at_risk": words.number(whole.at_risk),
        "share": none if share is None else words.percent(share),
    }
    line = cropped()
    for name, figure in figures.items():
        line.append(words.t(f"total.{name}") + " ", style=GREY)
        line.append(figure, style="bold" if whole.sound else GREY).append("  ")
    return line
