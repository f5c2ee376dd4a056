"""What commands that read files of events have in common: opening, telling what is skipped, a bar."""

from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from schemas.instants import parse_ms
from stream_app.cli.output import note
from stream_app.replay import EventFile, Unreadable, load_mapping, stop

_SHOWN: Final = 20  # rows that cannot be read; the others are only counted


def parse_instant(text: str | None) -> int | None:
    """Milliseconds of the value of --until."""
    if text is None:
        return None
    try:
        return parse_ms(text)
    except ValueError as error:
        raise typer.BadParameter(f"--until: {error}, e.g. 2026-01-31T00:00:00Z") from None


def open_events(
    file: Path, mapping: Path | None, tenant: str | None, source: str | None, strict: bool
) -> EventFile:
    """A file of events, with its mapping when it is a foreign one."""
    columns = load_mapping(mapping) if mapping is not None else None
    return EventFile(file, columns, tenant, source, stop if strict else _Told())


class _Told:
    """Says the first rows that cannot be read, one line each."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, unreadable: Unreadable) -> None:
        self._count += 1
        if self._count <= _SHOWN:
            note(f"skipped {unreadable}")
        elif self._count == _SHOWN + 1:
            note("skipped: more such rows, only counted from here on")


def progress_bar() -> Progress:
    """A bar on stderr that counts events; none where that is no terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
