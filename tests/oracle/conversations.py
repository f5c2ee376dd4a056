"""A naive program that reads the records of a source topic and says what Pegel has to make of them.

It takes one conversation after the other, in memory: an event at a time, and between two events whatever
falls due. It imports nothing of Pegel and knows nothing of partitions, flushes, tails or windows. All
calendars run around the clock, the events of a conversation are given in order (a duplicate may come
anywhere), and none is merged into another.

How it reads a conversation:
- At one instant: creation, attributes, messages, then status and endings; what falls due at an instant
  comes after the events at that instant.
- A customer's creation is a question. A question waits until an agent replies or somebody solves.
- `first_reply` runs once, from the first question; `next_reply` from the oldest unanswered question
  after that; `full_resolution` from the creation, and goes on when a solved conversation comes back,
  as if it had never been solved.
- A clock is late when its time is longer than the target of its channel and priority *now*.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from tests.oracle.clockwork import PREFIX, Clock, Fields, Promise, instant, rank, text, what
from tests.oracle.findings import Findings
from tests.oracle.handled import Handled

LIVE = ("new", "open", "pending_customer", "on_hold", "bot", "snoozed")
GONE = ("merged", "deleted", "spam")
CLOCKS = ("first_reply", "next_reply", "full_resolution")
LEVELS = ("open", "waiting", "overdue", "unassigned", "unattended")


def find(
    records: Iterable[bytes], promises: list[Promise], age: timedelta, until: datetime
) -> Findings:
    """Everything about a topic's records at `until`; `age` is that of the rule `unresolved_for`."""
    found = Findings()
    histories: dict[str, dict[str, Fields]] = {}
    for value in records:
        event = json.loads(value)
        if event["type"].startswith(PREFIX):
            histories.setdefault(event["subject"], {}).setdefault(event["id"], event)
    for name, history in histories.items():
        conversation = _Conversation(name, promises, age, found)
        for event in sorted(
            history.values(), key=lambda event: (instant(event["time"]), rank(event))
        ):
            conversation.take(event)
        conversation.end(until)
    return found


