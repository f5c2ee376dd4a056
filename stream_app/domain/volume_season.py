"""The season of a channel: which slot of the week an instant belongs to, and whether it is a usual day.

Slots are counted in local wall time, so that Monday 09:00 is the same slot in summer and in winter.
An hour that the clocks repeat brings its slots twice, one that they skip not at all.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.domain.openhours import DAY
from stream_app.domain.policy import Calendar, Policy

MINUTE: Final = 60_000
STEP: Final = 10_000  # between two looks at a channel
WEEK: Final = 7 * DAY
_OFFSETS_CHANGE: Final = 900_000  # at most every quarter of an hour of UTC
_EPOCH: Final = date(1970, 1, 1)  # a Thursday
_TO_MONDAY: Final = 3 * DAY
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TOTAL: Final = ""  # where a channel is asked for: all channels of the tenant


class Piece(NamedTuple):
    """A stretch of time within one slot; `start` and `end` are shares of the slot, 0 to 1."""

    slot: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Season:
    """How the usual volume of a channel is arranged in time. `slot` is in milliseconds."""

    slot: int = 1_800_000
    weekly: bool = True
    calendar: Calendar = ALWAYS
    zone: str = "UTC"
    _days: dict[int, bool] = field(default_factory=dict, compare=False, repr=False)

    @property
    def slots(self) -> int:
        return (WEEK if self.weekly else DAY) // self.slot

    def local(self, at: int) -> int:
        """Local wall time as ms since the Monday before 1970."""
        return at + _offset(self.zone, at // _OFFSETS_CHANGE) + _TO_MONDAY

    def slot_at(self, at: int) -> int:
        return self.local(at) // self.slot % self.slots

    def ends_at(self, at: int) -> bool:
        """Whether one slot ends here and the next begins."""
        return self.local(at) % self.slot == 0

    def next_end(self, at: int) -> int:
        """The next instant at which a slot may end; where clocks may change, only as far as that."""
        within = at + self.slot - self.local(at) % self.slot
        return min(within, at - at % _OFFSETS_CHANGE + _OFFSETS_CHANGE)

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """[start, end) cut at the edges of the slots."""
        slot, slots = self.slot, self.slots
        while start < end:
            number, into = divmod(self.local(start), slot)
            step = min(slot - into, end - start)
            first = into / slot
            yield Piece(number % slots, first, first + step / slot)
            start += step

    def open_throughout(self, start: int, end: int) -> bool:
        return self.calendar.elapsed(start, end) == end - start

    def is_open(self, at: int) -> bool:
        return self.calendar.elapsed(at, at + 1) == 1

    def is_irregular(self, at: int) -> bool:
        """Whether the day has other hours than its weekday: a holiday, closed, or opened once."""
        number = self.local(at) // DAY
        known = self._days.get(number)
        if known is None:
            if len(self._days) > 1_000:
                self._days.clear()
            known = self._days[number] = self._irregular(number)
        return known

    def resting_slot(self, slot: int) -> int | None:
        """The same time on a weekday without hours, to which a holiday may be compared."""
        if not (self.weekly and isinstance(self.calendar, OfficeCalendar)):
            return None
        resting = [day for day, hours in enumerate(self.calendar.hours) if not hours]
        per_day = self.slots // 7
        return resting[-1] * per_day + slot % per_day if resting else None

    def words(self, at: int) -> str:
        """The slot of an instant as people say it: `Monday 14:00`."""
        local = self.local(at)
        minutes = local % DAY // self.slot * self.slot // MINUTE
        day = f"{WEEKDAYS[local // DAY % 7]} " if self.weekly else ""
        return f"{day}{minutes // 60:02d}:{minutes % 60:02d}"

    def _irregular(self, number: int) -> bool:
        calendar = self.calendar
        if not isinstance(calendar, OfficeCalendar):
            return False
        day = _EPOCH + timedelta(days=number - _TO_MONDAY // DAY)
        return calendar.hours_of(day) != calendar.hours[day.weekday()]


@lru_cache(maxsize=8192)
def _offset(zone: str, quarter: int) -> int:
    moment = datetime.fromtimestamp(quarter * _OFFSETS_CHANGE // 1000, ZoneInfo(zone))
    shift = moment.utcoffset() or timedelta()
    return (shift.days * 86_400 + shift.seconds) * 1000


def seasons_of(policy: Policy, tenant: str, channels: Collection[str]) -> Mapping[str, Season]:
    """The season of every channel, and under TOTAL that of all together.

    1. A channel has the calendar of the SLA policy that holds for it, the total the one that most
       channels have.
    2. A calendar without a zone of its own (`always`) is read in the zone of the policy's first
       calendar that has one: people write by the clock on their wall.
    """
    home = next((c.zone for c in policy.calendars.values() if isinstance(c, OfficeCalendar)), "UTC")
    calendars: dict[str, Calendar] = {}
    for channel in sorted(channels):
        sla = policy.sla_for(tenant, channel, "", "normal", ())
        calendars[channel] = ALWAYS if sla is None else sla.calendar
    found = list(calendars.values())
    calendars[TOTAL] = max(found, key=found.count, default=ALWAYS)
    return {
        channel: Season(
            policy.volume.slot,
            policy.volume.season == "weekly",
            calendar,
            calendar.zone if isinstance(calendar, OfficeCalendar) else home,
        )
        for channel, calendar in calendars.items()
    }
