"""Runs a worker until it is told to stop, and sees to it that it does stop.

1. Start the app: web server, consumer, recovery, agents.
2. Wait for SIGTERM or SIGINT, or for the app to fail.
3. Stop it: the engine drains, which it bounds itself. Should that hang, or a second signal come, the
   process ends at once: everything that was acknowledged is in the log.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

import faust
import structlog

log = structlog.get_logger("pegel.worker")

STOP_SECONDS = 10.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def serve(make: Callable[[], faust.App]) -> int:
    """Run the app that `make` gives; returns the exit code. Raises what kept it from starting."""
    return asyncio.run(_serve(make))


async def _serve(make: Callable[[], faust.App]) -> int:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, _on_signal, number, told)
    app = make()
    app.in_worker = True
    running = asyncio.create_task(_run(app), name="worker")
    asked = asyncio.create_task(told.wait(), name="signal")
    await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
    _end_anyway_after(STOP_SECONDS)
    await _stop(app, running, asked)
    if running.done() and not running.cancelled():
        running.result()  # raises what kept it from starting
    return 1 if app.crash_reason is not None else 0


async def _run(app: faust.App) -> None:
    await app.start()
    await app.wait_until_stopped()


async def _stop(app: faust.App, *tasks: asyncio.Task[object]) -> None:
    log.info("stopping")
    try:
        await app.stop()
    except Exception:
        log.exception("the worker did not stop cleanly")
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await asyncio.wait([task], timeout=1)
    log.info("stopped")


def _on_signal(number: signal.Signals, told: asyncio.Event) -> None:
    if told.is_set():
        log.warning("a second signal: ending at once", signal=number.name)
        os._exit(1)
    log.info("told to stop", signal=number.name)
    told.set()


def _end_anyway_after(seconds: float) -> None:
    """A stop that hangs must not keep the process; a thread, for the loop may be what hangs."""
    timer = threading.Timer(seconds, os._exit, args=(1,))
    timer.daemon = True
    timer.start()
