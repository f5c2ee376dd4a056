"""Folding steps into a conversation, also those that come late: state = fold(base, tail).

Rules:
1. A conversation keeps a *base* (its state before the tail) and a *tail* (its last steps, in order).
2. A step that comes in order is applied to the state and put at the end of the tail.
3. A step that comes late, but not before the base, is put in its place and the tail is folded again;
   what differs between the two folds is what goes out (`stream_app.domain.retelling`).
4. A step that is later than the lateness, or from before the base, is applied as if it had come after
   all that is known: what it says about the conversation still counts, but its window is closed.
   What the engine itself hands over after a merge has no lateness: how late it comes says how fast
   workers are. It is folded in at its own instant as far back as tails are kept. A creation, which says
   when everything began, is folded in up to a day after the lateness, but it changes no closed window.
5. When all of the tail is a day older than the lateness, the state becomes the base; a full tail moves
   early.
6. Timers run before each step, and at last up to the tick: exclusively, as steps at an instant come first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schemas.packing import decode_state, encode_state
from schemas.rows import ROW_VERSION
from schemas.states import ClockState, ConversationRow, ConversationState

from . import tail as tails
from .clocks import CLOCKS
from .conversation import apply, change_alert_rules, wake
from .facts import Fact
from .ingested import DUPLICATE, IN_ORDER, OVERLAP, REFOLDED, TOO_LATE, Ingested, Moment
from .levels import SOLVED_STATUSES
from .order import behind, insert, is_in_order
from .retelling import difference
from .rules import Change
from .steps import CREATED, QUESTION, STATUS, Operand, Step
from .ticks import KEPT
from .turn import Turn

FOREVER: Final = 1 << 62  # later than any instant: every window is closed


_DUPLICATE: Final = Ingested(DUPLICATE, [], [])
_OVERLAP: Final = Ingested(OVERLAP, [], [])


@dataclass(slots=True)
class Conversation:
    """A conversation in memory: the row, and the wake-up that stands in the heap for it."""

    state: ConversationState
    base: bytes | None = None
    tail: bytes = b""
    values: list[Operand] | None = None
    seen: bytes = b""
    generation: int = 0
    early: int = 0  # steps that a full tail moved to the base before their time

    def row(self) -> ConversationRow:
        """The durable form."""
        return ConversationRow(
            ROW_VERSION,
            self.state,
            self.base,
            self.tail,
            self.values or [],
            self.seen,
            self.generation,
        )


def new_conversation() -> Conversation:
    """A conversation that nothing is known about yet."""
    return Conversation(ConversationState())


def from_row(row: ConversationRow) -> Conversation:
    """A conversation as it was when its row was written."""
    return Conversation(
        _complete(row.state), row.base, row.tail, row.values, row.seen, row.generation
    )


def run_timers(conversation: Conversation, until: int, turn: Turn) -> list[Fact]:
    """Run timers before `until` (exclusive); returns their facts."""
    state = conversation.state
    if not 0 < state.next_wake < until:
        return []
    if conversation.base is None:
        conversation.base = encode_state(state)
    turn.facts, turn.changed = [], True
    wake(state, until, turn)
    return turn.facts


def change_rules(conversation: Conversation, change: Change, turn: Turn) -> list[Fact]:
    """Another policy version holds from now on: its alert rules hold at once, also in silence."""
    conversation.base = conversation.base or encode_state(conversation.state)
    turn.facts, turn.changed = [], True
    change_alert_rules(conversation.state, change, turn)
    return turn.facts


def ingest(conversation: Conversation, step: Step, moment: Moment, turn: Turn) -> Ingested:
    """Take in one step; timers before the tick must have been run already."""
    mark = tails.mark_of(step.cause)
    if tails.has_seen(conversation.seen, mark):
        if moment.own:  # by another way: one of the two may still be withdrawn
            conversation.seen = tails.remember(conversation.seen, mark)
        return _DUPLICATE
    day = moment.horizon - KEPT
    kept = day if moment.kept is None else moment.kept
    if conversation.base is not None:
        settle(conversation, kept)
    if is_in_order(conversation.state, step):
        conversation.seen = tails.remember(conversation.seen, mark)
        return Ingested(IN_ORDER, _append(conversation, step, turn), [])
    limit = kept if moment.own else moment.horizon
    if step.kind == CREATED and not moment.imported:
        limit = min(limit, day)
    too_late = step.time < limit or _is_before_base(conversation, step)
    if too_late and moment.imported:
        return _OVERLAP
    conversation.seen = tails.remember(conversation.seen, mark)
    if too_late:
        clamped = behind(conversation.state, step)
        return Ingested(TOO_LATE, _append(conversation, clamped, turn), [])
    steps = tails.unpack(conversation.tail, conversation.values or [])
    before = list(steps)
    insert(steps, step)
    return _refold(conversation, (before, steps), moment, turn)


def retract(conversation: Conversation, cause: int, moment: Moment, turn: Turn) -> Ingested:
    """Fold again without a step that was handed over, and should not have been."""
    mark = tails.mark_of(cause)
    conversation.seen = tails.forget(conversation.seen, mark)
    if tails.has_seen(conversation.seen, mark):
        return Ingested(REFOLDED, [], [])  # it has come by another way as well, which holds
    steps = tails.unpack(conversation.tail, conversation.values or [])
    kept = [step for step in steps if step.cause != cause]
    if len(kept) == len(steps):
        return Ingested(TOO_LATE, [], [])
    return _refold(conversation, (steps, kept), moment, turn)


def closed_before(done: Ingested, step: Step, moment: Moment) -> int | None:
    """For a step that came late, the instant before which its facts change no window; else None."""
    late = step.time < moment.horizon and not moment.own
    if done.how is TOO_LATE:
        return FOREVER if late else 0
    return moment.horizon if late and (done.added or done.withdrawn) else None


def undo(conversation: Conversation, cause: int, until: int, turn: Turn) -> None:
    """Fold again without a step that could not be applied: its half-made changes are gone."""
    if conversation.base is None:
        return
    steps = tails.unpack(conversation.tail, conversation.values or [])
    kept = [step for step in steps if step.cause != cause]
    conversation.state, _ = _fold(conversation.base, kept, until, turn)
    conversation.tail, conversation.values = tails.repack(kept)


def timeline(conversation: Conversation, until: int, turn: Turn) -> list[Fact]:
    """What the tail says has happened, as facts in order, for people who want to check."""
    base = conversation.base
    if base is None:
        return []
    return _fold(base, tails.unpack(conversation.tail, conversation.values or []), until, turn)[1]


def _append(conversation: Conversation, step: Step, turn: Turn) -> list[Fact]:
    state = conversation.state
    if conversation.base is None:
        conversation.base = encode_state(state)
    if conversation.values is None:
        conversation.values = []
    conversation.tail += tails.pack(step, conversation.values)
    facts = turn.facts = []
    wake(state, step.time, turn)
    apply(state, step, turn)
    if tails.is_full(conversation.tail):
        _move_base(conversation, Turn(turn.rules, turn.tenant))
    return facts


def settle(conversation: Conversation, horizon: int) -> None:
    """Let the state become the base once nothing within the lateness stands in the tail."""
    state = conversation.state
    if conversation.base is not None and max(state.last_time, state.last_timer) < horizon:
        conversation.base, conversation.tail, conversation.values = None, b"", None


def _move_base(conversation: Conversation, turn: Turn) -> None:
    steps = tails.unpack(conversation.tail, conversation.values or [])
    kept = steps[tails.TAIL_SLACK :]
    state = _decoded(conversation.base or b"")
    _play(state, steps, tails.TAIL_SLACK, turn)
    conversation.base = encode_state(state)
    conversation.tail, conversation.values = tails.repack(kept)
    conversation.early += tails.TAIL_SLACK


def _is_before_base(conversation: Conversation, step: Step) -> bool:
    if conversation.base is None:
        return True
    return not is_in_order(_decoded(conversation.base), step)


def _refold(
    conversation: Conversation, change: tuple[list[Step], list[Step]], moment: Moment, turn: Turn
) -> Ingested:
    """Fold another tail instead of the present one; the difference is what late input changes."""
    base = conversation.base or b""
    old, steps = change
    until = max(moment.tick, conversation.state.last_timer + 1)
    _, before = _fold(base, old, until, turn)
    state, after = _fold(base, steps, until, turn)
    added, withdrawn, retold = difference(before, after, state)
    if not steps and not state.status:
        state.next_wake = 1  # nothing is left of it: the row goes with the next timers
    conversation.state, turn.changed = state, True
    conversation.tail, conversation.values = tails.repack(steps)
    if tails.is_full(conversation.tail):
        _move_base(conversation, Turn(turn.rules, turn.tenant))
    conversation.generation += bool(withdrawn)
    return Ingested(REFOLDED, added, withdrawn, retold)


def _fold(
    base: bytes, steps: Sequence[Step], until: int, turn: Turn
) -> tuple[ConversationState, list[Fact]]:
    state = _decoded(base)
    turn.facts = []
    _play(state, steps, len(steps), turn)
    wake(state, until, turn)
    return state, turn.facts


def _play(state: ConversationState, steps: Sequence[Step], count: int, turn: Turn) -> None:
    """Apply the first `count` steps; those behind them may say how the last ones are meant."""
    for index in range(count):
        step = steps[index]
        wake(state, step.time, turn)
        if step.kind == QUESTION and state.status in SOLVED_STATUSES:
            turn.overruled = any(
                other.time == step.time
                and other.kind == STATUS
                and other.operand[0] in SOLVED_STATUSES
                for other in steps[index + 1 : index + 1 + tails.TAIL_STEPS]
            )
        apply(state, step, turn)
        turn.overruled = False


def _decoded(base: bytes) -> ConversationState:
    return _complete(decode_state(base))


def _complete(state: ConversationState) -> ConversationState:
    # A row that was written when there were fewer clocks: the others never began.
    missing = len(CLOCKS) - len(state.clocks)
    if missing and state.clocks:
        state.clocks.extend(ClockState() for _ in range(missing))
    return state
