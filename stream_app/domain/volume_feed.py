"""Brings what came in a tenant's panes to its volumes, as far as time has moved on.

Reads the panes that are shown; knows nothing of what is usual, nor of windows.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.panerows import unpack_pane
from stream_app.domain.freshness import Source
from stream_app.domain.measures import COUNT_CODES
from stream_app.domain.panes import COARSE_MS, PaneKey, Values, Voice
from stream_app.domain.volume import Messages, Volumes, VolumeSetting
from stream_app.domain.volume_words import Screen
from stream_app.domain.windows import Board

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
        """Count and judge every whole minute up to `to`; without `complete` nothing is judged."""
        minute = to - to % COARSE_MS
        if self.counted.reached != minute:
            found = self._messages(self.counted.reached or 0, minute)
            self.counted.advance(found, minute, complete=complete)

    def correct(self, key: PaneKey, values: Values) -> None:
        """A pane has changed by so much."""
        if INCOMING in values:
            channel = self._board.group(key.group).channel
            self.counted.correct(Messages(key.start, channel, values[INCOMING]))

    def resume(self, as_of: int) -> None:
        """Go on from the instant that a former owner had reached."""
        minute = as_of - as_of % COARSE_MS
        self.counted.reached = minute
        self.counted.resume(self._messages(self.counted.keep_from, minute), minute)

    def _messages(self, start: int, until: int) -> Iterator[Messages]:
        """What came in the panes that start in [start, until)."""
        for voice in self._voices.values():
            for columns in voice.shown.columns.values():
                for at, column in columns.items():
                    if start <= at < until:
                        for group, row in column.items():
                            came = unpack_pane(row)[1].get(INCOMING)
                            if came:
                                yield Messages(at, self._board.group(group).channel, came)
