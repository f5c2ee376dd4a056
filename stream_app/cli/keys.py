"""Keys that are pressed while something is shown, and signals that end it."""

import asyncio
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended_by(key: str) -> Iterator[asyncio.Event]:
    """An event that is set by a key, Ctrl-C or SIGTERM. The terminal is left as it was found."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    try:
        with _pressed(key, ended):
            yield ended
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextmanager
def _pressed(key: str, ended: asyncio.Event) -> Iterator[None]:
    """Only where somebody can press keys."""
    if not sys.stdin.isatty():
        yield
        return
    loop, keyboard = asyncio.get_running_loop(), sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    loop.add_reader(keyboard, lambda: ended.set() if key in sys.stdin.read(1).lower() else None)
    try:
        yield
    finally:
        loop.remove_reader(keyboard)
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
