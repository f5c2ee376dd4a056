"""The demo from its first process to its last: set the stage, watch, end when told to.

What is shown is imported only when the worker and the simulator have been started: they take longer.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module

import typer

from stream_app.adapters.child import Child
from stream_app.demo.stage import Plan, Stage
from stream_app.errors import UserError

_CAUSE_SECONDS = 1.0  # watching fails when a part dies, and may notice before we do
Watch = Callable[[Plan, Stage, int], Awaitable[None]]


async def perform(plan: Plan, history_ms: int) -> None:
    """The whole demo; returns when it was told to stop. Raises UserError when a part of it fails."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    asked = asyncio.create_task(told.wait())
    staged = asyncio.create_task(_staged(plan, history_ms))
    await asyncio.wait({asked, staged}, return_when=asyncio.FIRST_COMPLETED)
    typer.echo("ending …")
    failure = await _finish(staged)
    asked.cancel()
    if failure is not None:
        raise failure


async def _staged(plan: Plan, history_ms: int) -> None:
    async with Stage(plan) as stage:
        watch: Watch = import_module("stream_app.demo.show").watch
        watching = asyncio.ensure_future(watch(plan, stage, history_ms))
        ended = asyncio.create_task(stage.first_ended())
        try:
            await asyncio.wait({watching, ended}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({ended}, timeout=_CAUSE_SECONDS)
            if ended.done():
                raise _fell(ended.result())
            watching.result()
        finally:
            for task in (watching, ended):
                task.cancel()
            await asyncio.gather(watching, ended, return_exceptions=True)


async def _finish(staged: asyncio.Task[None]) -> Exception | None:
    """End what is on the stage; what went wrong, if anything did."""
    if not staged.done():
        staged.cancel()
    with suppress(asyncio.CancelledError):
        try:
            await staged
        except Exception as error:
            return error
    return None


def _fell(child: Child) -> UserError:
    """A part of the demo ended by itself."""
    said = child.last_words()
    return UserError(
        f"the {child.name} ended with exit code {child.code}{': ' if said else ''}{said}",
        f"its log is {child.log}",
    )
