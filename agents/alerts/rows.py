"""The rows of one partition with what hangs on them: wake heaps, dirtiness, delivery counts.

Time is that of a lane: a tenant, as the producer of a rule tells it.

Every change of a row goes through `put`, so that none of these can be forgotten.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_delivery import HELD, Deliveries
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_table import FIRED
from stream_app.domain.alert_timers import NEVER, next_wake_at

Lane = tuple[str, str]
"""Producer and tenant."""


class Rows:
    """Rows by signal key; time is per lane, so the heaps are."""

    def __init__(self, deliveries: Deliveries) -> None:
        self.dirty: set[bytes] = set()
        self._rows: dict[bytes, AlertRow] = {}
        self._deliveries = deliveries
        self._heaps: dict[Lane, list[tuple[int, bytes]]] = {}
        self._wakes: dict[bytes, int] = {}
        self._held: dict[Lane, dict[bytes, None]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[tuple[bytes, AlertRow]]:
        return iter(self._rows.items())

    def get(self, key: bytes) -> AlertRow | None:
        """The row of a signal key."""
        return self._rows.get(key)

    def load(self, key: bytes, row: AlertRow | None) -> None:
        """Take over a row from the changelog; `index` follows when all are there."""
        if row is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = row

    def index(self, life: dict[str, Life], default: Life) -> None:
        """All rows are loaded: rebuild what hangs on them."""
        self.follow(life, default)
        for row in self._rows.values():
            self._deliveries.moved(None, row)

    def follow(self, life: dict[str, Life], default: Life) -> None:
        """Other rules hold: lanes and wakes of all rows may be others now."""
        self._heaps, self._wakes, self._held = {}, {}, {}
        for key, row in self._rows.items():
            mine = life.get(row.rule, default)
            wake, lane = next_wake_at(row, mine), (mine.producer, row.tenant)
            self._wakes[key] = wake
            if wake < NEVER:
                self._heaps.setdefault(lane, []).append((wake, key))
            self._hold(lane, key, row)
        for heap in self._heaps.values():
            heapify(heap)

    def put(self, key: bytes, row: AlertRow | None, life: Life) -> None:
        """Replace a row; None drops it."""
        before = self._rows.get(key)
        self._deliveries.moved(before, row)
        self.dirty.add(key)
        if row is None:
            self._drop(key, before, life)
            return
        lane = (life.producer, row.tenant)
        self._rows[key] = row
        self._hold(lane, key, row)
        wake = next_wake_at(row, life)
        if wake != self._wakes.get(key):
            self._wakes[key] = wake
            heappush(self._heaps.setdefault(lane, []), (wake, key))

    def due(self, lane: Lane, until: int) -> Iterator[tuple[bytes, AlertRow]]:
        """Rows whose next wake is at or before `until`, earliest first; each must be put back."""
        heap = self._heaps.get(lane, [])
        while heap and heap[0][0] <= until:
            wake, key = heappop(heap)
            row = self._rows.get(key)
            if row is not None and self._wakes.get(key) == wake:
                del self._wakes[key]
                yield key, row

    def held(self, lane: Lane) -> list[tuple[bytes, AlertRow]]:
        """Episodes of a lane that fire and that nobody has been told of."""
        return [(key, self._rows[key]) for key in self._held.get(lane, ())]

    def _hold(self, lane: Lane, key: bytes, row: AlertRow) -> None:
        held = self._held.setdefault(lane, {})
        if row.delivery == HELD and row.state in FIRED:
            held[key] = None
        else:
            held.pop(key, None)

    def _drop(self, key: bytes, before: AlertRow | None, life: Life) -> None:
        self._rows.pop(key, None)
        self._wakes.pop(key, None)
        if before is not None:
            self._held.get((life.producer, before.tenant), {}).pop(key, None)
