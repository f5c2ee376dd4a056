"""How fast events are sent: as fast as possible, or N times as fast as they happened."""

from collections.abc import Callable
from typing import Final

from stream_app.errors import UserError

MAX: Final = "max"
_TOO_SHORT: Final = 0.02  # seconds; shorter waits are saved up, so that events travel in batches


def parse_speed(text: str) -> float | None:
    """The factor of `--speed`: None for `max`. Raises UserError."""
    if text == MAX:
        return None
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise UserError(f"--speed {text}: no speed", "a number above 0, e.g. 1, 60, 1000, or max")
    return speed


class Pace:
    """Event time against a steady clock in seconds; the first event is due at once."""

    def __init__(self, speed: float | None, clock: Callable[[], float]) -> None:
        self._speed = speed
        self._clock = clock
        self._began: float | None = None
        self._first = 0

    def wait(self, time: int) -> float:
        """Seconds until an event of this time (ms) is due; 0 when it is."""
        if self._speed is None:
            return 0.0
        if self._began is None:
            self._began, self._first = self._clock(), time
        due = self._began + (time - self._first) / 1000 / self._speed
        left = due - self._clock()
        return left if left > _TOO_SHORT else 0.0

    def reached(self) -> int:
        """The event time (ms) that should have been reached by now."""
        assert self._speed is not None
        assert self._began is not None
        return self._first + int((self._clock() - self._began) * self._speed * 1000)
