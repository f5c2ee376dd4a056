"""How long to go on: retries with a budget, and a circuit breaker. No I/O; time is an argument.

Rules of the breaker:
1. Closed: everything goes through. After `trips` failures in a row it opens.
2. Open: nothing goes through for `rest`, and twice as long after each failed probe, up to `longest`.
3. Half-open: then one request goes through. It closes the breaker, or opens it again.
Only failures of the receiver count: an answer that refuses one message shows that it is alive.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

CLOSED: Final = "closed"
OPEN: Final = "open"
HALF_OPEN: Final = "half_open"

Uniform = Callable[[float, float], float]
BREAKER_STATES: Final = (CLOSED, OPEN, HALF_OPEN)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, but for the counts; `uniform` as of `random`, so that tests can decide."""

    poll: float = 0.25
    base: float = 1.0  # longest first pause; each further one is twice as long
    cap: float = 300.0
    attempts: int = 30
    budget: float = 4 * 3600.0
    most_retry_after: float = 3600.0
    parallel: int = 4
    trips: int = 5
    rest: float = 15.0
    longest: float = 300.0


class Outcome(NamedTuple):
    """What became of one attempt. `permanent`: no further attempt can succeed."""

    ok: bool
    problem: str = ""
    permanent: bool = False
    retry_after: float | None = None  # seconds, as the receiver asked for


def pause(patience: Patience, attempt: int, asked: float | None, uniform: Uniform) -> float:
    """Seconds until the next attempt: full jitter, but never before the receiver wants it."""
    longest = min(patience.cap, patience.base * 2.0 ** min(attempt - 1, 20))
    wait: float = uniform(0.0, longest)
    return wait if asked is None else min(patience.most_retry_after, asked) + wait


class Breaker:
    """One receiver's circuit breaker. Seconds of a clock that does not jump."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failures = 0
        self._rest = patience.rest
        self._opened_at: float | None = None

    def state(self, now: float) -> str:
        """Where it is."""
        if self._opened_at is None:
            return CLOSED
        return HALF_OPEN if now >= self._opened_at + self._rest else OPEN

    def room(self, now: float) -> int:
        """How many requests may begin now."""
        state = self.state(now)
        if state == CLOSED:
            return self._patience.parallel
        return 1 if state == HALF_OPEN else 0

    def succeeded(self) -> None:
        """The receiver has answered."""
        self._failures, self._opened_at, self._rest = 0, None, self._patience.rest

    def failed(self, now: float) -> None:
        """The receiver did not answer, or not as one that works."""
        self._failures += 1
        if self._opened_at is not None:
            if now < self._opened_at + self._rest:
                return  # a request that began before it opened
            self._rest = min(self._patience.longest, 2 * self._rest)
            self._opened_at = now
        elif self._failures >= self._patience.trips:
            self._opened_at = now
