"""Alert rules that stand on one conversation: is their condition true now?

Rules:
1. `unresolved_for`: true from creation plus the age (in the rule's calendar), in every live status,
   until the conversation is solved or ends. A reopened conversation that is older is unresolved at
   once. `match` is evaluated when the age is reached, and again when the conversation's attributes
   change.
2. A clock rule is true while the present instance of its clock is at risk, or breached and unended.
3. Conditions become true by timers only: events at an instant come first.
4. What a solve or an exclusion ends is ended by a timer at that instant: reopened at the same instant,
   it has never ended. Everything else ends with its event.
5. Other alert rules (a new policy version) hold from the instant of the change on: a rule that is gone
   or does not hold any more ends then, one that holds already begins then. Nothing begins in the past.
"""

from schemas.rows import ConditionState
from schemas.states import ClockState, ConversationState

from .clocks import CLOCK_INDEX, is_at_risk, is_overdue
from .counting import elapsed_at
from .facts import ConditionChanged
from .levels import LIVE_STATUSES, TERMINAL_STATUSES
from .policy import AlertRule
from .rules import AgeRule, ClockRule, Rules
from .turn import Turn, group_of


def watch(state: ConversationState, rules: Rules) -> None:
    """Set up the age rules of a conversation that has just been created or changed its version."""
    known = {condition.rule: condition for condition in state.conditions}
    kept = [condition for condition in state.conditions if condition.clock]
    for age in rules.ages:
        due = age.rule.calendar.due(state.created_at, age.age)
        condition = known.get(age.rule.name) or ConditionState(age.rule.name)
        condition.due = due
        kept.append(condition)
    state.conditions = kept


def change_rules(state: ConversationState, at: int, turn: Turn, rules: Rules) -> None:
    """Other alert rules hold from `at` on; those on clocks follow with the next `refresh`."""
    for condition in state.conditions:
        if condition.active and not _goes_on(condition, at, state, turn, rules):
            condition.active, condition.since = False, at
            _say(condition, state, turn)
    state.conditions = [c for c in state.conditions if c.active or not c.clock]
    state.watched = rules.hash
    watch(state, rules)
    reconsider(state, at)
    ripen(state, at, turn)


def _goes_on(
    condition: ConditionState, at: int, state: ConversationState, turn: Turn, rules: Rules
) -> bool:
    """Whether a rule that is true is so under other rules as well."""
    old, new = _named(alert_rules(state, turn), condition), _named(rules, condition)
    if new is None or (old is not None and old.rule == new.rule):
        return new is not None
    if isinstance(new, AgeRule):
        reached = new.rule.calendar.due(state.created_at, new.age) <= at
    else:
        reached = isinstance(old, ClockRule) and old.state == new.state
    return reached and _matches(new.rule, state, turn)


def _named(rules: Rules, condition: ConditionState) -> AgeRule | ClockRule | None:
    """The rule that a condition stands for, as one version has it."""
    if not condition.clock:
        return _age_rule(rules, condition.rule)
    found = (clock for clock in rules.clocks if clock.rule.name == condition.rule)
    return next((clock for clock in found if clock.clock == condition.clock), None)


def alert_rules(state: ConversationState, turn: Turn) -> Rules:
    """The version whose alert rules hold for a conversation."""
    return turn.rules.of(state.watched or state.policy)


def is_counted(state: ConversationState) -> bool:
    """Whether conditions can hold at all."""
    return state.status in LIVE_STATUSES and not state.excluded and not state.expired


def next_due(state: ConversationState) -> int:
    """The next instant at which an age rule may come true, or a condition may end; 0 for none."""
    if not state.conditions:
        return 0
    if not is_counted(state):
        return state.last_time if _may_go_on(state) else 0
    best, live_since, last_timer = 0, state.live_since, state.last_timer
    for condition in state.conditions:
        if condition.active or condition.clock:
            continue
        due, since = condition.due, condition.since
        if due < live_since:
            due = live_since
        if due < since:
            due = since
        if due > last_timer and (not best or due < best):
            best = due
    return best


def ripen(state: ConversationState, at: int, turn: Turn) -> None:
    """Make age rules true whose instant has come (called by timers)."""
    if not is_counted(state) or not state.conditions:
        return
    rules = alert_rules(state, turn)
    for condition in state.conditions:
        if condition.active or condition.clock or _evaluated_at(condition, state) > at:
            continue
        rule = _age_rule(rules, condition.rule)
        if rule and _matches(rule.rule, state, turn):
            condition.active, condition.since = True, _evaluated_at(condition, state)
            _say(condition, state, turn, age=rule)


