"""Attributes of a conversation: channel, team, priority, tags, assignee, and what a change re-targets."""

from collections.abc import Callable
from typing import Final

from schemas.states import ConversationState

from . import conditions, steps
from .clocks import OPEN, RUNNING
from .counting import close_span
from .moves import Move, redue, refresh_pauses
from .rules import Rules
from .steps import Step
from .turn import Turn


def adopt_rules(state: ConversationState, step: Step, turn: Turn, rules: Rules) -> None:
    """A conversation takes over another policy version at its next event."""
    old, old_sla = turn.rules.of(state.policy), state.sla
    watched = state.watched = state.watched or state.policy
    state.policy = rules.hash
    _retarget(state, step, turn, old, old_sla)
    if watched != rules.hash:
        conditions.change_rules(state, step.time, turn, rules)
    state.watched, turn.changed = "", True


def _created(state: ConversationState, step: Step, turn: Turn) -> None:
    channel, _status, priority, team, _by, tags, url, *_ = step.operand
    state.channel = _text(channel) or state.channel
    state.priority = _text(priority) or state.priority
    state.team = _text(team) or state.team
    state.url = _text(url) or state.url
    if isinstance(tags, list) and tags:
        state.tags = sorted({*state.tags, *tags})
    _regroup(state, step, turn)


def _assigned(state: ConversationState, step: Step, turn: Turn) -> None:
    team, assignee = step.operand
    if isinstance(assignee, str):
        state.assignee, turn.changed = assignee, True
    if isinstance(team, str) and team != state.team:
        state.team = team
        _regroup(state, step, turn)


def _priority(state: ConversationState, step: Step, turn: Turn) -> None:
    state.priority = _text(step.operand[0])
    _regroup(state, step, turn)


def _channel(state: ConversationState, step: Step, turn: Turn) -> None:
    state.channel = _text(step.operand[0])
    _regroup(state, step, turn)


def _tagged(state: ConversationState, step: Step, turn: Turn) -> None:
    added, removed = step.operand
    if isinstance(added, list) and isinstance(removed, list):
        state.tags = sorted({*state.tags, *added} - set(removed))
    _regroup(state, step, turn)


def _regroup(state: ConversationState, step: Step, turn: Turn) -> None:
    if not state.clocks:
        return
    turn.changed = True
    rules = turn.rules.of(state.policy)
    _retarget(state, step, turn, rules, state.sla)
    conditions.reconsider(state, step.time)


def _retarget(state: ConversationState, step: Step, turn: Turn, old: Rules, old_sla: int) -> None:
    """Give open clocks the targets that hold now; what they have counted stays counted."""
    rules = turn.rules.of(state.policy)
    state.sla = rules.match(turn.tenant, state.channel, state.team, state.priority, state.tags)
    if rules is old and state.sla == old_sla:
        return
    for number, clock in enumerate(state.clocks):
        if clock.status not in OPEN:
            continue
        plan, before = rules.plan(state.sla, number), old.plan(old_sla, number).calendar
        if clock.status == RUNNING and before.name != plan.calendar.name:
            close_span(clock, step.time, before, plan.kept)
            clock.since = step.time
        if not clock.breached:
            clock.reason = "target_tightened"
        redue(Move(state, number, step.time, step.cause, turn))
    refresh_pauses(state, step.time, step.cause, turn)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


ATTRIBUTE_HANDLERS: Final[dict[int, Callable[[ConversationState, Step, Turn], None]]] = {
    steps.CREATED: _created,
    steps.ASSIGNED: _assigned,
    steps.PRIORITY: _priority,
    steps.CHANNEL: _channel,
    steps.TAGGED: _tagged,
}
"""What each attribute step changes; these apply to provisional rows as well."""
