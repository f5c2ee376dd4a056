"""The id hash of an event: by it the core tells duplicates, and says what caused what."""

from typing import Final

from xxhash import xxh3_64_intdigest

from schemas.events import Event

PASSED: Final = "passed:"  # the id of an event that was made anew after a merge: its hash follows


def cause_of(event: Event) -> int:
    """64 bits of the event's id, the same in every way in."""
    if event.hops and event.id.startswith(PASSED):
        return int(event.id.removeprefix(PASSED), 16)
    return cause_of_id(event.id)


def cause_of_id(event_id: str) -> int:
    """64 bits of an id that an event has had from the beginning."""
    return xxh3_64_intdigest(event_id.encode())
