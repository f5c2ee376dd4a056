"""When the views of a tenant are written: soon after a change, and not more than a reader can use."""

from dataclasses import dataclass
from typing import Final

from schemas.outputs import VIEW_INTERVAL_MS
from stream_app.domain.scopes import Scope
from stream_app.domain.windows import Board

PACE_MS: Final = 250
KEEP_FRESH_MS: Final = VIEW_INTERVAL_MS  # every view says anew how far it reaches
AT_ONCE: Final = 64  # of the wide scopes and of the narrow ones; bounds the time of one turn
_WIDE: Final = 1  # the whole tenant, one channel, one team


@dataclass(slots=True)
class Pace:
    """The pace of one tenant. Instants are the wall clock's and decide about nothing else."""

    last: int = -KEEP_FRESH_MS  # so that the first moment is due
    last_all: int = -KEEP_FRESH_MS
    moved: bool = False  # figures reach further than some views say

    def due(self, now: int) -> bool:
        """Whether it is time to write again; a clock that was set back makes it so."""
        if 0 <= now - self.last < PACE_MS:
            return False
        self.last = now
        return True

    def all_due(self, now: int) -> bool:
        """Whether it is time to write even what has not changed."""
        return self.moved and not 0 <= now - self.last_all < KEEP_FRESH_MS

    def all_dirty(self, board: Board, now: int) -> None:
        """Every view has something new to say."""
        self.last_all, self.moved = now, False
        board.dirty.update(dict.fromkeys(board.tallies))


def take_dirty(board: Board) -> list[Scope]:
    """The scopes to write now, wide ones first; the rest stays dirty, longest waiting first."""
    wide = [scope for scope in board.dirty if len(scope.parts) <= _WIDE][:AT_ONCE]
    narrow = [scope for scope in board.dirty if len(scope.parts) > _WIDE][:AT_ONCE]
    taken = wide + narrow
    for scope in taken:
        del board.dirty[scope]
    return taken
