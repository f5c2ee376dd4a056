"""The command `pegel`: which commands there are, and how a failure is told to a person.

A command's module is imported when that command runs and not before, so that help answers at once.
Whatever goes wrong ends as one line on stderr and an exit code: 1 the thing failed, 2 it was asked
for in the wrong way, 130 interrupted. Only `--debug` shows a traceback.
"""

import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from stream_app.cli.errors import failure


class Entry(NamedTuple):
    """One command: where it is implemented, its line in the overview, and its place there."""

    module: str
    help: str
    panel: str


_RUN, _FEED, _ASK = "Run", "Feed", "Ask and operate"
COMMANDS: dict[str, Entry] = {
    "demo": Entry(
        "demo", "Everything at once: broker, worker, simulated traffic. Start here.", _RUN
    ),
    "worker": Entry("worker", "Run a worker: clocks, windows, alerts, /metrics.", _RUN),
    "wall": Entry("wall", "Serve the wall screen, the JSON API and the live stream.", _RUN),
    "topics": Entry("topics", "Create, list and check the Kafka topics.", _RUN),
    "simulate": Entry("simulate", "Send the traffic of a believable support organisation.", _FEED),
    "replay": Entry("replay", "Send events from a file: JSON lines, CSV, gzip.", _FEED),
    "policy": Entry("policy", "Check, show and test the policy file.", _ASK),
    "backtest": Entry("backtest", "What a policy would have said about history.", _ASK),
    "top": Entry("top", "Show the live picture in this terminal, read from a wall.", _ASK),
    "explain": Entry("explain", "Show the clock timeline of one conversation.", _ASK),
    "alerts": Entry("alerts", "List, acknowledge and snooze alerts; test a receiver.", _ASK),
    "partition": Entry("partition", "List partitions and resume those that stopped.", _ASK),
    "doctor": Entry("doctor", "Find out what is wrong with this installation.", _ASK),
    "version": Entry("version", "Print the version.", _ASK),
}


class LazyGroup(TyperGroup):
    """A group that lists its commands from the table above and imports one only to run it."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, entry in COMMANDS.items():
            self.add_command(TyperCommand(name, help=entry.help, rich_help_panel=entry.panel))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command that `args` begin with; the real one instead of its line in the table."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in COMMANDS else command, rest


def load(name: str) -> Any:
    """Import a command. Its module has a Typer `app`, or a function with the command's name."""
    module = import_module(f"stream_app.cli.{COMMANDS[name].module}")
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, rich_markup_mode="rich")
        app.command(name)(getattr(module, name))
    app._add_completion = False  # offered once, by `pegel` itself
    command = get_command(app)
    command.name = name
    return command


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try [bold]pegel demo[/bold], then open the address that it prints. "
    "Every option of a worker is also an environment variable, e.g. PEGEL_BROKER. "
    "[bold]pegel COMMAND --help[/bold] shows examples.",
)


@app.callback()
def pegel(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks and the log of libraries.")
    ] = False,
) -> None:
    """Streaming engagement monitor: SLA clocks, live gauges and alerts from support events."""


def run(args: Sequence[str]) -> int:
    """Run `pegel` with these arguments and return its exit code."""
    debug = "--debug" in args or bool(os.environ.get("PEGEL_DEBUG"))
    _quiet_libraries(debug)
    rest = [arg for arg in args if arg != "--debug"] or ["--help"]
    try:
        outcome = get_command(app).main(rest, prog_name="pegel", standalone_mode=False)
    except typer.Abort:
        return 130
    except Exception as error:
        if debug:
            raise
        lines, code = failure(error)
        typer.echo(lines, err=True)
        return code
    return outcome if isinstance(outcome, int) else 0


def _quiet_libraries(debug: bool) -> None:
    """Nothing but our own words reaches the terminal; the worker sets up its own log."""
    handler = logging.StreamHandler()
    # The handler's own level: a library's logger may have one that lets its warnings pass.
    handler.setLevel(logging.WARNING if debug else logging.CRITICAL)
    logging.basicConfig(handlers=[handler], format="%(name)s: %(message)s", force=True)


def main() -> None:
    """Entry point of the command `pegel`."""
    sys.exit(run(sys.argv[1:]))
