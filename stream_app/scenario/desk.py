"""The core at work on one stream of events, without Kafka: what a worker does with one partition.

For every event: the conversation's own timers run before it, then it is folded in, and a merge gives
the other conversation its `absorbed` at once. Everybody who wants to know what came of it listens.
Not responsible for figures and alerts, nor for how time moves: the caller says what the moment is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, Protocol

from schemas.events import Event
from schemas.instants import parse_ms
from schemas.keys import ConversationKey
from stream_app.domain.facts import Fact, MergedInto, PassedOn
from stream_app.domain.fold import (
    Conversation,
    closed_before,
    ingest,
    new_conversation,
    retract,
    run_timers,
)
from stream_app.domain.ingested import DUPLICATE, IN_ORDER, TOO_LATE, Ingested, Moment
from stream_app.domain.rules import Rulebook
from stream_app.domain.steps import WITH_CHANNEL, InvalidEventError, Step, known_channel, to_step
from stream_app.domain.ticks import FUTURE_LIMIT
from stream_app.domain.turn import Turn
from stream_app.records.causes import cause_of
from stream_app.records.merges import (
    MergeLoopError,
    absorbed,
    check_circle,
    forwarded,
    handed_over,
    withdrawn,
)

FUTURE: Final = "future_timestamp"
INVALID: Final = "invalid_event"
MERGE_LOOP: Final = "merge_loop"
LATE: Final = "late_events"
_MERGES: Final = (MergedInto, PassedOn)  # `A | B` would be made anew at each test


class Listener(Protocol):
    """Who hears of what the core says. `closed` is the instant before which windows are closed."""

    def happened(
        self, key: ConversationKey, conversation: Conversation, facts: Sequence[Fact], closed: int
    ) -> None: ...

    def taken_back(
        self, key: ConversationKey, conversation: Conversation, done: Ingested, closed: int
    ) -> None: ...

    def moved(self, key: ConversationKey, conversation: Conversation) -> None: ...


@dataclass(slots=True)
class Desk:
    """All conversations of a run, and when each wants to be woken."""

    rules: Rulebook
    listener: Listener
    rows: dict[ConversationKey, Conversation] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    waking: tuple[int, ConversationKey] | None = None  # the timer that is running now, by its entry
    _heap: list[tuple[int, ConversationKey]] = field(default_factory=list)
    _scheduled: dict[ConversationKey, int] = field(default_factory=dict)
    _turns: dict[str, Turn] = field(default_factory=dict)

    def arrive(self, event: Event, time: int, appended: int, moment: Moment) -> bool:
        """Take in an event that arrives now. False when it is quarantined and changes nothing."""
        if time > appended + FUTURE_LIMIT:
            self._count(FUTURE)
            return False
        try:
            step = self._step(event, time)
        except InvalidEventError:
            self._count(INVALID)
            return False
        self._take(_key(event), step, moment, event)
        return True

    def take(self, key: ConversationKey, step: Step, moment: Moment) -> None:
        """Take in a step that was made without an event: nothing that a merge has handed over."""
        self._take(key, self._with_channel(step), moment, None)

    def wake(self, until: int) -> None:
        """Run every timer before `until` (exclusive)."""
        heap = self._heap
        while heap and heap[0][0] < until:
            self.waking = wake, key = heappop(heap)
            conversation = self.rows.get(key)
            if conversation is None or self._scheduled.get(key) != wake:
                continue  # another entry stands for it
            self._scheduled[key] = 0
            if conversation.state.next_wake < until:
                self._wake(key, conversation, until)
            else:
                self._schedule(key, conversation)
        self.waking = None

    def next_wake(self) -> int:
        """The next instant at which a timer may run; 0 when there is none."""
        return self._heap[0][0] if self._heap else 0

    def turn(self, tenant: str) -> Turn:
        """The surroundings in which a tenant's conversations are folded."""
        turn = self._turns.get(tenant)
        if turn is None:
            turn = self._turns[tenant] = Turn(self.rules, tenant)
        return turn

    def _step(self, event: Event, time: int) -> Step:
        step = to_step(event, time, cause_of(event))
        if step is None:
            raise InvalidEventError("$.type", f"unknown type {event.type!r}")
        return self._with_channel(step)

    def _with_channel(self, step: Step) -> Step:
        if step.kind in WITH_CHANNEL:
            return known_channel(step, self.rules.active.policy.channels)
        return step

    def _take(self, key: ConversationKey, step: Step, moment: Moment, event: Event | None) -> None:
        conversation = self._awake(key, moment.tick)
        turn = self.turn(key.tenant)
        if event is not None and event.withdrawn:
            done = retract(conversation, step.cause, moment, turn)
        else:
            done = ingest(conversation, step, moment, turn)
        if done.how is not IN_ORDER:
            self._count(done.how)
            if done.how is DUPLICATE and conversation.state.merged_into and _hops(event):
                self._count(MERGE_LOOP)
        closed = closed_before(done, step, moment)
        if closed is not None:
            self._count(LATE)
        self._tell(key, conversation, done, closed or 0)
        if done.withdrawn or (done.added and conversation.state.merged_into):
            self._hand_over(key, event, step, done, moment)

    def _awake(self, key: ConversationKey, tick: int) -> Conversation:
        """A conversation, new if need be, whose timers before the tick have run."""
        conversation = self.rows.get(key)
        if conversation is None:
            conversation = self.rows[key] = new_conversation()
        if 0 < conversation.state.next_wake < tick:
            self._wake(key, conversation, tick)
            if conversation.state.expired:
                conversation = self.rows[key] = new_conversation()
        return conversation

    def _tell(
        self,
        key: ConversationKey,
        conversation: Conversation,
        done: Ingested,
        closed: int,
    ) -> None:
        if done.withdrawn or done.retold:
            self.listener.taken_back(key, conversation, done, closed)
        self._after(key, conversation)
        if done.added:
            self.listener.happened(key, conversation, done.added, closed)

    def _hand_over(
        self,
        gone: ConversationKey,
        event: Event | None,
        step: Step,
        done: Ingested,
        moment: Moment,
    ) -> None:
        """Tell the conversation that stays what a merge changes for it."""
        back, on = _of_merges(done.withdrawn), _of_merges(done.added)
        if not back and not on:
            return
        late = done.how is TOO_LATE
        for fact in back:
            self._give(handed_over(gone, fact), moment, gone_again=True)
        for fact in on:
            if event is not None and isinstance(fact, PassedOn) and fact.cause == step.cause:
                self._give(self._passed_on(event, fact.target, late), moment)
            elif isinstance(fact, MergedInto):
                self._give(absorbed(gone, fact, late), moment)
            else:
                self._give(handed_over(gone, fact), moment)

    def _passed_on(self, event: Event, target: str, late: bool) -> Event | None:
        try:
            passed_on = forwarded(event, target, late)
            check_circle(passed_on)
        except MergeLoopError:
            return None
        return passed_on

    def _give(self, event: Event | None, moment: Moment, gone_again: bool = False) -> None:
        if event is None:
            self._count(MERGE_LOOP)
            return
        handed = Moment(moment.tick, moment.horizon, own=not event.late, kept=moment.kept)
        step = self._step(event, parse_ms(event.time))
        self._take(_key(event), step, handed, withdrawn(event) if gone_again else event)

    def _wake(self, key: ConversationKey, conversation: Conversation, until: int) -> None:
        facts = run_timers(conversation, until, self.turn(key.tenant))
        self._after(key, conversation)
        if facts:
            self.listener.happened(key, conversation, facts, 0)
        if conversation.state.expired:
            del self.rows[key]
            self._scheduled.pop(key, None)

    def _after(self, key: ConversationKey, conversation: Conversation) -> None:
        self._schedule(key, conversation)
        self.listener.moved(key, conversation)

    def _schedule(self, key: ConversationKey, conversation: Conversation) -> None:
        # An entry is a hint: one that is too early finds out and is put back.
        wake, scheduled = conversation.state.next_wake, self._scheduled.get(key, 0)
        if wake and (not scheduled or wake < scheduled):
            self._scheduled[key] = wake
            heappush(self._heap, (wake, key))

    def _count(self, name: str) -> None:
        self.counters[name] = self.counters.get(name, 0) + 1


def _key(event: Event) -> ConversationKey:
    return ConversationKey(event.tenant, event.source, event.subject)


def _hops(event: Event | None) -> bool:
    return event is not None and bool(event.hops)


def _of_merges(facts: Sequence[Fact]) -> list[MergedInto | PassedOn]:
    return [fact for fact in facts if isinstance(fact, _MERGES)]
