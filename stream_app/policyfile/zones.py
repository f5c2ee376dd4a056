"""Which time zones exist, and which one was probably meant."""

from difflib import get_close_matches
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from stream_app.policyfile.problems import quoted
from stream_app.policyfile.scalars import Wrong

# They are files beside the zones, but mean another place on each machine, or none.
_NO_PLACES: Final = frozenset({"Factory", "localtime", "posixrules"})


def check_zone(text: str) -> str:
    """`text` when it names a time zone."""
    try:
        if text and text not in _NO_PLACES and ZoneInfo(text).key == text:
            return text
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        pass
    guess = _guess(text)
    meant = f"did you mean {guess}? " if guess else ""
    raise Wrong(
        f"{quoted(text)} is no time zone", f"{meant}write an area and a city, such as Europe/Berlin"
    )


def _guess(text: str) -> str | None:
    """A zone with a similar name, or with a similar city when only that was given."""
    if text.isupper():  # abbreviations such as CEST: whatever is similar is another place
        return None
    folded = {zone.casefold(): zone for zone in _zones()}
    near = get_close_matches(text.casefold(), folded, n=1, cutoff=0.75)
    if near:
        return folded[near[0]]
    cities = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(_zones(), reverse=True)}
    wanted = text.rpartition("/")[2].replace(" ", "_").casefold()
    near = get_close_matches(wanted, cities, n=1, cutoff=0.8)
    return cities[near[0]] if near else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_PLACES)
