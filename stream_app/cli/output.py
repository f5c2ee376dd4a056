"""Where output goes: data to stdout, words about the work to stderr."""

import json
import sys
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

_PIPE_WIDTH = 200


def console() -> Console:
    """A rich console on stdout; where that is no terminal plain text, and wide enough for a row."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(file=sys.stdout, highlight=False, width=width)


def print_json(data: Any) -> None:
    """Print data for programs."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """Say something that is not data."""
    typer.echo(text, err=True)


def table(*columns: str) -> Table:
    """An empty table in the one look that all commands have."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        made.add_column(column, overflow="fold", no_wrap=number == 0)
    return made
