"""The words of a policy file: durations, shares, times of day, dates. Text in, value out.

Each reader raises `Wrong` with what was found and what is allowed.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from stream_app.policyfile.problems import quoted

SECOND: Final = 1000
UNITS: Final = {
    "w": 604_800 * SECOND, "d": 86_400 * SECOND, "h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND,
}  # fmt: skip
LONGEST: Final = 3650 * UNITS["d"]
DURATION_PATTERN: Final = r"^(?:[0-9]+[wdhms])+$"
SHARE_PATTERN: Final = r"^[0-9]+(?:\.[0-9]+)?%$"
INTERVAL_PATTERN: Final = r"^[0-9]{1,2}:[0-9]{2} ?[-–] ?[0-9]{1,2}:[0-9]{2}$"
DATE_PATTERN: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DURATION_HELP: Final = "write a duration such as 30s, 5m, 1h30m or 3d"
INTERVAL_HELP: Final = 'write opening hours as "09:00-17:00"'
_LOOSE = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]+)")
_LOOSE_UNITS: Final = {
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "m": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "d": "d", "day": "d", "days": "d", "w": "w", "week": "w", "weeks": "w",
}  # fmt: skip


class Wrong(Exception):
    """A word that cannot be read."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(found, allowed)
        self.found = found
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Span:
    """A duration as it was written. Equal to another of the same length, however written."""

    ms: int
    text: str

    def counts_days(self) -> bool:
        """Whether it is written in days or weeks."""
        return "d" in self.text or "w" in self.text


@dataclass(frozen=True, slots=True)
class Share:
    """A percentage, in thousandths of a percent."""

    milli: int
    text: str


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours: minutes after midnight; the end lies past 1440 when it is on the next day."""

    start: int
    end: int

    @property
    def text(self) -> str:
        last = self.end if self.end <= 1440 else self.end - 1440
        return f"{_clock(self.start)}-{_clock(last)}"


def duration(text: str) -> Span:
    """`90s`, `5m`, `1h30m`, `2w`; each unit at most once."""
    parts = re.findall(r"([0-9]+)([wdhms])", text)
    units = [unit for _, unit in parts]
    if not re.fullmatch(DURATION_PATTERN, text) or len(set(units)) < len(units):
        raise _not_a_duration(text)
    ms = sum(int(number) * UNITS[unit] for number, unit in parts)
    if ms > LONGEST:
        raise Wrong(f"{quoted(text)} is longer than ten years", DURATION_HELP)
    return Span(ms, text)


def format_duration(ms: int) -> str:
    """The shortest way to write a duration: `1h30m`; `0s` for nothing."""
    parts = []
    for unit, size in UNITS.items():
        if unit != "w" and ms >= size:
            parts.append(f"{ms // size}{unit}")
            ms %= size
    return "".join(parts) or "0s"


def _not_a_duration(text: str) -> Wrong:
    if text.isascii() and text.isdecimal():
        options = f": {text}s, {text}m, {text}h or {text}d" if len(text) < 6 else ""
        return Wrong(f"{quoted(text)} has no unit", f"{DURATION_HELP}{options}")
    if text.startswith("-"):
        return Wrong(f"{quoted(text)} is negative", DURATION_HELP)
    if text.endswith("%"):
        return Wrong(f"{quoted(text)} is a share", f"shares stand only in warn; {DURATION_HELP}")
    meant = _guess(text)
    guess = f"; did you mean {meant}?" if meant else ""
    return Wrong(f"{quoted(text)} is no duration", f"{DURATION_HELP}{guess}")


def _guess(text: str) -> str | None:
    """`2 days`, `5min` and `1.5h` as they should be written."""
    folded = text.lower()
    parts = _LOOSE.findall(folded)
    rest = re.sub(r"[\s,]|and", "", _LOOSE.sub("", folded))
    if not parts or rest or any(unit not in _LOOSE_UNITS for _, unit in parts):
        return None
    total = sum(
        float(number.replace(",", ".")) * UNITS[_LOOSE_UNITS[unit]] for number, unit in parts
    )
    return format_duration(round(total)) if 0 < total <= LONGEST else None


def share(text: str) -> Share:
    """`75%`: more than nothing, less than all."""
    if not re.fullmatch(SHARE_PATTERN, text):
        raise Wrong(f"{quoted(text)} is no share", "write a share such as 75%")
    milli = round(float(text[:-1]) * 1000)
    if not 0 < milli < 100_000:
        raise Wrong(f"{quoted(text)} as a warning step", "it lies between 0% and 100%")
    return Share(milli, text)


def warn_step(text: str) -> Share | Span:
    """A share of the target that is used up, or the time that is left."""
    return share(text) if text.endswith("%") else duration(text)


def interval(text: str) -> Hours:
    """`08:00-12:00`, `22:00-06:00` (over midnight), `00:00-24:00`."""
    parts = re.split(r"\s?[-–]\s?", text)
    if len(parts) != 2:
        raise Wrong(f"{quoted(text)} is no span of time", INTERVAL_HELP)
    start, end = (_minutes(part, text) for part in parts)
    if start == 1440:
        raise Wrong(f"{quoted(text)} begins at 24:00", "24:00 is an end; a day begins at 00:00")
    if start == end:
        raise Wrong(f"{quoted(text)} has no length", 'a whole day is "00:00-24:00"')
    return Hours(start, end if end > start else end + 1440)


def _minutes(text: str, whole: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", text):
        raise Wrong(f"{quoted(whole)} is no span of time", INTERVAL_HELP)
    hour, minute = (int(part) for part in text.split(":"))
    if minute > 59 or hour * 60 + minute > 1440:
        raise Wrong(f"{quoted(text)} is no time of day", "times go from 00:00 to 24:00")
    return hour * 60 + minute


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def day(text: str) -> date:
    """`2026-12-24`."""
    try:
        if not re.fullmatch(DATE_PATTERN, text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{quoted(text)} is no date", "write year-month-day: 2026-12-24") from None
