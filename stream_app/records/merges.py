"""What a merge makes of events: `absorbed` for the conversation that stays, and what is passed on to it.

Rules:
1. A merge tells the conversation that stays what the other one still owed.
2. Later events of the one that disappeared go to the one that stays, with the number of times that
   they were passed on; after `MAX_HOPS` there is no end to be expected.
3. What ends the one that disappeared once more (merged, deleted, spam) is not passed on: it says
   nothing about the one that stays (`stream_app.domain.steps.is_ending`).
4. What was handed over, and late input shows that it should not have been, is withdrawn under its id.
"""

from typing import Any, Final

from xxhash import xxh3_128_hexdigest

from schemas import events as wire
from schemas.instants import format_ms
from schemas.keys import ConversationKey, encode_key
from stream_app.domain import steps
from stream_app.domain.facts import MergedInto, PassedOn
from stream_app.records.causes import PASSED

MAX_HOPS: Final = 8


class MergeLoopError(Exception):
    """An event was passed on from merge to merge without end."""


def handed_over(gone: ConversationKey, fact: MergedInto | PassedOn) -> wire.Event | None:
    """What a fact of a merged conversation is to the one that stays; None for what comes back to itself."""
    if isinstance(fact, MergedInto):
        return absorbed(gone, fact)
    event = rebuilt(gone, fact)
    try:
        check_circle(event)
    except MergeLoopError:
        return None
    return event


def absorbed(gone: ConversationKey, fact: MergedInto, late: bool = False) -> wire.Event:
    """The event by which the target takes over what the merged conversation still owed."""
    oldest = fact.oldest_unanswered_at
    # Another target is another event: one of them may be withdrawn where both have come in the end.
    ways = encode_key(*gone) + b">" + fact.target.encode()
    return wire.Event(
        id=f"absorbed:{xxh3_128_hexdigest(ways)}",
        late=late or None,
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


def forwarded(event: wire.Event, target: str, late: bool = False) -> wire.Event:
    """A later event of a merged conversation, for the one that stays.

    Raises MergeLoopError for an event that has been passed on too often.
    """
    hops = (event.hops or 0) + 1
    if hops > MAX_HOPS:
        raise MergeLoopError(f"forwarded more than {MAX_HOPS} times")
    event.hops, event.subject, event.late = hops, target, late or event.late
    event.data.conversation = None
    return event


def rebuilt(gone: ConversationKey, fact: PassedOn) -> wire.Event:
    """An event that had been applied before its conversation turned out to have been merged already.

    Its id stands for the id hash, which is all that was kept; what clocks look at is as it was.
    """
    kind, data = _REBUILT[fact.kind](fact.operand)
    return wire.Event(
        id=f"{PASSED}{fact.cause:016x}",
        source=gone.source,
        type=kind,
        subject=fact.target,
        time=format_ms(fact.time),
        tenant=gone.tenant,
        hops=1,
        data=data,
    )


def withdrawn(event: wire.Event) -> wire.Event:
    """What takes back an event that was handed over."""
    event.withdrawn = True
    return event


def check_circle(event: wire.Event) -> None:
    """Raise MergeLoopError when what a conversation left comes back to itself."""
    if event.hops and event.type == wire.TICKET_ABSORBED and event.data.from_ == event.subject:
        raise MergeLoopError("merged into itself")


def _message(direction: str, author: str) -> Any:
    def make(operand: tuple[Any, ...]) -> tuple[str, wire.Data]:
        channel, team, priority = operand
        return wire.MESSAGE_CREATED, wire.Data(
            channel=channel, direction=direction, author=author, team=team, priority=priority
        )

    return make


def _assigned(operand: tuple[Any, ...]) -> tuple[str, wire.Data]:
    data = wire.Data(team=operand[0])
    if operand[1] is not None:
        data.assignee = operand[1] or None
    return wire.TICKET_ASSIGNED, data


def _created(operand: tuple[Any, ...]) -> tuple[str, wire.Data]:
    channel, status, priority, team, created_by, tags, url, *_ = operand
    return wire.TICKET_CREATED, wire.Data(
        channel=channel, status=status, priority=priority, team=team,
        created_by=created_by, tags=list(tags), url=url,
    )  # fmt: skip


def _absorbed(operand: tuple[Any, ...]) -> tuple[str, wire.Data]:
    created, oldest, *origin = operand
    until = format_ms(oldest) if oldest else None
    return wire.TICKET_ABSORBED, wire.Data(
        from_=origin[0] if origin else None,
        created_at=format_ms(created),
        oldest_unanswered_at=until,
        hops=0,
    )


def _status(operand: tuple[Any, ...]) -> tuple[str, wire.Data]:
    until = format_ms(operand[1]) if operand[1] else None
    by = operand[2] if len(operand) > 2 else None
    return wire.TICKET_STATUS_CHANGED, wire.Data(to=operand[0], snoozed_until=until, by=by)


def _act(kind: str) -> Any:
    def make(operand: tuple[Any, ...]) -> tuple[str, wire.Data]:
        by, reason = operand
        return kind, wire.Data(by=by or None, reason=reason or None)

    return make


_REBUILT: Final = {
    steps.CREATED: _created,
    steps.ABSORBED: _absorbed,
    steps.ASSIGNED: _assigned,
    steps.PRIORITY: lambda o: (wire.TICKET_PRIORITY_CHANGED, wire.Data(to=o[0] or wire.OTHER)),
    steps.CHANNEL: lambda o: (wire.TICKET_CHANNEL_CHANGED, wire.Data(to=o[0])),
    steps.TAGGED: lambda o: (wire.TICKET_TAGGED, wire.Data(added=list(o[0]), removed=list(o[1]))),
    steps.QUESTION: _message("in", "customer"),
    steps.REPLY: _message("out", "agent"),
    steps.BOT_REPLY: _message("out", "bot"),
    steps.MESSAGE_IN: _message("in", "system"),
    steps.MESSAGE_OUT: _message("out", "system"),
    steps.NOTE: lambda _: (wire.MESSAGE_DELETED, wire.Data()),
    steps.STATUS: _status,
    steps.EXCLUDED: _act(wire.TICKET_EXCLUDED),
    steps.INCLUDED: _act(wire.TICKET_INCLUDED),
}
