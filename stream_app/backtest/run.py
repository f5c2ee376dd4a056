"""Runs history through the core, in event time.

Rules:
1. An event moves its tenant's time to its own, never back; timers before that run first, of all
   conversations. So what is said stands in the order in which it came about.
2. What is older than the allowed lateness is late input, as in a worker.
3. A run may have a part of the conversations only; time goes on by the events of all.
4. What lies after `until` is left out; at the end time goes on to `until`, that instant included.

Memory holds open conversations, those solved within the retention, and one small record for each
alert episode. SLA events are handed on as they come.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from schemas.events import Event
from schemas.instants import format_ms, parse_ms
from schemas.keys import ConversationKey
from stream_app.backtest.parts import EVERYTHING, Part
from stream_app.backtest.summary import Summary
from stream_app.domain.facts import ConditionChanged, Fact, Outcome
from stream_app.domain.fold import Conversation
from stream_app.domain.ingested import Ingested, Moment
from stream_app.domain.policy import Policy
from stream_app.domain.rules import Rulebook, compile_rules
from stream_app.records.outcomes import correction, sla_event
from stream_app.replay.rows import RowSteps
from stream_app.scenario.alerting import Alerts, Episode, Subject
from stream_app.scenario.desk import Desk

UNKNOWN_TENANT: Final = "unknown_tenant"
PROGRESS_EVERY: Final = 2_000  # events
_NOBODY: Final = ConversationKey("", "", "")


class Span(NamedTuple):
    """From the first event to the end, ms; both 0 while there is none."""

    first: int
    until: int


class Findings(NamedTuple):
    """What the run of one part has found: all but its SLA events."""

    span: Span
    summary: Summary
    events: int
    left_out: int
    sla_events: Counter[str]
    counters: dict[str, int]
    conversations: int
    episodes: dict[Subject, list[Episode]]


Place = tuple[int, int, int, ConversationKey]
"""Where in a run something is said: event, timers before it or itself, the timer's heap entry."""


