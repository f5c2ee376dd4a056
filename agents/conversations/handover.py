"""Merges as the job sees them: what the agent itself wrote, and what it passes on.

What was written after a merge comes back as input, how late depends on how fast workers are. So it has
no lateness of its own: tails are kept long enough for it to be folded in at its own instant. On event
time, where years may pass in between, a tail is let go only when it is full.
"""

from collections.abc import Sequence

from schemas import events as wire
from schemas.keys import ConversationKey
from stream_app.domain.facts import Fact, MergedInto, PassedOn
from stream_app.domain.fold import Conversation
from stream_app.domain.ingested import DUPLICATE, TOO_LATE, Ingested, Moment
from stream_app.domain.steps import Step
from stream_app.domain.ticks import EVENT, TenantTick, kept_before
from stream_app.records.merges import MergeLoopError, absorbed, check_circle, forwarded

from . import intake
from .effects import Effects


def kept_from(tick: TenantTick, lateness: int) -> int:
    """The instant before which nothing handed over is waited for any more."""
    return 0 if tick.mode == EVENT else kept_before(tick.watermark, lateness)


def moment_of(event: wire.Event, tick: TenantTick, lateness: int) -> Moment:
    """The moment at which an event is folded in."""
    handed = event.hops or event.type == wire.TICKET_ABSORBED
    return Moment(
        tick.tick,
        tick.watermark - lateness,
        event.ingest == "import",
        bool(handed) and not event.late,
        kept_from(tick, lateness),
    )


def is_for_nobody(event: wire.Event, time: int, tick: TenantTick, retention: int) -> bool:
    """Whether an unknown conversation need not be made for it: the one meant has been forgotten."""
    if event.withdrawn:
        return True
    handed = event.hops or event.type == wire.TICKET_ABSORBED
    return bool(handed) and time + retention < tick.tick


def pass_on(
    effects: Effects, about: tuple[wire.Event, Step], conversation: Conversation, done: Ingested
) -> Sequence[Fact]:
    """Hand the event at hand to the conversation that stays; returns the other facts.

    Raises RejectedError when there is no end to it.
    """
    target = conversation.state.merged_into
    if not target:
        return done.added
    event, step = about
    gone = ConversationKey(event.tenant, event.source, event.subject)
    late = done.how is TOO_LATE
    own = [fact for fact in done.added if _is_own(fact, step, late)]
    try:
        if done.how is DUPLICATE and event.hops:
            raise MergeLoopError("passed on in a circle")
        for fact in own:
            if isinstance(fact, MergedInto):
                effects.to_source(absorbed(gone, fact, late))
                continue
            passed_on = forwarded(event, target, late)
            check_circle(passed_on)
            effects.to_source(passed_on)
    except MergeLoopError as loop:
        raise intake.RejectedError(intake.MERGE_LOOP, "$.hops", str(loop)) from loop
    return [fact for fact in done.added if fact not in own]


def _is_own(fact: Fact, step: Step, late: bool) -> bool:
    """Whether a fact hands over the event at hand, or what it ended too late for anything to be folded."""
    if isinstance(fact, MergedInto):
        return late
    return isinstance(fact, PassedOn) and fact.cause == step.cause
