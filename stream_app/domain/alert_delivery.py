"""Who is told of an episode, and how: by itself, within a summary, not yet, or not at all.

Rules:
1. Decided when an episode fires, kept in its row, never changed while it fires: a sink that stops
   hearing of an alert takes it for resolved.
2. An episode of a source that is not live is held. When the tenant's sources are live, what still
   fires is released: the gravest and oldest by themselves, at most `BACKLOG_LIMIT` per receiver, the
   others within one summary per receiver.
3. More than `FLOOD_LIMIT` that fire at once for one rule, tenant and channel go into one summary.
4. Partitions decide alone. Of the release each has its exact share, so the limit holds over all of
   them. Of the flood each has twice its even share (at least `FLOOD_FLOOR`), because subjects do not
   spread evenly and a summary hides which conversations are meant.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_options import rank
from stream_app.domain.alert_table import FIRED

HELD: Final = 0  # also: not decided yet
SINGLE: Final = 1
FLOOD: Final = 2
BACKLOG: Final = 3
NOBODY: Final = 4  # the rule has no receivers

BACKLOG_LIMIT: Final = 10
FLOOD_LIMIT: Final = 50
FLOOD_FLOOR: Final = 10


class Share(NamedTuple):
    """What one of `partitions` partitions may send by itself."""

    partition: int
    partitions: int

    @property
    def backlog(self) -> int:
        """Of `BACKLOG_LIMIT`, divided without remainder lost."""
        whole, rest = divmod(BACKLOG_LIMIT, self.partitions)
        return whole + (self.partition < rest)

    @property
    def flood(self) -> int:
        """Of `FLOOD_LIMIT`, generously."""
        return min(FLOOD_LIMIT, max(FLOOD_FLOOR, -(-2 * FLOOD_LIMIT // self.partitions)))


class Deliveries:
    """Counts what is out by itself and decides on what is to come."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._singles: Counter[tuple[str, str, str]] = Counter()

    def moved(self, before: AlertRow | None, after: AlertRow | None) -> None:
        """A row has been replaced by its next version (None: there is none)."""
        if before is not None and _takes_slot(before):
            self._singles[_slot(before)] -= 1
        if after is not None and _takes_slot(after):
            self._singles[_slot(after)] += 1

    def decide(self, row: AlertRow, receivers: tuple[str, ...], live: bool) -> int:
        """How an episode that fires now is told."""
        if not receivers:
            return NOBODY
        if not live:
            return HELD
        return SINGLE if self._singles[_slot(row)] < self._share.flood else FLOOD

    def release(self, held: Iterable[tuple[AlertRow, tuple[str, ...]]]) -> list[int]:
        """How each of the held episodes, given in order with its receivers, is told now.

        Nothing is counted here; `moved` does that when the rows carry their decisions.
        """
        used: Counter[str] = Counter()
        slots: Counter[tuple[str, str, str]] = Counter(self._singles)
        decisions = []
        for row, receivers in held:
            full = slots[_slot(row)] >= self._share.flood
            backlog = any(used[name] >= self._share.backlog for name in receivers)
            decision = BACKLOG if backlog else FLOOD if full else SINGLE
            if decision == SINGLE:
                used.update(receivers)
                slots[_slot(row)] += 1
            decisions.append(decision)
        return decisions


def gravest_first(row: AlertRow) -> tuple[int, int]:
    """The order in which held episodes are released."""
    return (-rank(row.severity), row.opened_at)


def _takes_slot(row: AlertRow) -> bool:
    return row.delivery == SINGLE and row.state in FIRED


def _slot(row: AlertRow) -> tuple[str, str, str]:
    return (row.rule, row.tenant, row.label_channel)
