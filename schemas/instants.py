"""RFC 3339 instants as integer milliseconds since the epoch, and back.

Inside Pegel an instant is an `int` of milliseconds UTC; text appears only on the wire.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache

_CACHE_LIMIT = 4096
_EPOCH = date(1970, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
_seconds: dict[str, int] = {}
_prefixes: dict[int, str] = {}


def parse_ms(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 instant with an offset or `Z`.

    Raises ValueError when the text is no instant or has no offset. Fractions beyond
    milliseconds are cut off.
    """
    if text[-1:] == "Z":  # what most producers write, to the second or to the millisecond
        if len(text) == 24 and text[19] == ".":
            second = _seconds.get(text[:19])
            millis = text[20:23]
            if second is not None and millis.isdecimal():
                return second + int(millis)
        elif len(text) == 20:
            second = _seconds.get(text[:19])
            if second is not None:
                return second
    return _parse_and_keep(text)


def format_ms(ms: int) -> str:
    """The RFC 3339 text of an instant, in UTC, with milliseconds only where there are any."""
    minute, rest = divmod(ms, 60_000)
    prefix = _prefixes.get(minute)
    if prefix is None:
        if len(_prefixes) >= _CACHE_LIMIT:
            _prefixes.clear()
        day, rest_of_day = divmod(minute, 1440)
        hours, minutes = divmod(rest_of_day, 60)
        prefix = f"{_day_text(day)}T{hours:02d}:{minutes:02d}:"
        _prefixes[minute] = prefix
    seconds, millis = divmod(rest, 1000)
    return f"{prefix}{seconds:02d}.{millis:03d}Z" if millis else f"{prefix}{seconds:02d}Z"


def _parse_and_keep(text: str) -> int:
    # Events come in order, so nearly all of a batch share a few seconds.
    ms = _parse_slow(text)
    if text[-1] == "Z" and len(text) in (20, 24) and text[10] in "Tt":
        if len(_seconds) >= _CACHE_LIMIT:
            _seconds.clear()
        _seconds[text[:19]] = ms - ms % 1000
    return ms


@lru_cache(_CACHE_LIMIT)
def _day_text(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def _parse_slow(text: str) -> int:
    moment = datetime.fromisoformat(text)
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"an instant needs an offset or Z: {text!r}")
    days = moment.toordinal() - _EPOCH_DAY
    seconds = days * 86_400 + moment.hour * 3600 + moment.minute * 60 + moment.second
    east = offset.days * 86_400 + offset.seconds
    return (seconds - east) * 1000 + moment.microsecond // 1000
