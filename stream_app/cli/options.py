"""Options that several commands share, and settings made of the environment and those options."""

from typing import Annotated, Any

import typer

from stream_app.policyfile.scalars import Wrong, duration
from stream_app.settings import Settings

BrokerOption = Annotated[
    str | None,
    typer.Option(
        "--broker",
        metavar="HOST:PORT",
        help="Kafka broker, or several with commas. [dim]\\[env: PEGEL_BROKER][/dim]",
        show_default=False,
    ),
]
PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="Policy file. [dim]\\[env: PEGEL_POLICY][/dim]",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON on stdout, for programs.", show_default=False)
]
WorkerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--worker",
        metavar="URL",
        help="Address of a running worker; may be given several times. "
        "[dim]\\[default: http://127.0.0.1:6066][/dim]",
        show_default=False,
    ),
]


def load_settings(**given: Any) -> Settings:
    """Settings from the environment; what was given on the command line (not None) wins."""
    return Settings(**{name: value for name, value in given.items() if value is not None})


def parse_span(option: str, text: str) -> int:
    """Milliseconds of a duration as the policy file writes it, e.g. `3d` or `1h30m`."""
    try:
        return duration(text).ms
    except Wrong as wrong:
        raise typer.BadParameter(f"{option}: {wrong.found}: {wrong.allowed}") from None


def examples(*lines: str) -> str:
    """The end of a command's help: what to type, one example a line, `command  # what it does`."""
    shown = []
    for line in lines:
        command, _, meaning = line.partition("  # ")
        shown.append(f"  {command}" + (f"  [dim]# {meaning}[/dim]" if meaning else ""))
    return "\n\n".join(("[bold]Examples[/bold]", *shown))
