"""What a merge writes to the conversation that stays: `absorbed`, and the later events of the one gone."""

from typing import Final

from xxhash import xxh3_128_hexdigest

from schemas import events as wire
from schemas.instants import format_ms
from schemas.keys import ConversationKey, encode_key
from stream_app.domain.facts import MergedInto
from stream_app.engine.job import Output

from .intake import MERGE_LOOP, RejectedError

MAX_HOPS: Final = 8


def absorbed(topic: str, gone: ConversationKey, fact: MergedInto, hops: int) -> Output:
    """The event by which the target takes over what the merged conversation still owed."""
    oldest = fact.oldest_unanswered_at
    event = wire.Event(
        id=f"absorbed:{xxh3_128_hexdigest(encode_key(*gone))}",
        source=gone.source,
        type=wire.TICKET_ABSORBED,
        subject=fact.target,
        time=format_ms(fact.at),
        tenant=gone.tenant,
        hops=hops or None,
        data=wire.Data(
            from_=gone.id,
            created_at=format_ms(fact.created_at),
            oldest_unanswered_at=format_ms(oldest) if oldest else None,
            hops=hops,
        ),
    )
    return _to(topic, event)


def forwarded(topic: str, event: wire.Event, target: str) -> Output:
    """A later event of a merged conversation, written again for the one that stays."""
    hops = (event.hops or 0) + 1
    if hops > MAX_HOPS:
        raise RejectedError(MERGE_LOOP, "$.hops", f"forwarded more than {MAX_HOPS} times")
    event.hops, event.subject = hops, target
    event.data.conversation = None
    return _to(topic, event)


def _to(topic: str, event: wire.Event) -> Output:
    key = encode_key(event.tenant, event.source, event.subject)
    return Output(topic, key, wire.encode_event(event), None, (wire.STRUCTURED,))
