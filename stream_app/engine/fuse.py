"""The fuse: stops a partition before it sends everything to the dead-letter topic.

Rules
    1. It trips above `run` rejected records in a row.
    2. It trips above `ratio` rejected of the last `window` records or more, but never on fewer.
    3. Tripped it stays, also over restarts, until `reset`; nothing of the past counts then.
The last records are counted in two spans, so "the last 1,000" means the last 1,000 to 2,000.
"""

from stream_app.engine.limits import FuseLimits
from stream_app.engine.meta import FuseState


class Fuse:
    """Counts accepted and rejected records of one partition."""

    def __init__(self, limits: FuseLimits, state: FuseState | None = None) -> None:
        self.limits = limits
        self.state = state or FuseState()

    @property
    def tripped(self) -> str:
        """Why the fuse has tripped; empty while it has not."""
        return self.state.tripped

    def accept(self, count: int) -> None:
        """`count` good records came, after whatever came before."""
        if count:
            self.state.run = 0
            self._see(count)

    def reject(self) -> bool:
        """One bad record came. False: the fuse has tripped."""
        state, limits = self.state, self.limits
        self._see(1)
        state.run += 1
        state.rejected += 1
        seen, rejected = state.seen + state.seen_before, state.rejected + state.rejected_before
        if state.run > limits.run:
            state.tripped = f"{state.run} records in a row were rejected"
        elif seen >= limits.window and rejected > seen * limits.ratio:
            state.tripped = f"{rejected} of the last {seen} records were rejected"
        return not state.tripped

    def reset(self) -> None:
        """Start over."""
        self.state = FuseState()

    def _see(self, count: int) -> None:
        state = self.state
        if state.seen >= self.limits.window:
            state.seen_before, state.rejected_before = state.seen, state.rejected
            state.seen = state.rejected = 0
        state.seen += count