def refresh(state: ConversationState, at: int, turn: Turn, rules: Rules, over: bool) -> None:
    """Drop what is no longer true and follow the clocks (called after every step and timer).

    `over` says that the events of this instant have all come: a timer runs.
    """
    if state.conditions and not is_counted(state):
        if not over and _may_go_on(state):
            return
        _end_all(state, at, turn)
    if rules.clocks and state.clocks:
        for rule in rules.clocks:
            clock = state.clocks[rule.index]
            holds = is_overdue(clock) if rule.state == "breached" else is_at_risk(clock)
            if holds or state.conditions:
                _follow_clock(rule, state, at, turn, holds)


def reconsider(state: ConversationState, at: int) -> None:
    """Attributes changed: rules that did not match at their instant are asked again now."""
    for condition in state.conditions:
        if not condition.active and not condition.clock and condition.due < at:
            condition.since = at


def _evaluated_at(condition: ConditionState, state: ConversationState) -> int:
    return max(condition.due, state.live_since, condition.since)


def _may_go_on(state: ConversationState) -> bool:
    """Whether an event at this very instant could still say that nothing has ended."""
    if state.status in TERMINAL_STATUSES or state.expired:
        return False
    return any(condition.active for condition in state.conditions)


def _end_all(state: ConversationState, at: int, turn: Turn) -> None:
    for condition in state.conditions:
        if condition.active:
            condition.active, condition.since = False, at
            _say(condition, state, turn)
        condition.since = 0
    state.conditions = [condition for condition in state.conditions if not condition.clock]


def _follow_clock(
    rule: ClockRule, state: ConversationState, at: int, turn: Turn, holds: bool
) -> None:
    clock, name = state.clocks[rule.index], rule.rule.name
    holds = holds and is_counted(state)
    active = None
    for condition in state.conditions:
        if condition.rule == name:
            active = condition
    if active is not None and not (holds and active.instance == clock.instance):
        active.active, active.since = False, at
        _say(active, state, turn)
        state.conditions = [c for c in state.conditions if c is not active]
        active = None
    if holds and active is None and _matches(rule.rule, state, turn):
        entered = ConditionState(rule.rule.name, rule.clock, clock.instance, clock.due, True, at)
        state.conditions = [*state.conditions, entered]
        _say(entered, state, turn)


def _say(
    condition: ConditionState, state: ConversationState, turn: Turn, age: AgeRule | None = None
) -> None:
    rules, alerts = turn.rules.of(state.policy), alert_rules(state, turn)
    sla = rules.sla(state.sla)
    clock = _clock_of(condition, state, turn)
    target = elapsed = 0
    calendar_name = ""
    if condition.clock:
        calendar = rules.plan(state.sla, CLOCK_INDEX[condition.clock]).calendar
        target, elapsed = clock.target, elapsed_at(clock, condition.since, calendar)
        calendar_name = calendar.name
    elif age := age or _age_rule(alerts, condition.rule):
        target = age.age
        elapsed = age.rule.calendar.elapsed(state.created_at, condition.since)
        calendar_name = age.rule.calendar.name
    turn.facts.append(
        ConditionChanged(
            condition.rule,
            condition.clock,
            condition.instance,
            condition.active,
            condition.since,
            condition.due,
            target,
            elapsed,
            group_of(state),
            calendar_name,
            sla.name if sla else "",
            alerts.hash,
            tuple(cause for cause in (clock.started_by, clock.ended_by) if cause),
        )
    )


def _clock_of(condition: ConditionState, state: ConversationState, turn: Turn) -> ClockState:
    """The clock that a condition looks at; an age is that of the resolution, which begins with it."""
    number = CLOCK_INDEX[condition.clock or "full_resolution"]
    clock = state.clocks[number]
    if condition.clock and clock.instance != condition.instance:
        return turn.renewed.get(number, clock)
    return clock


def _age_rule(rules: Rules, name: str) -> AgeRule | None:
    return next((age for age in rules.ages if age.rule.name == name), None)


def _matches(rule: AlertRule, state: ConversationState, turn: Turn) -> bool:
    return rule.match.accepts(turn.tenant, state.channel, state.team, state.priority, state.tags)
