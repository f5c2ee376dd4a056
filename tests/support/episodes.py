"""An episode under test: a row, and everything that was told of it."""

from typing import Any

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_options import Life
from stream_app.domain.alerts import Ask, Change, Seen, commanded, identity, signalled, woken
from tests.support.alerts import T0

PLAIN = Life()


class Episodes:
    """A row and everything told of it."""

    def __init__(self, life: Life = PLAIN) -> None:
        self.life = life
        self.row: AlertRow | None = None
        self.told: list[Change] = []

    def hear(self, *signals: Seen) -> "Episodes":
        for each in signals:
            self.row, told = signalled(self.row, each, self.life)
            self.told += told
        return self

    def wait(self, until: int) -> "Episodes":
        assert self.row is not None
        self.row, told = woken(self.row, T0 + until, self.life)
        self.told += told
        return self

    def ask(self, action: str, at: int, **more: Any) -> "Episodes":
        assert self.row is not None
        ask = Ask(action, more.pop("alert", identity(self.row)), "agent-7", T0 + at, **more)
        self.row, told = commanded(self.row, ask, self.life)
        self.told += told
        return self

    @property
    def story(self) -> list[tuple[int, str, int]]:
        return [(c.row.episode, c.row.state, c.row.since - T0) for c in self.told]

    @property
    def now(self) -> AlertRow:
        assert self.row is not None
        return self.row
