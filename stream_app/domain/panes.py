"""What the source partitions have said of one tenant: the newest pane and levels of every group.

Rules, each of which makes the order of records irrelevant:
1. Of two records for the same thing the one with the higher (epoch, seq) counts.
2. A 60 s pane takes the place of the 10 s panes of its minute, whichever comes first.
3. Records of a newer epoch than the one shown are kept aside; the epoch's snapshot_end puts them in
   the place of everything that the source partition said before, at once.
4. What belongs to an older epoch than the one shown is ignored.

Nothing is added up here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.panerows import LevelRow, epoch_of, unpack_pane
from stream_app.domain.freshness import Source

FINE_MS: Final = 10_000
COARSE_MS: Final = 60_000
RESOLUTIONS: Final = (FINE_MS, COARSE_MS)

Values = dict[int, int]
Column = dict[int, bytes]  # group number -> packed pane, of all panes with one start


class PaneKey(NamedTuple):
    """One pane of a group; `resolution` and `start` in milliseconds."""

    resolution: int
    start: int
    group: int


class Delta(NamedTuple):
    """Values to add to the windows that hold `start`; negative ones take something back."""

    group: int
    start: int
    values: Values


def difference(new: Values, old: Values) -> Values:
    """What has to be added to `old` to make it `new`, without zeros."""
    values = {code: n - old.get(code, 0) for code, n in new.items()}
    values.update((code, -n) for code, n in old.items() if code not in new)
    return {code: n for code, n in values.items() if n}


@dataclass(slots=True)
class Share:
    """All that one source partition says of one tenant in one epoch."""

    epoch: int
    columns: dict[int, dict[int, Column]] = field(
        default_factory=lambda: {resolution: {} for resolution in RESOLUTIONS}
    )
    levels: dict[int, LevelRow] = field(default_factory=dict)

    def put(self, key: PaneKey, version: int, row: bytes) -> list[PaneKey] | None:
        """Keep a pane. None when it is old news, else the finer panes whose place it takes."""
        if key.resolution == FINE_MS and self._covered(key):
            return None
        old = self.get(key)
        if old is not None and unpack_pane(old)[0] >= version:
            return None
        self.load(key, row)
        return self._finer(key) if key.resolution == COARSE_MS else []

    def load(self, key: PaneKey, row: bytes) -> None:
        """Keep a pane without a question."""
        self.columns[key.resolution].setdefault(key.start, {})[key.group] = row

    def get(self, key: PaneKey) -> bytes | None:
        """The packed pane, if there is one."""
        return self.columns[key.resolution].get(key.start, {}).get(key.group)

    def holds(self, group: int, key: PaneKey | None) -> bool:
        """Whether there is this pane, or with None levels of the group."""
        return group in self.levels if key is None else self.get(key) is not None

    def drop(self, key: PaneKey) -> None:
        """Forget one pane."""
        column = self.columns[key.resolution].get(key.start)
        if column is not None and column.pop(key.group, None) is not None and not column:
            del self.columns[key.resolution][key.start]

    def size(self) -> int:
        """How many panes are kept."""
        return sum(len(column) for columns in self.columns.values() for column in columns.values())

    def panes(self) -> Iterator[PaneKey]:
        """Every pane that is kept."""
        for resolution, columns in self.columns.items():
            for start, column in columns.items():
                for group in column:
                    yield PaneKey(resolution, start, group)

    def drop_until(self, start: int) -> list[PaneKey]:
        """Forget the panes that start at or before `start`; say which."""
        return [
            PaneKey(resolution, old, group)
            for resolution, columns in self.columns.items()
            for old in [old for old in columns if old <= start]
            for group in columns.pop(old)
        ]

    def _covered(self, key: PaneKey) -> bool:
        minute = key.start - key.start % COARSE_MS
        return key.group in self.columns[COARSE_MS].get(minute, ())

    def _finer(self, key: PaneKey) -> list[PaneKey]:
        fine = self.columns[FINE_MS]
        starts = range(key.start, key.start + COARSE_MS, FINE_MS)
        return [PaneKey(FINE_MS, s, key.group) for s in starts if key.group in fine.get(s, ())]


@dataclass(slots=True)
class Voice:
    """A source partition as one tenant hears it: the epoch that is shown, and one being told."""

    source: Source
    shown: Share = field(default_factory=lambda: Share(epoch=-1))
    told: Share | None = None

    def share_for(self, version: int) -> Share | None:
        """Where a record of this version belongs; None when its epoch is over."""
        epoch = epoch_of(version)
        if epoch == self.shown.epoch:
            return self.shown
        if epoch < self.shown.epoch or (self.told is not None and epoch < self.told.epoch):
            return None
        if self.told is None or self.told.epoch < epoch:
            self.told = Share(epoch)
        return self.told

    def load(self, version: int) -> Share | None:
        """Where a row of this version belongs that was kept across a restart."""
        epoch = epoch_of(version)
        if epoch == self.shown.epoch:
            return self.shown
        return self.told if self.told is not None and self.told.epoch == epoch else None
