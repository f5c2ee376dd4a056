"""What a merge makes of events: `absorbed` for the conversation that stays, and what is passed on to it.

Rules:
1. A merge tells the conversation that stays what the other one still owed.
2. Later events of the one that disappeared go to the one that stays, with the number of times that
   they were passed on; after `MAX_HOPS` there is no end to be expected.
3. What ends the one that disappeared once more (merged, deleted, spam) is not passed on: it says
   nothing about the one that stays.
"""

from typing import Final

from xxhash import xxh3_128_hexdigest

from schemas import events as wire
from schemas.instants import format_ms
from schemas.keys import ConversationKey, encode_key
from stream_app.domain.facts import MergedInto
from stream_app.domain.levels import TERMINAL_STATUSES

MAX_HOPS: Final = 8
_ENDINGS: Final = frozenset({wire.TICKET_MERGED, wire.TICKET_DELETED, wire.TICKET_SPAM})


class MergeLoopError(Exception):
    """An event was passed on from merge to merge without end."""


def absorbed(gone: ConversationKey, fact: MergedInto) -> wire.Event:
    """The event by which the target takes over what the merged conversation still owed."""
    oldest = fact.oldest_unanswered_at
    return wire.Event(
        id=f"absorbed:{xxh3_128_hexdigest(encode_key(*gone))}",
        source=gone.source,
        type=wire.TICKET_ABSORBED,
        subject=fact.target,
        time=format_ms(fact.at),
        tenant=gone.tenant,
        data=wire.Data(
            from_=gone.id,
            created_at=format_ms(fact.created_at),
            oldest_unanswered_at=format_ms(oldest) if oldest else None,
            hops=0,
        ),
    )


def forwarded(event: wire.Event, target: str) -> wire.Event | None:
    """A later event of a merged conversation, for the one that stays; None when it ends there.

    Raises MergeLoopError for an event that has been passed on too often.
    """
    if _is_ending(event):
        return None
    hops = (event.hops or 0) + 1
    if hops > MAX_HOPS:
        raise MergeLoopError(f"forwarded more than {MAX_HOPS} times")
    event.hops, event.subject = hops, target
    event.data.conversation = None
    return event


def _is_ending(event: wire.Event) -> bool:
    changed = event.type == wire.TICKET_STATUS_CHANGED
    return event.type in _ENDINGS or (changed and event.data.to in TERMINAL_STATUSES)
