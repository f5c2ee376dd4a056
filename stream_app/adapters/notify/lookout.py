"""When to look again at what has to be told: soon after something new is shown, but never all the time.

Asking for versions costs next to nothing; looking costs the more, the more there is to tell, and is done in
the loop that also applies events. So a look that took long is followed by a rest that is much longer.
"""

import time
from typing import Final

_NAP: Final = 0.05  # seconds between two questions whether there is anything new
_SHARE: Final = 20  # a rest is at least so many times as long as the look before it


class Lookout:
    """One receiver's next look. Without anything new there is one every `poll` seconds."""

    def __init__(self, poll: float) -> None:
        self._poll = poll
        self._known: list[int] | None = None
        self._began = self._again_at = self._took = 0.0

    def is_due(self, versions: list[int]) -> bool:
        """Whether to look now; the look begins with that."""
        self._began = time.monotonic()
        self._took = 0.0
        due = versions != self._known or self._began >= self._again_at
        if due:
            self._known, self._again_at = versions, self._began + self._poll
        return due

    def looked(self) -> None:
        """The look is over; what is done with it afterwards does not count."""
        self._took = time.monotonic() - self._began

    @property
    def nap(self) -> float:
        """Seconds until the next question."""
        return max(min(_NAP, self._poll), _SHARE * self._took)
