"""All that is known of one tenant: panes and levels of every source partition, windows, and how far.

Brings together `panes` (what was said), `freshness` (how far it reaches), `windows` (what it adds up
to) and `volume_feed` (what is usual). Remembers which rows changed, so that the caller can make them
durable; knows neither how they are written nor when a view is due.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.panerows import LevelRow, pack_pane, unpack_pane
from stream_app.domain.freshness import Clocks, Source
from stream_app.domain.goals import ledger_for
from stream_app.domain.group_levels import add_levels
from stream_app.domain.panes import (
    COARSE_MS,
    FINE_MS,
    Delta,
    PaneKey,
    Share,
    Values,
    Voice,
    difference,
)
from stream_app.domain.policy import Goal
from stream_app.domain.scopes import WHOLE_TENANT, Scope
from stream_app.domain.staff import at_least, united
from stream_app.domain.ticks import CATCHUP, EVENT, LIVE
from stream_app.domain.volume import VolumeSetting
from stream_app.domain.volume_channel import KEPT
from stream_app.domain.volume_feed import VolumeFeed
from stream_app.domain.windows import Board, panes_between

MOST_SOURCES: Final = 1_000  # of input, of one tenant; more would be a mistake
SLICE: Final = 20_000  # panes that may enter or leave at once: time beyond that comes in steps
CROWD: Final = 1_000_000  # panes of one tenant, above which nobody waits for a silent partition


@dataclass(frozen=True, slots=True)
class Shape:
    """What is kept and shown; the same for every tenant."""

    expected: tuple[Source, ...]
    spans: tuple[int, ...]
    kinds: tuple[tuple[str, ...], ...]
    lateness: int
    goals: tuple[Goal, ...] = ()
    min_group_size: int = 1  # people of a team, below which nothing is said of how it works

    @property
    def horizon(self) -> int:
        """How long before `as_of` a pane may start and still be kept."""
        return max(*self.spans, KEPT) + self.lateness + COARSE_MS


class RowKey(NamedTuple):
    """A row that changed: a pane of a source partition, or with `pane` None a group's levels."""

    source: Source
    group: int
    pane: PaneKey | None = None