@dataclass(slots=True)
class Backtest:
    """One run. `on_sla_event` takes every SLA event as the JSON that workers write; else they count."""

    policy: Policy
    on_sla_event: Callable[[bytes], None] | None = None
    until: int | None = None
    summary: Summary = field(default_factory=Summary)
    events: int = 0
    left_out: int = 0  # after `until`
    part: Part = EVERYTHING
    sla_events: Counter[str] = field(default_factory=Counter)
    _desk: Desk = field(init=False)
    _alerts: Alerts = field(init=False)
    _first: int = 0
    _reached: dict[str, int] = field(default_factory=dict)
    _now: int = 0
    _read: int = 0  # events, or rows that change something, of all parts
    _lateness: int = 0
    _elsewhere: int = 0  # conversations that other processes hold

    def __post_init__(self) -> None:
        rules = Rulebook(compile_rules(self.policy))
        self._desk = Desk(rules, self)
        self._alerts = Alerts(self.policy)
        self._reached = dict.fromkeys(self.policy.tenants, 0)
        self._lateness = self.policy.allowed_lateness

    def run(self, found: Iterable[Event | RowSteps], on_progress: Callable[[], None]) -> Span:
        """Take in all that is found in a file and let time go on to the end."""
        for one in found:
            if isinstance(one, tuple):
                self._take_row(one)
            else:
                self._take(one)
            if self._read % PROGRESS_EVERY == 0:
                on_progress()
        until = self.until
        if until is None:
            until = max(self._reached.values(), default=0)
        self._now = until
        self._desk.wake(until + 1)
        self._alerts.wake(until)
        for _, episode in self._alerts.all_episodes():
            self.summary.of(episode.group).alerts += episode.fired_at <= until
        on_progress()
        return Span(self._first, until)

    def for_part(self, part: Part, on_sla_event: Callable[[Place, bytes], None]) -> "Backtest":
        """The same backtest for one part of the conversations; SLA events come with their place."""
        made = Backtest(self.policy, self.on_sla_event, self.until, part=part)
        if self.on_sla_event is not None:
            made.on_sla_event = lambda event: on_sla_event(made.place, event)
        return made

    @property
    def place(self) -> Place:
        """Where the run is; SLA events of several parts are put in order by it."""
        entry = self._desk.waking
        if entry is None:
            return (self._read, 1, 0, _NOBODY)
        return (self._read, 0, *entry)

    def findings(self, span: Span) -> Findings:
        """What this run has found."""
        return Findings(
            span,
            self.summary,
            self.events,
            self.left_out,
            self.sla_events,
            self.counters,
            self.conversations,
            self._alerts.episodes,
        )

    def add(self, found: Findings) -> None:
        """Take over what the run of another part has found."""
        self.summary.add(found.summary)
        self.events += found.events
        self.left_out += found.left_out
        self.sla_events.update(found.sla_events)
        for name, n in found.counters.items():
            self.counters[name] = self.counters.get(name, 0) + n
        self._elsewhere += found.conversations
        self._alerts.episodes.update(found.episodes)

    @property
    def counters(self) -> dict[str, int]:
        """What happened to events that did not simply come in order."""
        return self._desk.counters

    @property
    def conversations(self) -> int:
        """How many are held in memory."""
        return len(self._desk.rows) + self._elsewhere

    def episodes(self, until: int) -> Iterator[dict[str, Any]]:
        """Alert episodes that fired at or before `until`, in the order in which they fired."""
        found = [
            (episode.fired_at, subject.rule, subject.key, episode)
            for subject, episode in self._alerts.all_episodes()
            if episode.fired_at <= until
        ]
        for fired_at, rule, key, episode in sorted(found, key=lambda each: each[:3]):
            yield {
                "rule": rule,
                "conversation": key.id,
                "fired_at": format_ms(fired_at),
                "resolved_at": format_ms(episode.resolved_at) if episode.resolved_at else None,
                "severity": episode.severity,
            }

    def happened(
        self, key: ConversationKey, conversation: Conversation, facts: Sequence[Fact], closed: int
    ) -> None:
        """Facts that hold from now on."""
        for fact in self.summary.book(facts):
            if isinstance(fact, Outcome):
                self.sla_events[f"sla.{fact.type}"] += 1
                if self.on_sla_event is not None:
                    self.on_sla_event(sla_event(key, fact))
            elif isinstance(fact, ConditionChanged):
                self._alerts.changed(key, conversation.state, fact, max(self._now, fact.since))

    def taken_back(
        self, key: ConversationKey, conversation: Conversation, done: Ingested, closed: int
    ) -> None:
        """Facts that late input has disproved."""
        for fact in self.summary.book(done.withdrawn, -1):
            if isinstance(fact, Outcome):
                self.sla_events["sla.corrected"] += 1
                if self.on_sla_event is not None:
                    self.on_sla_event(correction(key, fact))
        for level in done.retold:
            self._alerts.changed(key, conversation.state, level, self._now)

    def moved(self, key: ConversationKey, conversation: Conversation) -> None:
        """Levels are of no use in a backtest."""

    def _take(self, event: Event) -> None:
        time, ours = parse_ms(event.time), self.part.has(event.subject)
        moment = self._moment(time, event.tenant, ours, event.ingest == "import")
        if moment is not None and ours:
            self._desk.arrive(event, time, moment.tick, moment)

    def _take_row(self, row: RowSteps) -> None:
        time, key, steps = row
        moment = self._moment(time, key.tenant, len(steps), False)
        if moment is not None:
            for step in steps:
                self._desk.take(key, step, moment)

    def _moment(self, time: int, tenant: str, ours: int, imported: bool) -> Moment | None:
        """Let time go on to an event, or to so many of us; None when they do not count."""
        self._read += 1
        if self.until is not None and time > self.until:
            self.left_out += ours
            return None
        reached = self._reached.get(tenant)
        if reached is None:
            if ours:
                self.counters[UNKNOWN_TENANT] = self.counters.get(UNKNOWN_TENANT, 0) + ours
            return None
        self.events += ours
        if not self._first or time < self._first:
            self._first = time
        now = time if time > reached else reached
        if now > self._now:
            self._now = now
            self._desk.wake(now)
        self._reached[tenant] = now
        return Moment(now, reached - self._lateness, imported)
