"""`pegel wall`: the screen on the wall, the JSON API and the live stream behind it."""

import asyncio
import signal
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import typer

from stream_app.cli.options import BrokerOption, examples, load_settings
from stream_app.logs import configure
from stream_app.settings import Settings
from stream_app.wall.server import serving

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog=examples(
        "pegel wall  # then open http://127.0.0.1:6080/",
        "pegel wall --workers http://w1:6066 --workers http://w2:6066  # who is asked for timelines",
        "PEGEL_WALL_TOKENS_FILE=tokens pegel wall --host 0.0.0.0  # for others, with tokens",
        "pegel wall --host 0.0.0.0 --open view  # for everybody who can reach it",
    )
)
def wall(
    broker: BrokerOption = None,
    host: Annotated[
        str | None,
        typer.Option("--host", help="Address to listen on. [dim]\\[env: PEGEL_WALL_HOST][/dim]"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, help="Port of the wall. [dim]\\[env: PEGEL_WALL_PORT][/dim]"
        ),
    ] = None,
    workers: Annotated[
        list[str] | None,
        typer.Option(
            "--workers",
            metavar="URL",
            help="Workers to ask for timelines. [dim]\\[env: PEGEL_WORKERS][/dim]",
            show_default=False,
        ),
    ] = None,
    open_to: Annotated[
        Literal["no", "view", "act"] | None,
        typer.Option(
            "--open",
            help="What those without a token may do. [dim]\\[env: PEGEL_WALL_OPEN][/dim]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the wall screen, a JSON API and a live stream. Holds no state: start as many as you like.

    Without tokens it is open to this machine alone. Tokens come from the file that
    PEGEL_WALL_TOKENS_FILE names, one a line: role (view or act), name, secret.
    """
    settings = load_settings(
        broker=broker, wall_host=host, wall_port=port, workers=workers or None, wall_open=open_to
    )
    configure(settings.log_format, settings.log_level)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with asynccontextmanager(serving)(settings) as port:
        typer.echo(f"the wall is at http://{_named(settings.wall_host)}:{port}/", err=True)
        await told.wait()


def _named(host: str) -> str:
    """A host as it stands in an address."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
