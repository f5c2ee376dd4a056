"""Late, duplicated and disordered input ends where the ordered run ends."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from schemas.packing import decode_row, encode_row
from stream_app.domain import steps
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.facts import ConditionChanged, Fact
from stream_app.domain.fold import (
    Conversation,
    from_row,
    ingest,
    new_conversation,
    run_timers,
    settle,
)
from stream_app.domain.ingested import Moment
from stream_app.domain.policy import AlertRule
from stream_app.domain.rules import Rulebook, compile_rules
from stream_app.domain.steps import RANK, Operand, Step
from stream_app.domain.turn import Turn
from tests.support.talk import HOUR, MINUTE, SECOND, clock, make_policy, within

LATENESS = 10 * MINUTE
START = clock("09:00")
RULES = compile_rules(
    make_policy(
        {
            "first_reply": within(3 * MINUTE, 2 * MINUTE),
            "next_reply": within(4 * MINUTE),
            "full_resolution": within(20 * MINUTE, 10 * MINUTE, 15 * MINUTE),
            "periodic_update": within(4 * MINUTE, 3 * MINUTE),
            "pausable_update": within(3 * MINUTE),
            "requester_wait": within(12 * MINUTE, 6 * MINUTE),
            "agent_work": within(8 * MINUTE),
            "total_resolution": within(15 * MINUTE),
        },
        (
            AlertRule("unresolved", {"unresolved_for": 15 * MINUTE}, ALWAYS),
            AlertRule("breached", {"clock": "first_reply", "is": "breached"}, ALWAYS),
        ),
    )
)
KINDS: tuple[tuple[int, Operand], ...] = (
    (steps.QUESTION, ["email", None, None]),
    (steps.REPLY, ["email", None, None]),
    (steps.BOT_REPLY, []),
    (steps.NOTE, []),
    (steps.STATUS, ["pending_customer", 0]),
    (steps.STATUS, ["open", 0]),
    (steps.STATUS, ["solved", 0]),
    (steps.STATUS, ["closed", 0]),
    (steps.STATUS, ["snoozed", START + 9 * MINUTE]),
    (steps.PRIORITY, ["urgent"]),
    (steps.ASSIGNED, ["tier2", "p1"]),
    (steps.TAGGED, [["vip"], []]),
)


@dataclass
class Run:
    """One way through the same events."""

    conversation: Conversation
    net: Counter[Fact]
    turn: Turn
    tick: int = 0
    watermark: int = 0

    def take(self, step: Step, arrives: int) -> str:
        self.tick = max(self.tick, arrives)
        self._told(run_timers(self.conversation, self.tick, self.turn))
        moment = Moment(self.tick, self.watermark - LATENESS)
        done = ingest(self.conversation, step, moment, self.turn)
        self._told(done.added)
        self.net.subtract(done.withdrawn)
        self.watermark = max(self.watermark, min(step.time, self.tick))
        return done.how

    def end(self) -> tuple[object, dict[Fact, int]]:
        until = START + 3 * HOUR
        self._told(run_timers(self.conversation, until, self.turn))
        settle(self.conversation, until)
        return self.conversation.state, {fact: n for fact, n in self.net.items() if n}

    def _told(self, facts: Iterable[Fact]) -> None:
        # Conditions are levels: they are told anew, and not taken back.
        self.net.update(fact for fact in facts if not isinstance(fact, ConditionChanged))


def new_run() -> Run:
    return Run(new_conversation(), Counter(), Turn(Rulebook(RULES), "acme"))


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """A creation and up to 25 events, several of them possibly at one instant."""
    created: Operand = ["email", "new", "normal", "tier1", "customer", [], None]
    history = [Step(START, steps.CREATED, 1, created)]
    at = START
    for cause in range(2, draw(st.integers(2, 25))):
        at += draw(st.sampled_from((0, SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE)))
        kind, operand = draw(st.sampled_from(KINDS))
        history.append(Step(at, kind, cause, operand))
    return history


def in_order(history: list[Step]) -> list[Step]:
    return sorted(history, key=lambda step: (step.time, RANK[step.kind]))


@st.composite
def deliveries(draw: st.DrawFn) -> list[tuple[int, Step]]:
    """The events of a history with delays below the lateness, in order of arrival, some twice."""
    arrivals: list[tuple[int, Step]] = []
    for step in in_order(draw(histories())):
        for _ in range(draw(st.sampled_from((1, 1, 1, 2)))):
            delay = draw(st.sampled_from((0, 0, SECOND, MINUTE, 4 * MINUTE, LATENESS - SECOND)))
            arrivals.append((step.time + delay, step))
    # The creation opens the row: events before it would be those of a provisional one.
    return sorted(arrivals, key=lambda arrival: arrival[0])


def ordered_run(arrivals: list[tuple[int, Step]]) -> Run:
    """The same events without delay. Equal instants and ranks keep their order of arrival."""
    first: dict[int, Step] = {}
    for _, step in arrivals:
        first.setdefault(step.cause, step)
    run = new_run()
    for step in in_order(list(first.values())):
        run.take(step, step.time)
    return run


@given(deliveries())
def test_any_arrival_within_the_lateness_ends_like_the_ordered_run(
    arrivals: list[tuple[int, Step]],
) -> None:
    run = new_run()
    for arrives, step in arrivals:
        run.take(step, arrives)
    assert run.end() == ordered_run(arrivals).end()


@given(deliveries(), st.integers(0, 30))
def test_a_row_written_and_read_back_goes_on_as_if_nothing_had_been(
    arrivals: list[tuple[int, Step]], crash: int
) -> None:
    run = new_run()
    for index, (arrives, step) in enumerate(arrivals):
        if index == crash:
            run.conversation = from_row(decode_row(encode_row(run.conversation.row())))
        run.take(step, arrives)
    assert run.end() == ordered_run(arrivals).end()


@given(deliveries())
def test_delivering_everything_a_second_time_changes_nothing(
    arrivals: list[tuple[int, Step]],
) -> None:
    run = new_run()
    for arrives, step in arrivals:
        run.take(step, arrives)
    ended = run.end()
    last = START + 3 * HOUR
    assert {run.take(step, last) for _, step in arrivals} == {"duplicate"}
    assert run.end() == ended


@given(deliveries())
def test_nothing_is_ever_taken_back_that_had_not_been_said(
    arrivals: list[tuple[int, Step]],
) -> None:
    run = new_run()
    for arrives, step in arrivals:
        run.take(step, arrives)
        assert all(n >= 0 for n in run.net.values())


def test_a_full_tail_moves_its_oldest_steps_to_the_base_and_stays_bounded() -> None:
    run = new_run()
    history = [Step(START, steps.CREATED, 1, ["email", "new", "normal", "", "customer", [], None])]
    for index in range(200):
        kind = steps.QUESTION if index % 2 else steps.REPLY
        history.append(Step(START + index * SECOND, kind, index + 2, ["email", None, None]))
    for step in history:
        run.take(step, step.time)
    assert len(run.conversation.tail) < 41 * 20
    assert run.conversation.early >= 160
    assert len(run.conversation.seen) == 32 * 8


def test_older_than_the_base_still_counts_for_the_conversation() -> None:
    run = new_run()
    created: Operand = ["email", "new", "normal", "", "customer", [], None]
    run.take(Step(START, steps.CREATED, 1, created), START)
    for cause in (2, 4):
        run.take(Step(START + cause * HOUR, steps.NOTE, cause, []), START + cause * HOUR)
        run.watermark += HOUR  # other conversations go on
    late = Step(START + MINUTE, steps.REPLY, 3, ["email", None, None])
    assert run.take(late, START + 4 * HOUR) == "too_late"
    assert run.conversation.state.waiting_since == 0


def test_an_import_from_before_the_base_is_dropped() -> None:
    run = new_run()
    created: Operand = ["email", "new", "normal", "", "customer", [], None]
    run.take(Step(START, steps.CREATED, 1, created), START)
    for cause in (2, 4):
        run.take(Step(START + cause * HOUR, steps.NOTE, cause, []), START + cause * HOUR)
        run.watermark += HOUR  # other conversations go on
    moment = Moment(run.tick, run.watermark - LATENESS, imported=True)
    step = Step(START + MINUTE, steps.REPLY, 3, [])
    assert ingest(run.conversation, step, moment, run.turn).how == "import_overlap"
