"""RFC 3339 instants as integer milliseconds since the epoch, and back.

Inside Pegel an instant is an `int` of milliseconds UTC; text appears only on the wire.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_CACHE_LIMIT = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
_seconds: dict[str, int] = {}
_MINUTES = tuple(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_SECONDS = tuple(f"{second:02d}" for second in range(60))


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
    day, rest = divmod(ms, 86_400_000)
    minute, rest = divmod(rest, 60_000)
    second, millis = divmod(rest, 1000)
    text = _day_text(day) + _MINUTES[minute] + _SECONDS[second]
    return f"{text}.{millis:03d}Z" if millis else text + "Z"


def parse_once(text: str) -> int:
    """As `parse_ms`, for instants that hardly come twice: nothing is remembered."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs an offset or Z: {text!r}")
    since = moment - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _parse_and_keep(text: str) -> int:
    # Events come in order, so nearly all of a batch share a few seconds.
    ms = parse_once(text)
    if text[-1] == "Z" and len(text) in (20, 24) and text[10] in "Tt":
        if len(_seconds) >= _CACHE_LIMIT:
            _seconds.clear()
        _seconds[text[:19]] = ms - ms % 1000
    return ms


@lru_cache(_CACHE_LIMIT)
def _day_text(day: int) -> str:
    return (_EPOCH_DAY + timedelta(days=day)).isoformat()
