"""How many people have worked in a team lately, without knowing who: one bit for each pseudonym.

Figures of a team are shown only when at least so many have been assigned its conversations in the last
30 to 45 days. What is kept is a set of bits, of which several people may share one: it can be added up
over groups and source partitions, never says more people than there were, and names nobody.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

from stream_app.domain.measures import VOLUMES

BITS: Final = 256
PERIOD_MS: Final = 15 * 86_400_000
_PERIODS: Final = 3
_ALWAYS: Final = frozenset(VOLUMES[:5])  # what came in and out is about the queue, not about people


def meet(staff: dict[int, bytes], bit: int, at: int) -> bool:
    """Somebody was assigned a conversation; whether that is news. Old periods go."""
    period = at // PERIOD_MS
    known = int.from_bytes(staff.get(period, b""), "big")
    if known >> bit & 1:
        return False
    staff[period] = (known | 1 << bit).to_bytes(BITS // 8, "big")
    for old in [old for old in staff if old <= period - _PERIODS]:
        del staff[old]
    return True


def bit_of(tenant: str, team: str, assignee: str) -> int:
    """Which bit stands for a pseudonym; in another team the same person has another one."""
    digest = blake2b("\0".join((tenant, team, assignee)).encode(), digest_size=2).digest()
    return int.from_bytes(digest, "big") % BITS


def lately(staff: dict[int, bytes], at: int) -> str:
    """The bits of the last periods, as they travel: hexadecimal, empty for nobody."""
    first = at // PERIOD_MS - _PERIODS
    found = [bits for period, bits in staff.items() if period > first]
    return united(bits.hex() for bits in found)


def united(parts: Iterable[str]) -> str:
    """The bits of several groups or source partitions together."""
    both = 0
    for part in parts:
        both |= int(part, 16) if part else 0
    return f"{both:x}" if both else ""


def at_least(bits: str) -> int:
    """How many people there were at the least."""
    return int(bits, 16).bit_count() if bits else 0


def withheld(figures: dict[str, Any], least: int) -> dict[str, Any]:
    """A window of a team that is too small: what came in and out, and why there is no more."""
    kept = {name: value for name, value in figures.items() if name in _ALWAYS}
    return {
        **kept,
        "suppressed": f"fewer than {least} people are known to have worked in this team",
    }
