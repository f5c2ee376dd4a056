"""Where the sources are read on: after recovery, after records that came too early, after a fuse.

Rules
    1. A partition starts between two polls, after a seek to its applied offsets: no records can be on
       their way then. Whatever else moves a position, a rebalance or Faust, moves it to a committed
       offset or to the start, never past what was applied; records that were applied are skipped.
    2. Records that come while none are taken are not lost: they are read again.
    3. A restored state behind the group's committed offset has lost rows, which is fatal.
"""

from collections.abc import Mapping, Sequence

from faust.types import TP

from stream_app.engine.job import Record
from stream_app.engine.owner import Owner
from stream_app.engine.owners import Owners, sources_of
from stream_app.engine.partition import State


class Positions:
    """Seeks that are to be made before the next poll."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._again: dict[TP, int] = {}  # first offset of records that were not taken
        self._starting: list[Owner] = []

    def stray(self, tp: TP, records: Sequence[Record]) -> None:
        """Records came when none are taken."""
        if records:
            self._again[tp] = min(records[0].offset, self._again.get(tp, records[0].offset))

    def is_astray(self, tp: TP) -> bool:
        """Whether records of a partition are still to be read again."""
        return tp in self._again

    def resume(self, owner: Owner) -> None:
        """A fused partition goes on where it stopped."""
        for tp in sources_of(owner):
            self._again[tp] = owner.partition.offsets.get(tp.topic, self._again.get(tp, 0))

    def check(self, committed: Mapping[TP, int | None]) -> None:
        """Recovery is over: restored partitions may start unless they have lost something."""
        for owner in self._owners:
            if owner.partition.state is State.FROZEN:
                for tp in sources_of(owner):
                    owner.partition.check_committed(tp.topic, committed.get(tp))
                owner.checked = True

    def seeks(self) -> dict[TP, int]:
        """Where to read on before the next poll."""
        self._starting = [owner for owner in self._owners if owner.may_start]
        where: dict[TP, int] = {}
        for owner in self._starting:
            for tp in sources_of(owner):
                at = owner.partition.offsets.get(tp.topic, self._again.pop(tp, None))
                if at is not None and not owner.partition.fuse.tripped:
                    where[tp] = at
        for tp in list(self._again):
            owner_of = self._owners.of(tp)
            if owner_of is not None and owner_of.partition.takes:
                at = self._again.pop(tp)
                where[tp] = owner_of.partition.offsets.get(tp.topic, at)
        return where

    def sought(self) -> None:
        """The sources stand there."""
        for owner in self._starting:
            if owner.may_start:
                owner.checked = False
                owner.partition.start()
        self._starting = []
