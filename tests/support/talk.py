"""A conversation to talk to in tests: events by name at wall times, clocks by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from schemas.states import ClockState, ConversationState
from stream_app.domain import steps
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.clocks import CLOCK_INDEX, shown_status
from stream_app.domain.counting import elapsed_at
from stream_app.domain.facts import Fact, Outcome
from stream_app.domain.fold import Conversation, ingest, new_conversation, run_timers
from stream_app.domain.ingested import Moment
from stream_app.domain.policy import AlertRule, Calendar, Policy, SlaPolicy, Target
from stream_app.domain.rules import Rulebook, compile_rules
from stream_app.domain.steps import Operand, Step
from stream_app.domain.turn import Turn

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday


def clock(text: str) -> int:
    """Milliseconds of `HH:MM[:SS]` on the first day, or `+N HH:MM` N days later."""
    days = 0
    if text.startswith("+"):
        day, text = text[1:].split(" ")
        days = int(day)
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    offset = timedelta(days=days, hours=hours, minutes=minutes, seconds=sum(seconds))
    return int((FIRST_DAY + offset).timestamp() * 1000)


def make_policy(
    targets: Mapping[str, Target] | None = None,
    alerts: tuple[AlertRule, ...] = (),
    sla: tuple[SlaPolicy, ...] | None = None,
    version: str = "v1",
) -> Policy:
    """A policy with one catch-all SLA policy of these targets, or with the given ones."""
    everyone = (SlaPolicy("everyone", targets, ALWAYS),) if targets else ()
    return Policy(
        version,
        {"acme": "live"},
        frozenset({"email", "whatsapp"}),
        everyone if sla is None else sla,
        alerts,
    )


def within(duration: int, *warn: int, calendar: Calendar = ALWAYS) -> Target:
    """A target of so many ms, with warning steps at these elapsed times."""
    return Target(duration, calendar, warn)


@dataclass
class Talk:
    """One conversation under one policy; every call is an event, `until` lets time pass."""

    policy: Policy = field(default_factory=make_policy)
    conversation: Conversation = field(default_factory=new_conversation)
    said: list[Fact] = field(default_factory=list)
    withdrawn: list[Fact] = field(default_factory=list)
    tick: int = 0
    watermark: int = 0
    last: str = ""
    _sent: int = 0

    def __post_init__(self) -> None:
        self.turn = Turn(Rulebook(compile_rules(self.policy)), "acme")

    @property
    def state(self) -> ConversationState:
        """The present state."""
        return self.conversation.state

    def created(self, at: str, by: str = "customer", **fields: str) -> None:
        """`ticket.created`."""
        operand: Operand = [
            fields.get("channel", "email"),
            fields.get("status", "new"),
            fields.get("priority", "normal"),
            fields.get("team", "tier1"),
            by,
            [],
            None,
        ]
        self.send(at, steps.CREATED, operand)

    def asks(self, at: str, arrives: str | None = None) -> None:
        """A public customer message."""
        self.send(at, steps.QUESTION, ["email", None, None], arrives=arrives)

    def replies(self, at: str, arrives: str | None = None) -> None:
        """A public message of an agent."""
        self.send(at, steps.REPLY, ["email", None, None], arrives=arrives)

    def status(self, at: str, to: str, until: int = 0, arrives: str | None = None) -> None:
        """A status change."""
        self.send(at, steps.STATUS, [to, until], arrives=arrives)

    def send(
        self,
        at: str,
        kind: int,
        operand: Operand | None = None,
        *,
        arrives: str | None = None,
        cause: int | None = None,
    ) -> str:
        """Any step; `arrives` is its append time (default: when it happened). Returns how it went."""
        self._sent += 1
        time = clock(at)
        self.tick = max(self.tick, clock(arrives or at))
        step = Step(time, kind, self._sent if cause is None else cause, operand or [])
        return self._take(step, own=False)

    def hand_over(self, at: str, kind: int, operand: Operand) -> str:
        """A step that a merge hands over now, however long ago it was."""
        self._sent += 1
        return self._take(Step(clock(at), kind, self._sent, operand), own=True)

    def until(self, at: str) -> None:
        """Let time pass up to and including an instant."""
        self.tick = max(self.tick, clock(at))
        self.watermark = max(self.watermark, self.tick)
        self.said += run_timers(self.conversation, self.tick + 1, self.turn)

    def _take(self, step: Step, own: bool) -> str:
        self.said += run_timers(self.conversation, self.tick, self.turn)
        horizon = self.watermark - self.policy.allowed_lateness
        done = ingest(self.conversation, step, Moment(self.tick, horizon, own=own), self.turn)
        self.said += done.added
        self.withdrawn += done.withdrawn
        self.watermark = max(self.watermark, step.time)
        return done.how

    def clock(self, name: str) -> ClockState:
        """A clock's state."""
        return self.state.clocks[CLOCK_INDEX[name]]

    def shows(self, name: str) -> str:
        """The one word for a clock."""
        return shown_status(self.clock(name))

    def elapsed(self, name: str) -> float:
        """Counted minutes of a clock now."""
        rules = self.turn.rules.of(self.state.policy)
        calendar = rules.plan(self.state.sla, CLOCK_INDEX[name]).calendar
        return elapsed_at(self.clock(name), self.tick, calendar) / MINUTE

    def outcomes(self, name: str) -> list[tuple[str, int]]:
        """What was said of a clock and has not been taken back: kind and instant."""
        left = [fact for fact in self.said if isinstance(fact, Outcome) and fact.clock == name]
        for fact in self.withdrawn:
            if isinstance(fact, Outcome) and fact.clock == name:
                left.remove(fact)
        return [(fact.type, fact.at) for fact in left]

    def counted(self, name: str) -> int:
        """How often a name was counted, less what was taken back."""
        said = [getattr(fact, "name", "") for fact in self.said].count(name)
        return said - [getattr(fact, "name", "") for fact in self.withdrawn].count(name)
