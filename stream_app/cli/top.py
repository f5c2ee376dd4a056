"""`pegel top`: the live picture in a terminal, read from a wall; old figures are never shown as current."""

import asyncio
import sys
import time
from contextlib import aclosing, suppress
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
import typer
from rich.live import Live

from stream_app.cli.keys import ended_by
from stream_app.cli.options import JsonOption, examples
from stream_app.cli.output import console, print_json
from stream_app.cli.top_screen import Size, draw
from stream_app.errors import UserError
from stream_app.wall.client import LostError, follow
from stream_app.wall.picture import Picture
from stream_app.wall.words import Words

app = typer.Typer(rich_markup_mode="rich")
_FIRST_SECONDS: Final = 10.0
_AGAIN_SECONDS: Final = 1.0
_EVERY_SECONDS: Final = 0.25
_UNBOUNDED: Final = 10_000


class Asked(NamedTuple):
    """What is to be shown."""

    wall: str
    tenant: str | None
    channel: str | None

    def picture(self) -> Picture:
        """Nothing is known yet."""
        return Picture({"channel": self.channel} if self.channel else {}, time.monotonic())

    @property
    def query(self) -> dict[str, str]:
        """The teams of a channel are told only to those who ask for all scopes."""
        tenant = {"tenant": self.tenant} if self.tenant else {}
        return tenant | ({"scope": "all"} if self.channel else {})


@app.command(
    epilog=examples(
        "pegel top  # the wall of this machine; q ends it",
        "pegel top --wall https://wall.example.org --tenant acme",
        "pegel top --channel whatsapp  # one channel and its teams",
        "pegel top --once  # one look, for a log or a mail",
        "pegel top --json  # the same for programs",
    )
)
def top(
    wall: Annotated[
        str, typer.Option("--wall", metavar="URL", help="Address of a running `pegel wall`.")
    ] = "http://127.0.0.1:6080",
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="Which tenant; else the first there is.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="Only this channel, with its teams.")
    ] = None,
    lang: Annotated[Literal["en", "de"], typer.Option("--lang", help="Language.")] = "en",
    once: Annotated[
        bool, typer.Option("--once", help="Show it once and end.", show_default=False)
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show channels, the most urgent conversations, alerts and goals, live in this terminal.

    Figures that are not current are grey and say since when. A wall that asks for a token gets the
    one in PEGEL_WALL_TOKEN, or in the file that PEGEL_WALL_TOKEN_FILE names.
    """
    address = (wall if "://" in wall else f"http://{wall}").rstrip("/")
    asked = Asked(address, tenant, channel)
    if as_json or once or not sys.stdout.isatty():
        picture = asyncio.run(_first(asked))
        _print(picture, Words(lang), as_json=as_json)
    else:
        asyncio.run(_live(asked, Words(lang)))


async def _first(asked: Asked) -> Picture:
    """A picture of the first snapshot. Raises UserError when there is none."""
    picture = asked.picture()
    try:
        async with asyncio.timeout(_FIRST_SECONDS):
            await _follow(picture, asked, most=1)
    except (LostError, TimeoutError) as problem:
        raise _nobody(asked, problem) from problem
    return picture


def _nobody(asked: Asked, problem: BaseException) -> UserError:
    why = f" ({problem})" if isinstance(problem, LostError) else ""
    remedy = "start one with `pegel wall`, or name it with --wall"
    return UserError(f"no wall answers at {asked.wall}{why}", remedy)


def _print(picture: Picture, words: Words, *, as_json: bool) -> None:
    look = picture.look(time.monotonic())
    if as_json:
        print_json(msgspec.to_builtins(look))
        return
    screen = console()
    screen.print(draw(look, words, Size(screen.width, _UNBOUNDED), picture.focus))


async def _live(asked: Asked, words: Words) -> None:
    """Draw until somebody ends it; a line that is lost is shown, and taken up again."""
    picture = asked.picture()
    screen = console()
    with ended_by("q") as ended:
        following = asyncio.create_task(_again_and_again(picture, asked))
        try:
            with Live(console=screen, screen=True, auto_refresh=False) as live:
                while not (ended.is_set() or following.done()):
                    look = picture.look(time.monotonic())
                    shown = draw(look, words, Size(*screen.size), picture.focus)
                    live.update(shown, refresh=True)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_EVERY_SECONDS):
                            await ended.wait()
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following


async def _again_and_again(picture: Picture, asked: Asked) -> None:
    """Follow for ever. Raises UserError when the wall refuses, or was never there."""
    while True:
        try:
            await _follow(picture, asked)
        except LostError as problem:
            if not picture.ready:
                raise _nobody(asked, problem) from problem
        await asyncio.sleep(_AGAIN_SECONDS)


async def _follow(picture: Picture, asked: Asked, most: int | None = None) -> None:
    """Hear one connection out, or `most` events of it."""
    async with aclosing(follow(asked.wall, asked.query)) as events:
        heard = 0
        async for kind, content in events:
            first = not picture.ready
            picture.hear(kind, content, time.monotonic())
            if first:
                _check(picture, asked)
            heard += 1
            if heard == most:
                return


def _check(picture: Picture, asked: Asked) -> None:
    """What was asked for by name is there, or nothing is there yet."""
    names: list[tuple[str, str | None, list[str]]] = [
        ("tenant", asked.tenant, picture.tenants),
        ("channel", asked.channel, picture.scopes("channel")),
    ]
    for what, name, known in names:
        if name is not None and known and name not in known:
            raise UserError(f"no {what} {name}", "there are: " + ", ".join(known[:20]))
