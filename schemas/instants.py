"""RFC 3339 instants as integer milliseconds since the epoch, and back.

Inside Pegel an instant is an `int` of milliseconds UTC; text appears only on the wire.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

_CACHE_LIMIT: Final = 4096
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1)
_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000
_SIXTY: Final = [f"{n:02d}" for n in range(60)]
_MINUTES: Final = [f"T{hour:02d}:{minute}:" for hour in range(24) for minute in _SIXTY]
_MINUTE_OF: Final = {f"{text}:": n * _MINUTE_MS for n, text in enumerate(_SIXTY)}
_SECOND_OF: Final = {text: n * 1000 for n, text in enumerate(_SIXTY)}
_hours: Final[dict[str, int]] = {}
_days: Final[dict[int, str]] = {}


def parse_ms(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 instant with an offset or `Z`.

    Raises ValueError when the text is no instant or has no offset. Fractions beyond
    milliseconds are cut off.
    """
    # What most producers write, to the second or to the millisecond; events come in order, so nearly
    # all share a few hours.
    if text[-1:] == "Z":
        hour, minute = _hours.get(text[:14]), _MINUTE_OF.get(text[14:17])
        second = _SECOND_OF.get(text[17:19])
        if hour is not None and minute is not None and second is not None:
            if len(text) == 20:
                return hour + minute + second
            millis = text[20:23]
            if len(text) == 24 and text[19] == "." and millis.isdecimal():
                return hour + minute + second + int(millis)
    return _parse_and_keep(text)


def canonical(text: str, ms: int) -> str:
    """`format_ms(ms)`, for the text that it was parsed from: that is often the same."""
    if len(text) == 20 and text[-1] == "Z" and text[:14] in _hours:
        return text
    return format_ms(ms)


def format_ms(ms: int) -> str:
    """The RFC 3339 text of an instant, in UTC, with milliseconds only where there are any."""
    day, rest = ms // _DAY_MS, ms % _DAY_MS
    second, millis = rest // 1000, rest % 1000
    text = f"{_days.get(day) or _day_text(day)}{_MINUTES[second // 60]}{_SIXTY[second % 60]}"
    return f"{text}.{millis:03d}Z" if millis else f"{text}Z"


def _parse_and_keep(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs an offset or Z: {text!r}")
    since = moment - _EPOCH
    ms = since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000
    hour = ms - ms % _HOUR_MS
    if text[-1] == "Z" and len(text) in (20, 24) and text[:14] == format_ms(hour)[:14]:
        if len(_hours) >= _CACHE_LIMIT:
            _hours.clear()
        _hours[text[:14]] = hour
    return ms


def _day_text(day: int) -> str:
    if len(_days) >= _CACHE_LIMIT:
        _days.clear()
    text = _days[day] = (_EPOCH_DAY + timedelta(days=day)).isoformat()
    return text