class Tenant:
    """The state of one tenant."""

    def __init__(self, name: str, shape: Shape, volume: VolumeSetting) -> None:
        self.name: Final = name
        self.board: Final = Board(shape.spans, shape.kinds)
        self.clocks: Final = Clocks(shape.expected)
        self.voices: Final = {source: Voice(source) for source in shape.expected}
        self.missing: tuple[int, ...] = tuple(sorted({s.partition for s in shape.expected}))
        self.changed: dict[RowKey, bytes | LevelRow | None] = {}
        self.volume: Final = VolumeFeed(volume, self.voices, self.board)
        self.cells = 0
        self.goals: Final = shape.goals
        self.ledger: Final = ledger_for(shape.goals, self.board.spans[-1])
        self.began = 0  # the first instant that was ever reached
        self.lacking_since = 0  # on the clock of the log: since when a partition is missing
        self.heard_of: dict[str, int] = {}  # source of input -> when something came from it
        self._shape: Final = shape
        self._floor = -1  # panes that start here or earlier are gone for good
        self._levels: Final[dict[int, dict[str, int]]] = {}  # by group, of all source partitions

    @property
    def as_of(self) -> int | None:
        """The instant that all figures are about; None before the first clock."""
        return self.board.as_of

    @property
    def mode(self) -> str:
        """`live` when all of its source partitions are, else `event` or `catchup`."""
        modes = {clock.mode for clock in self.clocks.of.values()}
        return EVENT if EVENT in modes else LIVE if modes <= {LIVE} else CATCHUP

    def hear_of(self, sources: Mapping[str, int]) -> None:
        """A source partition says when something came last from each source of input."""
        for source, at in sources.items():
            known = self.heard_of.get(source)
            if at > known if known is not None else len(self.heard_of) < MOST_SOURCES:
                self.heard_of[source] = at

    def note_missing(self, now: int) -> None:
        """Remember since when anything is missing."""
        self.lacking_since = (self.lacking_since or now) if self.missing else 0

    @property
    def has_changed(self) -> bool:
        """Whether there are rows to write."""
        return bool(self.changed or self.volume.counted.changed)

    def put_pane(self, source: Source, version: int, key: PaneKey, values: Values) -> None:
        """Take over an absolute pane, unless it is old news."""
        voice = self.voices[source]
        share = self._share(voice, version)
        if share is None or key.start <= self._floor:
            return
        old, row = share.get(key), pack_pane(version, values)
        finer = share.put(key, version, row)
        if finer is None:
            return
        self._write(voice, share, RowKey(source, key.group, key), row)
        self.cells += old is None
        if share is voice.shown:
            self._recount(key, difference(values, unpack_pane(old)[1] if old else {}))
        for replaced in finer:
            self._replace(voice, share, replaced)

    def put_levels(self, source: Source, group: int, row: LevelRow) -> None:
        """Take over the absolute levels of a group, unless they are old news."""
        voice = self.voices[source]
        share = self._share(voice, row.version)
        if share is None:
            return
        known = share.levels.get(group)
        if known is not None and known.version >= row.version:
            return
        share.levels[group] = row
        self._write(voice, share, RowKey(source, group), row)
        if share is voice.shown:
            self._relevel(group)

    def begin(self, source: Source, version: int) -> None:
        """A source partition begins to tell everything anew."""
        self._share(self.voices[source], version)

    def end(self, source: Source, version: int) -> None:
        """It has told everything: this takes the place of all that it said before."""
        voice = self.voices[source]
        share = self._share(voice, version)
        if share is None or share is voice.shown:
            return
        old, voice.shown, voice.told = voice.shown, share, None
        for key in {*old.panes(), *share.panes()}:
            self._recount(key, difference(_values(share, key), _values(old, key)))
        for group in {*old.levels, *share.levels}:
            self._relevel(group)
        self._forget(source, old, kept=share)

    def judge(self, silent: Collection[Source]) -> bool:
        """Move on as far as the clocks allow, or a part of the way; whether `as_of` or what is missing has changed."""
        torn = [source for source, voice in self.voices.items() if voice.told is not None]
        reach = self.clocks.reach({*silent, *torn}, self.as_of, crowded=self.cells > CROWD)
        if (reach.as_of, reach.missing) == (self.as_of, self.missing):
            return False
        self.missing = reach.missing
        if reach.as_of is not None and reach.as_of != self.as_of:
            self._advance(self._next_stop(reach.as_of))
        return True

    def levels(self, scope: Scope) -> dict[str, int]:
        """The levels of a scope, added up."""
        return add_levels(map(self._group_levels, self.board.tallies[scope].groups))

    def too_small(self, scope: Scope) -> int:
        """For a team of which too few people are known, how many there should be; else 0."""
        least = self._shape.min_group_size
        if least <= 1 or not dict(scope.parts).get("team"):
            return 0
        rows = self.level_rows(self.board.tallies[scope].groups)
        return least if at_least(united(row.staff for row in rows)) < least else 0

    def level_rows(self, groups: Iterable[int]) -> Iterator[LevelRow]:
        """The level rows of some groups, of every source partition."""
        shown = [voice.shown.levels for voice in self.voices.values()]
        return (levels[group] for group in groups for levels in shown if group in levels)

    def in_use(self, scope: Scope) -> bool:
        """Whether there is anything to show: a pane in the longest window, or a level above zero."""
        longest = self.board.tallies[scope].totals[-1]
        return bool(scope == WHOLE_TENANT or longest.values or any(self.levels(scope).values()))

    def resume(self, as_of: int | None) -> None:
        """Count all that was put into the shares, as of the instant that was reached before."""
        self.cells = sum(
            share.size()
            for voice in self.voices.values()
            for share in (voice.shown, voice.told)
            if share is not None
        )
        for group in {group for voice in self.voices.values() for group in voice.shown.levels}:
            self._relevel(group)
        if as_of is not None:
            self.volume.resume(as_of)
            self._advance(as_of, entered=True)

    def _share(self, voice: Voice, version: int) -> Share | None:
        told = voice.told
        share = voice.share_for(version)
        if told is not None and voice.told is not told:  # its owner never came to the end
            self._forget(voice.source, told, kept=voice.shown)
        return share

    def _next_stop(self, to: int) -> int:
        """How far to go at once: a long way is gone in steps, so that nobody waits long in between."""
        before = self.as_of
        if before is None or self.cells <= SLICE:
            return to
        step = self._shape.horizon * SLICE // self.cells
        return min(to, before + max(step - step % FINE_MS, FINE_MS))

    def _advance(self, to: int, *, entered: bool = False) -> None:
        """Move all windows on to `to`; `entered`: the ledger holds already what they leave."""
        shares, before = [voice.shown for voice in self.voices.values()], self.board.as_of
        if self.ledger is not None and not entered:
            longest = self.board.spans[-1]
            after = -1 if before is None else before - longest
            self.ledger.enter(panes_between(shares, after, to - longest), to - longest)
        self.began = self.began or to
        self.board.advance(shares, to)
        self.volume.advance(to, complete=not self.missing)
        floor = to - self._shape.horizon
        if floor - self._floor < COARSE_MS:
            return
        self._floor = floor
        for source, voice in self.voices.items():
            for share in (voice.shown, voice.told):
                for key in share.drop_until(floor) if share else ():
                    self.changed[RowKey(source, key.group, key)] = None
                    self.cells -= 1

    def _replace(self, voice: Voice, share: Share, key: PaneKey) -> None:
        if share is voice.shown:
            self._recount(key, difference({}, _values(share, key)))
        share.drop(key)
        self.cells -= 1
        self._write(voice, share, RowKey(voice.source, key.group, key), None)

    def _write(
        self, voice: Voice, share: Share, key: RowKey, value: bytes | LevelRow | None
    ) -> None:
        # An epoch that is being told has the row already; it will be the one that is shown.
        if (
            share is not voice.told
            and voice.told is not None
            and voice.told.holds(key.group, key.pane)
        ):
            return
        self.changed[key] = value

    def _recount(self, key: PaneKey, values: Values) -> None:
        if values:
            self.board.change(Delta(key.group, key.start, values))
            self.volume.correct(key, values)

    def _relevel(self, group: int) -> None:
        self._levels.pop(group, None)
        self.board.touch(group)

    def _group_levels(self, group: int) -> dict[str, int]:
        found = self._levels.get(group)
        if found is None:
            rows = self.level_rows((group,))
            found = self._levels[group] = add_levels(row.levels for row in rows)
        return found

    def _forget(self, source: Source, share: Share, kept: Share) -> None:
        self.cells -= share.size()
        for key in share.panes():
            if kept.get(key) is None:
                self.changed[RowKey(source, key.group, key)] = None
        for group in share.levels:
            if group not in kept.levels:
                self.changed[RowKey(source, group)] = None


def _values(share: Share, key: PaneKey) -> Values:
    row = share.get(key)
    return unpack_pane(row)[1] if row else {}
