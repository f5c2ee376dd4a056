"""Brings what came in a tenant's panes to its volumes, as far as time has moved on.

Reads the panes that are shown; knows nothing of what is usual, nor of windows.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.panerows import unpack_pane
from stream_app.domain.freshness import Source
from stream_app.domain.measures import COUNT_CODES
from stream_app.domain.panes import PaneKey, Values, Voice
from stream_app.domain.volume import Messages, Volumes, VolumeSetting
from stream_app.domain.volume_season import STEP
from stream_app.domain.volume_words import Screen
from stream_app.domain.windows import Board, starts_between

INCOMING: Final = COUNT_CODES["messages_in"]


class VolumeFeed:
    """The volumes of one tenant, counted from its voices; the board says which channel a group is in."""

    def __init__(
        self, setting: VolumeSetting, voices: Mapping[Source, Voice], board: Board
    ) -> None:
        self.counted: Final = Volumes(setting)
        self.screen: Final = Screen(self.counted)
        self._voices: Final = voices
        self._board: Final = board

    def advance(self, to: int, *, complete: bool) -> None:
        """Count and judge every whole step up to `to`; without `complete` nothing is judged."""
        reached = to - to % STEP
        if self.counted.reached != reached:
            found = self._messages(self.counted.reached or 0, reached)
            self.counted.advance(found, reached, complete=complete)

    def correct(self, key: PaneKey, values: Values) -> None:
        """A pane has changed by so much."""
        if INCOMING in values:
            channel = self._board.group(key.group).channel
            self.counted.correct(Messages(key.start, channel, values[INCOMING]))

    def resume(self, as_of: int) -> None:
        """Go on from the instant that a former owner had reached."""
        reached = as_of - as_of % STEP
        self.counted.reached = reached
        self.counted.resume(self._messages(self.counted.keep_from, reached), reached)

    def _messages(self, start: int, until: int) -> Iterator[Messages]:
        """What came in the panes that start in [start, until)."""
        for voice in self._voices.values():
            for step, columns in voice.shown.columns.items():
                for at in starts_between(columns, start - 1, until - 1, step):
                    for group, row in columns[at].items():
                        came = unpack_pane(row)[1].get(INCOMING)
                        if came:
                            yield Messages(at, self._board.group(group).channel, came)
