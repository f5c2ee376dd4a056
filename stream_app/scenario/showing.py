"""How instants and lengths of time are shown beside what a person wrote."""

from datetime import UTC, datetime, timedelta, timezone

from stream_app.policyfile.scalars import format_duration
from stream_app.scenario.model import Instant


def shown_instant(ms: int, beside: Instant) -> str:
    """`09:30`, with the date where it is another day than `beside`; in the offset of `beside`."""
    moment, reference = _local(ms, beside.offset), _local(beside.ms, beside.offset)
    text = moment.strftime("%H:%M:%S") if moment.second else moment.strftime("%H:%M")
    if moment.microsecond:
        text = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
    return text if moment.date() == reference.date() else f"{moment:%a %Y-%m-%d} {text}"


def shown_span(start: int, end: int, beside: Instant) -> str:
    """`08:00–09:00`."""
    return f"{shown_instant(start, beside)}–{shown_instant(end, beside)}"


def shown_length(ms: float) -> str:
    """`1h10m`; what is less than a second in milliseconds."""
    whole = round(ms)
    rest = whole % 1000
    text = format_duration(whole - rest) if whole >= 1000 or not rest else ""
    return f"{text}{rest}ms" if rest else text


def _local(ms: int, offset: int) -> datetime:
    zone = timezone(timedelta(seconds=offset)) if offset else UTC
    return datetime.fromtimestamp(ms // 1000, zone) + timedelta(milliseconds=ms % 1000)
