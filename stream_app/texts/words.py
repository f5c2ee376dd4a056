"""Durations, instants and names in the language and the zone of who reads them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

LANGUAGES: Final = ("en", "de")
_SIZES: Final = (86_400, 3_600, 60, 1)
_UNITS: Final = {
    "en": ((" day", " days"), (" h", " h"), (" min", " min"), (" s", " s")),
    "de": ((" Tag", " Tage"), (" Std.", " Std."), (" Min.", " Min."), (" Sek.", " Sek.")),
}
_DAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
}
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_GERMAN_ZONES: Final = {"CET": "MEZ", "CEST": "MESZ"}


def duration(seconds: float | None, language: str) -> str:
    """At most two units, cut off: `2 days 3 h`, `2 Tage 3 Std.`; nothing for None."""
    if seconds is None:
        return ""
    rest, parts = int(abs(seconds)), []
    for size, (one, many) in zip(_SIZES, _UNITS[language], strict=True):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{one if count == 1 else many}")
    return " ".join(parts[:2]) or f"0{_UNITS[language][-1][1]}"


def instant(ms: int | None, language: str, zone: str) -> str:
    """`Fri 9 Jan 2026, 17:35 CET`, `Fr, 09.01.2026, 17:35 Uhr (MEZ)`; nothing for None."""
    if ms is None:
        return ""
    at = datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZoneInfo(zone))
    day, name = _DAYS[language][at.weekday()], at.tzname() or zone
    if language == "de":
        return f"{day}, {at:%d.%m.%Y, %H:%M} Uhr ({_GERMAN_ZONES.get(name, name)})"
    return f"{day} {at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M} {name}"


def filters(language: str, zone: str) -> dict[str, Callable[..., str]]:
    """What templates may write after a `|`."""
    return {
        "duration": lambda seconds: duration(seconds, language),
        "instant": lambda ms: instant(ms, language, zone),
        "spoken": lambda text: str(text).replace("_", " "),
    }
