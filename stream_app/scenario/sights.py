"""What a clock of a conversation shows at an instant, and why: the view that expectations look at."""

from dataclasses import dataclass, field

from schemas.keys import ConversationKey
from schemas.states import ClockState, ConversationState
from stream_app.domain.clocks import CLOCK_INDEX, IDLE, PAUSED, shown_status
from stream_app.domain.counting import elapsed_at
from stream_app.domain.facts import Outcome
from stream_app.domain.policy import Calendar
from stream_app.domain.rules import Plan, Rules
from stream_app.scenario.world import World

_UNKNOWN = ClockState()


@dataclass(frozen=True, slots=True)
class Sight:
    """A clock as it stands; instants and lengths in ms, None where there is none."""

    shows: str
    due: int | None = None
    elapsed: int = 0
    target: int = 0
    instance: int = 0
    policy: str | None = None
    started_at: int = 0
    calendar: Calendar | None = None
    still: tuple[tuple[int, int], ...] = ()  # when it stood still
    notes: tuple[str, ...] = field(default=())  # what a person should know about it

    @property
    def late_by(self) -> int:
        """By how much the target is exceeded."""
        return max(0, self.elapsed - self.target) if self.target else 0


def sight_of(world: World, key: ConversationKey, clock: str, instance: int | None) -> Sight:
    """A clock's newest instance, or an earlier one."""
    conversation = world.desk.rows.get(key)
    if conversation is None or not conversation.state.clocks:
        return Sight("idle", notes=(f"there is no conversation {key.id} yet",))
    state = conversation.state
    number = CLOCK_INDEX[clock]
    found = state.clocks[number] if number < len(state.clocks) else _UNKNOWN
    if instance is not None and instance < found.instance:
        ended = world.ended(key, clock, instance)
        if ended is not None:
            return _earlier(ended)
    if instance is not None and instance > found.instance:
        note = f"the newest instance is {found.instance}" if found.instance else "it never began"
        return Sight("idle", notes=(note,))
    rules = world.desk.rules.of(state.policy)
    return _present(found, state, rules, rules.plan(state.sla, number), world.now)


def _earlier(ended: Outcome) -> Sight:
    return Sight(
        shows=ended.type,
        due=ended.due or None,
        elapsed=ended.elapsed,
        target=ended.target,
        instance=ended.instance,
        policy=ended.policy or None,
        notes=(f"instance {ended.instance} ended: {ended.reason or ended.type}",),
    )


def _present(
    clock: ClockState, state: ConversationState, rules: Rules, plan: Plan, now: int
) -> Sight:
    sla = rules.sla(state.sla)
    return Sight(
        shows=shown_status(clock),
        due=clock.due or None,
        elapsed=elapsed_at(clock, now, plan.calendar),
        target=clock.target,
        instance=clock.instance,
        policy=sla.name if sla else None,
        started_at=clock.started_at,
        calendar=plan.calendar,
        still=_still(clock),
        notes=tuple(_notes(clock, state, plan, sla.name if sla else "")),
    )


def _still(clock: ClockState) -> tuple[tuple[int, int], ...]:
    """The gaps between the spans that were counted."""
    starts = [start for start, _, _ in clock.spans] + ([clock.since] if clock.since else [])
    ends = [end for _, end, _ in clock.spans]
    return tuple((end, start) for end, start in zip(ends, starts[1:], strict=False) if start > end)


def _notes(clock: ClockState, state: ConversationState, plan: Plan, sla: str) -> list[str]:
    notes = []
    if clock.status == IDLE:
        notes.append("it has not begun")
    elif clock.status == PAUSED:
        notes.append(f"it stands still in status {state.status}")
    if plan.target is None:
        notes.append(f'"{sla}" promises nothing for it' if sla else "no SLA entry matches")
    if clock.reason:
        notes.append(clock.reason)
    return notes
