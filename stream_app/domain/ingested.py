"""What a step is folded in with, beside the rules, and what comes of it.

Every event makes one of each. They have constructors of their own, because one that is made by
`dataclass` is not compiled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .facts import ConditionChanged, Fact

DUPLICATE: Final = "duplicate"
IN_ORDER: Final = "in_order"
REFOLDED: Final = "refolded"
TOO_LATE: Final = "too_late"
OVERLAP: Final = "import_overlap"


@dataclass(slots=True, init=False)
class Moment:
    """Where a tenant's time stands in the partition: ms."""

    tick: int
    horizon: int  # watermark less allowed lateness: what is older is late for windows
    imported: bool  # a backfill must not disturb what is known already
    own: bool  # handed over by the engine after a merge
    kept: int | None  # tails are let go before this instant; else a day before the horizon

    def __init__(
        self,
        tick: int,
        horizon: int,
        imported: bool = False,
        own: bool = False,
        kept: int | None = None,
    ) -> None:
        self.tick = tick
        self.horizon = horizon
        self.imported = imported
        self.own = own
        self.kept = kept


@dataclass(slots=True, init=False)
class Ingested:
    """What became of a step."""

    how: str  # DUPLICATE | IN_ORDER | REFOLDED | TOO_LATE | OVERLAP
    added: list[Fact]
    withdrawn: list[Fact]
    retold: Sequence[ConditionChanged]  # levels of alert rules that late input has changed

    def __init__(
        self,
        how: str,
        added: list[Fact],
        withdrawn: list[Fact],
        retold: Sequence[ConditionChanged] = (),
    ) -> None:
        self.how = how
        self.added = added
        self.withdrawn = withdrawn
        self.retold = retold
