"""What other parts of the worker may read of a conversations job: metrics and health, at scrape time."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any

from schemas.group_rows import TotalsRow
from schemas.keys import ConversationKey, decode_key, encode_key
from stream_app.domain.groups import Groups
from stream_app.domain.standing import GroupKey
from stream_app.records.pressing import listed

from .store import Store

if TYPE_CHECKING:
    from stream_app.domain.ticks import TenantTick


class Totals:
    """Totals of one group as the metrics collector reads them."""

    __slots__ = ("_row",)

    def __init__(self, row: TotalsRow) -> None:
        self._row = row

    @property
    def counts(self) -> Mapping[str, int]:
        """Counts by name; what was taken back stands under `corrections_<name>`."""
        taken_back = {f"corrections_{name}": n for name, n in self._row.corrections.items()}
        return {**self._row.counts, **taken_back}

    @property
    def buckets(self) -> Mapping[str, list[int]]:
        """Observations by clock, not cumulative."""
        return self._row.buckets

    @property
    def sums(self) -> Mapping[str, int]:
        """Sums by clock, in ms."""
        return self._row.sums


class JobReads:
    """Read-only views over a conversations job."""

    groups: Groups
    store: Store
    ticks: "dict[str, TenantTick]"

    @property
    def bounds(self) -> Mapping[str, tuple[float, ...]]:
        """Upper bounds of the totals' buckets by clock, in ms; the last is infinite."""
        return {clock: (*bounds, inf) for clock, bounds in self.groups.bounds.items()}

    def totals(self) -> Iterable[tuple[GroupKey, Totals]]:
        """Durable totals of every group."""
        return ((key, Totals(group.totals)) for key, group in self.groups.states.items())

    def levels(self) -> Iterable[tuple[GroupKey, Mapping[str, int]]]:
        """Levels of every group now; names that end in `_since` in ms since the epoch."""
        for key, group in self.groups.states.items():
            yield key, group.standing.levels(self.ticks[key[0]].tick, self.groups.ages)

    def clocks(self) -> Mapping[str, tuple[int, int, str]]:
        """Watermark, tick and mode of every tenant."""
        return {t: (tick.watermark, tick.tick, tick.state) for t, tick in self.ticks.items()}

    def listed(self, key: bytes, level: str) -> dict[str, Any] | None:
        """A conversation's entry in the list of a level; None when it is not here any more."""
        state = self.store.look(key)
        return None if state is None else listed(decode_key(key), state, level)

    def find(self, native_id: str) -> list[ConversationKey]:
        """Conversations of this partition that have this native id, of whatever tenant and source.

        Looks at every key: for a person who asks now and then.
        """
        ending = encode_key("", "", native_id)[1:]
        return [decode_key(key) for key in self.store.rows if key.endswith(ending)]
