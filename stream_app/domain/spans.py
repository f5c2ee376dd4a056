"""Lengths of time as a policy writes them."""

from typing import Final

_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))


def span_name(ms: int) -> str:
    """A span in its largest whole unit up to 24 h: 300000 is `5m`, 86400000 is `24h`, two days `2d`."""
    for unit, size in _UNITS:
        if ms % size == 0 and (unit != "d" or ms > size):
            return f"{ms // size}{unit}"
    return f"{ms}ms"
