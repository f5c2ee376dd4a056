"""Each numbered rule has a scenario that fails without it: here every rule is taken out once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from schemas.states import ClockState, ConversationState
from stream_app.domain import (
    attributes,
    clocks,
    conditions,
    conversation,
    fold,
    levels,
    moves,
    provisional,
    rules,
    steps,
)
from stream_app.domain.calendar import OfficeCalendar
from stream_app.domain.clocks import STATUS_NAMES
from stream_app.domain.groups import Groups
from stream_app.scenario import alerting, desk, load_scenario, reading, sights
from stream_app.scenario.model import Scenario
from stream_app.scenario.world import World
from tests.support.scenarios import FILES, failing

Patch = Callable[[pytest.MonkeyPatch], None]


def patch(owner: object, name: str, value: Any) -> Patch:
    return lambda monkey: monkey.setattr(owner, name, value)


def nothing(*_: object, **__: object) -> None:
    """Does nothing."""


def timers_first(monkey: pytest.MonkeyPatch) -> None:
    wake = conversation.wake
    monkey.setattr(fold, "wake", lambda state, until, turn: wake(state, until + 1, turn))


def order_of_arrival(monkey: pytest.MonkeyPatch) -> None:
    monkey.setattr(steps, "RANK", tuple(0 for _ in steps.RANK))
    monkey.setattr(steps, "_ENDING_RANKS", {})


def nothing_ends(monkey: pytest.MonkeyPatch) -> None:
    monkey.setattr(conversation, "TERMINAL_STATUSES", frozenset())
    monkey.setattr(provisional, "end_unopened", nothing)


def no_pauses(monkey: pytest.MonkeyPatch) -> None:
    make = rules._plan

    def plan(*given: Any) -> rules.Plan:
        return replace(make(*given), pause_on=frozenset())

    monkey.setattr(rules, "_plan", plan)


def no_warnings(monkey: pytest.MonkeyPatch) -> None:
    make = rules._plan

    def plan(*given: Any) -> rules.Plan:
        made = make(*given)
        return replace(made, target=made.target and replace(made.target, warn=()))

    monkey.setattr(rules, "_plan", plan)


def due_is_forgotten(monkey: pytest.MonkeyPatch) -> None:
    fulfil = moves.fulfil

    def forgetful(move: moves.Move) -> None:
        fulfil(move)
        move.clock.due = 0

    monkey.setitem(moves._VERBS, clocks.Verb.FULFIL, forgetful)


def reopening_begins_anew(monkey: pytest.MonkeyPatch) -> None:
    monkey.delitem(clocks.TRANSITIONS, (clocks.FULFILLED, clocks.Verb.GO_ON))
    monkey.setattr(moves, "REACTIONS", tuple(map(clocks._reactions, clocks.Happening)))


def solving_fulfils(monkey: pytest.MonkeyPatch) -> None:
    monkey.setattr(moves, "cancel", lambda move, _reason: moves.fulfil(move))


def absorbing_is_nothing(monkey: pytest.MonkeyPatch) -> None:
    handlers = list(conversation._HANDLERS)
    handlers[steps.ABSORBED] = nothing
    monkey.setattr(conversation, "_HANDLERS", tuple(handlers))


def first_promise_for_all(monkey: pytest.MonkeyPatch) -> None:
    match = rules.Rules.match
    monkey.setattr(rules.Rules, "match", lambda *given: max(0, match(*given)))


def counted_again(monkey: pytest.MonkeyPatch) -> None:
    def count(move: moves.Move, name: str) -> None:
        move.turn.count(f"{move.spec.name}_{name}", move.at, move.state)

    monkey.setattr(moves, "_count_once", count)


def wider_windows(monkey: pytest.MonkeyPatch) -> None:
    window = World.window
    monkey.setattr(
        World, "window", lambda world, span, filters: window(world, span + 10_000, filters)
    )


def everything_is_only_open(state: ConversationState, _urgency: int | None) -> int:
    return 1 if state.status in levels.LIVE_STATUSES else 0


def only_the_status(clock: ClockState) -> str:
    return STATUS_NAMES[clock.status]


def no_lateness(scenario: Scenario) -> Scenario:
    return replace(scenario, policy=replace(scenario.policy, allowed_lateness=0))


WITHOUT: dict[str, tuple[int, Patch]] = {
    "timers before events": (1, timers_first),
    "order of arrival": (2, order_of_arrival),
    "no quarantine": (3, patch(desk, "FUTURE_LIMIT", 10**12)),
    "windows stay open": (3, patch(desk, "closed_before", lambda *_: None)),
    "no exceptional days": (
        4, patch(OfficeCalendar, "hours_of", lambda self, day: self.hours[day.weekday()])),
    "no pauses": (5, no_pauses),
    "no warnings": (6, no_warnings),
    "no precedence": (7, patch(sights, "shown_status", only_the_status)),
    "due forgotten at the end": (8, due_is_forgotten),
    "resolutions do not go on": (9, reopening_begins_anew),
    "everything is a reply": (10, patch(steps, "message_kind", lambda _data: steps.REPLY)),
    "messages open nothing": (11, patch(steps, "OPENING", frozenset({steps.CREATED}))),
    "next_reply waits for nothing": (12, patch(moves, "_may_begin", lambda *_: True)),
    "solving fulfils": (13, solving_fulfils),
    "nothing reopens": (14, patch(conversation, "_REVIVED_BY_CUSTOMER", frozenset())),
    "targets stay": (15, patch(attributes, "_retarget", nothing)),
    "a merge hands nothing over": (16, absorbing_is_nothing),
    "nothing ends for good": (17, nothing_ends),
    "somebody always promises": (18, first_promise_for_all),
    "nothing is observed": (19, patch(Groups, "observe", nothing)),
    "counted again": (20, counted_again),
    "wider windows": (21, wider_windows),
    "only open": (22, patch(conversation, "flags_of", everything_is_only_open)),
    "reminders count": (23, patch(alerting, "STARTED", "reminded")),
    "age never ripens": (24, patch(conditions, "ripen", nothing)),
    "any instance": (25, patch(conditions, "_follow_clock", nothing)),
    "no unique ids": (26, patch(reading, "cause_number", lambda _number: "same")),
    "any channel": (27, patch(desk, "known_channel", lambda step, _channels: step)),
}  # fmt: skip


def files_of(rule: int) -> list[Scenario]:
    return [load_scenario(file) for file in FILES if file.name.startswith(f"rule-{rule:02}-")]


@pytest.mark.parametrize("name", WITHOUT)
def test_without_the_rule_its_scenario_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rule, take_out = WITHOUT[name]
    take_out(monkeypatch)
    assert any(failing(scenario) for scenario in files_of(rule))


def test_without_lateness_late_input_ends_differently() -> None:
    assert any(failing(no_lateness(scenario)) for scenario in files_of(3))


def test_every_rule_is_taken_out_once() -> None:
    assert {rule for rule, _ in WITHOUT.values()} == set(range(1, 28))
