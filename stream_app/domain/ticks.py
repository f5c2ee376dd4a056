"""Time as a source partition knows it: one tick and one watermark per tenant.

Rules:
1. A tenant on live time: the tick is the append time of the record being applied; at the end of the
   partition it is the instant at which the broker last said so, less `END_MARGIN`.
2. A tenant on event time: the tick is the watermark; the wall clock is never asked. `clock.advance`
   moves it, `clock.live` hands the tenant over to live time.
3. Tick and watermark never go back.
4. The watermark is the greatest event time applied, never past the tick on live time. Lateness is
   not subtracted. At the end of a live partition it is the tick.
"""

from dataclasses import dataclass
from typing import Final

END_MARGIN: Final = (
    500  # ms; a record appended just before the broker's answer may still be on its way
)
FUTURE_LIMIT: Final = 300_000  # ms past its own append time that an event may claim to be

KEPT: Final = 86_400_000  # ms past the lateness: catching up after an outage may take that long

LIVE: Final = "live"
CATCHUP: Final = "catchup"
EVENT: Final = "event"


@dataclass(slots=True)
class TenantTick:
    """Tick and watermark of one tenant in one source partition; ms, 0 = nothing yet."""

    mode: str  # live | event
    tick: int = 0
    watermark: int = 0
    at_end: bool = False

    @property
    def state(self) -> str:
        """`live`, `catchup` (live time, but behind the partition's end) or `event`."""
        if self.mode == EVENT:
            return EVENT
        return LIVE if self.at_end else CATCHUP

    def arrive(self, appended: int, happened: int) -> int:
        """The tick of a record that is about to be applied."""
        now = happened if self.mode == EVENT else appended
        if now > self.tick:
            self.tick = now
        return self.tick

    def applied(self, happened: int) -> None:
        """An event of this time has been applied."""
        if happened <= self.watermark:
            return
        if self.mode == EVENT:
            self.watermark = self.tick = happened
        else:
            self.watermark = max(self.watermark, min(happened, self.tick))

    def reached_end(self, answered: int) -> None:
        """Every record that the broker had at `answered` (wall ms) has been applied."""
        self.at_end = True
        if self.mode == LIVE:
            self.tick = max(self.tick, answered - END_MARGIN)
            self.watermark = max(self.watermark, self.tick)

    def advance(self, until: int) -> None:
        """`clock.advance`: a tenant on event time has reached `until`."""
        if self.mode == EVENT:
            self.watermark = self.tick = max(self.watermark, until)

    def go_live(self, appended: int) -> None:
        """`clock.live`: from this record on the tenant runs on live time."""
        self.mode = LIVE
        self.tick = max(self.tick, appended)


def kept_before(watermark: int, lateness: int) -> int:
    """The instant before which tails of conversations are let go; on event time a worker keeps them."""
    return watermark - lateness - KEPT
