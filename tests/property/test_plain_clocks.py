"""A clock that nobody promised anything for counts exactly as one whose every move is told."""

from dataclasses import replace

from hypothesis import given

from schemas.states import ConversationState
from stream_app.domain.calendar import OfficeCalendar
from stream_app.domain.clocks import CLOCK_NAMES, shown_status
from stream_app.domain.counting import elapsed_at
from stream_app.domain.facts import Counted, Fact, Observed
from stream_app.domain.fold import ingest, new_conversation, run_timers
from stream_app.domain.ingested import Moment
from stream_app.domain.policy import Policy, SlaPolicy
from stream_app.domain.rules import Rulebook, Rules, compile_rules
from stream_app.domain.steps import Step
from stream_app.domain.turn import Turn
from tests.property.test_fold_properties import START, histories, in_order
from tests.support.talk import HOUR, make_policy

OFFICE = OfficeCalendar("office", "UTC", (((545, 560), (565, 700)),) * 7)
PLAIN = make_policy(sla=(SlaPolicy("nothing promised", {}, OFFICE),))
TRACED = replace(PLAIN, sla_events="all")
END = START + 3 * HOUR


def run(policy: Policy, history: list[Step]) -> tuple[Rules, ConversationState, list[Fact]]:
    rules = compile_rules(policy)
    turn, conversation, facts = Turn(Rulebook(rules), "acme"), new_conversation(), []
    for step in in_order(history):
        facts += run_timers(conversation, step.time, turn)
        facts += ingest(conversation, step, Moment(step.time, 0), turn).added
    facts += run_timers(conversation, END, turn)
    return rules, conversation.state, facts


def figures(facts: list[Fact]) -> list[Fact]:
    return sorted((fact for fact in facts if isinstance(fact, Counted | Observed)), key=repr)


def shown(rules: Rules, state: ConversationState) -> list[tuple[str, int, int]]:
    return [
        (shown_status(clock), clock.instance, elapsed_at(clock, END, plan.calendar))
        for clock, plan in zip(state.clocks, rules.plans[state.sla], strict=True)
    ]


@given(histories())
def test_a_plain_clock_counts_like_a_traced_one(history: list[Step]) -> None:
    plain_rules, plain, plain_facts = run(PLAIN, history)
    traced_rules, traced, traced_facts = run(TRACED, history)
    assert shown(plain_rules, plain) == shown(traced_rules, traced)
    assert figures(plain_facts) == figures(traced_facts)
    assert len(plain.clocks) == len(CLOCK_NAMES)