class _Conversation:
    def __init__(self, name: str, promises: list[Promise], age: timedelta, found: Findings) -> None:
        self.name, self.promises, self.age, self.found = name, promises, age, found
        self.status = ""
        self.channel = self.team = self.priority = self.assignee = ""
        self.waiting: datetime | None = None
        self.wakes: datetime | None = None  # end of a snooze
        self.created: datetime | None = None
        self.live_since: datetime | None = None
        self.fired: datetime | None = None
        self.clocks = {name: Clock(name) for name in CLOCKS}
        self.handled = Handled(found.counts)

    # -- input ---------------------------------------------------------------------------------------

    def take(self, event: Fields) -> None:
        at, kind, data = (
            instant(event["time"]),
            event["type"][len(PREFIX) : -len(".v1")],
            event["data"],
        )
        if self.status in GONE:
            return
        self._pass(at)
        if kind == "message.created":
            self._message(at, data)
        elif kind == "ticket.created":
            self._created(at, data)
        elif kind == "ticket.status_changed" and self.status:
            self.handled.by = data.get("by") or ""
            self._become(data["to"], at)
            self.handled.by = ""
            until = data.get("snoozed_until") if self.status == "snoozed" else None
            self.wakes = instant(until) if until else None
        elif kind in ("ticket.deleted", "ticket.spam") and self.status:
            self._become(kind.removeprefix("ticket."), at)
        else:
            self._attribute(at, kind, data)

    def end(self, until: datetime) -> None:
        """Let time pass, `until` included, and count what stands."""
        self._pass(until + timedelta(milliseconds=1))
        if self.fired:
            self.found.episodes.append((self.name, text(self.fired), None))
        if self.status not in LIVE:
            return
        first = self.clocks["first_reply"]
        standing = {
            "open": True,
            "waiting": bool(self.waiting),
            "overdue": any(clock.running and clock.late for clock in self.clocks.values()),
            "unassigned": not self.assignee,
            "unattended": bool(self.waiting) or first.running,
        }
        for level, holds in standing.items():
            self.found.levels[level, self.channel, self.team, self.priority] += holds

    def _message(self, at: datetime, data: Fields) -> None:
        meaning = what(data)
        if meaning == "nothing" or not (self.status or meaning in ("question", "reply")):
            return
        if not self.status:
            self._open(at, "customer" if meaning == "question" else "agent", data)
        self._count("messages_in" if data["direction"] == "in" else "messages_out")
        self.handled.message(data, meaning)
        if meaning == "question":
            if self.status in ("solved", "closed", "pending_customer", "snoozed"):
                self._become("open", at)
            self._ask(at)
        elif meaning == "reply":
            self.waiting = None
            for name in ("first_reply", "next_reply"):
                self._fulfil(self.clocks[name], at)

    def _created(self, at: datetime, data: Fields) -> None:
        if not self.status:
            self._open(at, data.get("created_by", "other"), data)
        else:
            self._attribute(at, "ticket.created", data)
        if self.status == "new":
            self._become(data.get("status", "new"), at)

    def _open(self, at: datetime, by: str, data: Fields) -> None:
        self._attribute(at, "ticket.created", data)
        self.status, self.created, self.live_since = "new", at, at
        self._count("opened")
        self._begin(self.clocks["full_resolution"], at)
        if by == "customer":
            self._ask(at)

    def _attribute(self, at: datetime, kind: str, data: Fields) -> None:
        if kind == "ticket.created":
            self.channel = data.get("channel") or self.channel
            self.team = data.get("team") or self.team
            self.priority = data.get("priority") or self.priority
        elif kind == "ticket.assigned":
            self.team = data.get("team") or self.team
            if "assignee" in data:
                self.assignee = data["assignee"] or ""
        elif kind == "ticket.priority_changed":
            self.priority = data["to"]
        elif kind == "ticket.channel_changed":
            self.channel = data["to"]
        for clock in self.clocks.values():  # another promise may hold: late from now on at most
            if clock.running:
                clock.may_break_from = at
        self._hold_or_go_on(at)

    def _ask(self, at: datetime) -> None:
        self.waiting = self.waiting or at
        first, following = self.clocks["first_reply"], self.clocks["next_reply"]
        if not first.running and not first.ended_once:
            self._begin(first, at)
        elif first.ended_once and not following.running:
            self._begin(following, at)

    def _become(self, status: str, at: datetime) -> None:
        before, self.status = self.status, status
        if status == before:
            return
        if status not in LIVE:
            self._not_live(at, gone=status in GONE, was_live=before in LIVE)
        elif before not in LIVE:
            self.live_since = at
            self._count("reopened")
            self.handled.reopened()
            clock = self.clocks["full_resolution"]
            clock.running, clock.since, clock.may_break_from = True, clock.ended_at, at
        self._hold_or_go_on(at)

    def _not_live(self, at: datetime, *, gone: bool, was_live: bool) -> None:
        self.waiting = self.wakes = None
        if self.fired:
            self.found.episodes.append((self.name, text(self.fired), text(at)))
            self.fired = None
        if gone:
            for clock in self.clocks.values():
                self._cancel(clock, at)
        elif was_live:
            self._count("solved")
            self.handled.solved((self.channel, self.team, self.priority))
            for name in ("first_reply", "next_reply"):
                self._abandon(self.clocks[name], at)
            self._fulfil(self.clocks["full_resolution"], at)

    # -- time ----------------------------------------------------------------------------------------

    def _pass(self, until: datetime) -> None:
        """Everything that falls due before `until`, in order."""
        while self.status in LIVE:
            due = [(at, n) for n, at in enumerate(self._dues()) if at is not None and at < until]
            if not due:
                return
            at, n = min(due)
            if n < len(CLOCKS):
                self._break(self.clocks[CLOCKS[n]], at)
            elif n == len(CLOCKS):
                self.wakes = None
                self._become("open", at)
            else:
                self.fired = at

    def _dues(self) -> list[datetime | None]:
        clocks = [self.clocks[name].breaks_at(self._target(name)) for name in CLOCKS]
        fires = None
        if self.created and self.live_since and not self.fired:
            fires = max(self.created + self.age, self.live_since)
        return [*clocks, self.wakes if self.status == "snoozed" else None, fires]

    # -- clocks --------------------------------------------------------------------------------------

    def _promise(self) -> Promise | None:
        held = (p for p in self.promises if p.holds_for(self.channel, self.priority))
        return next(held, None)

    def _target(self, clock: str) -> timedelta | None:
        promise = self._promise()
        return promise.targets.get(clock) if promise else None

    def _begin(self, clock: Clock, at: datetime) -> None:
        clock.instance += 1
        clock.running, clock.late, clock.judged, clock.counted = True, False, False, timedelta()
        clock.since = clock.may_break_from = at
        self._hold_or_go_on(at)

    def _hold_or_go_on(self, at: datetime) -> None:
        clock, promise = self.clocks["full_resolution"], self._promise()
        held = promise is not None and self.status in promise.pauses
        if not clock.running:
            return
        if held and clock.since:
            clock.counted, clock.since = clock.so_far(at), None
        elif not held and not clock.since:
            clock.since = clock.may_break_from = at

    def _break(self, clock: Clock, at: datetime) -> None:
        clock.late = True
        self._judge(clock, "missed")
        self._count(f"{clock.name}_breached")
        self._tell(clock, "breached", at)

    def _fulfil(self, clock: Clock, at: datetime) -> None:
        if not clock.running:
            return
        target = self._target(clock.name)
        if target is not None and clock.so_far(at) > target and not clock.late:
            self._break(clock, at)
        self._stop(clock, at)
        group = (self.channel, self.team, self.priority)
        self.found.counts[f"{clock.name}_observed", *group] += 1
        self.found.seconds[clock.name, *group] += round(clock.counted.total_seconds() * 1000)
        self._judge(clock, "met")
        if clock.late and target is not None:
            self._count(f"{clock.name}_late")
        self._tell(clock, "fulfilled", at)

    def _abandon(self, clock: Clock, at: datetime) -> None:
        if clock.running and not clock.late and self._target(clock.name) is not None:
            self._count(f"{clock.name}_abandoned")
        self._cancel(clock, at)

    def _cancel(self, clock: Clock, at: datetime) -> None:
        if clock.running:
            self._stop(clock, at)
            self._count(f"{clock.name}_cancelled")
            self._tell(clock, "cancelled", at)

    def _stop(self, clock: Clock, at: datetime) -> None:
        clock.counted, clock.since = clock.so_far(at), None
        clock.running, clock.ended_once, clock.ended_at = False, True, at

    def _judge(self, clock: Clock, verdict: str) -> None:
        if self._target(clock.name) is not None and not clock.judged:
            clock.judged = True
            self._count(f"{clock.name}_{verdict}")

    def _tell(self, clock: Clock, became: str, at: datetime) -> None:
        if self._target(clock.name) is None:
            return  # nothing was promised, so that nothing came of it
        counted = round(clock.so_far(at).total_seconds(), 3)
        outcome = (self.name, clock.name, clock.instance, became, text(at), counted)
        self.found.outcomes.append(outcome)

    def _count(self, name: str) -> None:
        self.found.counts[name, self.channel, self.team, self.priority] += 1
