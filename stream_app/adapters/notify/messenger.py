"""Tells each receiver what it has to hear, and hands back what it has taken.

For each receiver one task, which knows nothing of the others:
1. Look at what the alerts jobs of this worker have committed and this receiver has not taken.
2. What its calendar allows and has not been begun is begun: the job writes that down, and shows it
   again when it is durable.
3. What is begun and whose pause is over is sent, a few at a time, as the breaker allows.
4. What it took is handed to the job as taken; what nobody can send, or not within the budget, as
   given up, which the job writes to the dead-letter topic.
The tables are the queue: only the newest state of an alert is in them, so a receiver that was away
hears that and not all that came before. After a takeover the new owner goes on where this one was.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import uniform
from typing import Final, NamedTuple, Protocol

import structlog

from stream_app.adapters.metrics.notifications import Stats
from stream_app.adapters.notify.message import Message, Way
from stream_app.adapters.notify.patience import Breaker, Outcome, Patience, pause
from stream_app.domain.alert_facts import facts_of
from stream_app.domain.notices import Notice
from stream_app.domain.policy import Receiver
from stream_app.links import LIFETIME, Click, Links, addresses
from stream_app.texts import Texts

_log = structlog.stdlib.get_logger("pegel.notify")
GAVE_UP: Final = ("refused", "exhausted")


class Failure(NamedTuple):
    """Why a notice was given up: the code of its dead letter, and the words."""

    code: str
    problem: str
    attempts: int


class MessageSource(Protocol):
    """A job of the alerts agent, as far as it concerns receivers of messages."""

    def due(self, receiver: str) -> Iterable[tuple[bytes, Notice]]: ...
    def begin(self, key: bytes, receiver: str, mark: str) -> None: ...
    def taken(self, key: bytes, receiver: str, mark: str) -> None: ...
    def given_up(self, key: bytes, notice: Notice, failure: Failure) -> None: ...


@dataclass(slots=True)
class _Try:
    """Attempts at one notice."""

    began: float
    attempts: int = 0
    next_at: float = 0.0
    under_way: bool = False
    settled: bool = False  # handed back; the job has not committed that yet


@dataclass(frozen=True, slots=True)
class Deal:
    """One receiver with what is needed to talk to it."""

    receiver: Receiver
    way: Way
    texts: Texts
    links: Links | None = None
    wall: str = ""


Jobs = Callable[[], Iterable[MessageSource]]
_Key = tuple[bytes, str]


class Messenger:
    """One for each worker. `run` until `stop`; what was not taken by then is told by the next owner."""

    def __init__(
        self,
        jobs: Jobs,
        deals: Iterable[Deal],
        now: Callable[[], int],
        patience: Patience | None = None,
    ) -> None:
        used = patience or Patience()
        self._desks = [Desk(deal, jobs, now, used) for deal in deals]
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = False

    def notifications(self) -> tuple[Stats, ...]:
        """Counters per receiver, for metrics and health."""
        return tuple(desk.refreshed() for desk in self._desks)

    async def run(self) -> None:
        """Tell everybody until `stop` is called or the task is cancelled."""
        if self._stopped:
            return
        self._tasks = [asyncio.create_task(desk.serve()) for desk in self._desks]
        try:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            await self.stop()

    async def stop(self) -> None:
        """End within moments."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for desk in self._desks:
            await desk.close()


class Desk:
    """One receiver: what was tried, and how it fares."""

    def __init__(self, deal: Deal, jobs: Jobs, now: Callable[[], int], patience: Patience) -> None:
        self._deal, self._jobs, self._now, self._patience = deal, jobs, now, patience
        self._breaker = Breaker(patience)
        self._tries: dict[_Key, _Try] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self.stats = Stats(deal.receiver.name, deal.receiver.kind)

    def refreshed(self) -> Stats:
        """The counters with what is true at this moment."""
        self.stats.breaker = self._breaker.state(time.monotonic())
        return self.stats

    async def serve(self) -> None:
        """Look and send until cancelled."""
        while True:
            try:
                self._look()
            except Exception:
                # One bug must not leave people uninformed of all that comes later.
                _log.exception("telling a receiver failed", receiver=self.stats.receiver)
            await asyncio.sleep(self._patience.poll)

    async def close(self) -> None:
        """End what is under way."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self._deal.way.close()

    def _look(self) -> None:
        now, name = time.monotonic(), self._deal.receiver.name
        shown: set[_Key] = set()
        due: list[tuple[MessageSource, bytes, Notice]] = []
        for job in self._jobs():
            for key, notice in job.due(name):
                shown.add((key, notice.mark))
                if self._prepared(job, key, notice) and self._is_due(key, notice, now):
                    due.append((job, key, notice))
        self._forget(shown)
        self.stats.pending = sum(not each.settled for each in self._tries.values())
        room = self._breaker.room(now) - len(self._sending)
        for job, key, notice in due[: max(0, room)]:
            self._begin(job, key, notice, now)

    def _prepared(self, job: MessageSource, key: bytes, notice: Notice) -> bool:
        """Whether it may be sent as far as the job and the calendar are concerned."""
        states = self._deal.receiver.states
        if states and notice.kind not in states:
            if not self._attempt(key, notice).settled:
                self._attempt(key, notice).settled = True
                job.taken(key, notice.receiver, notice.mark)
            return False
        known = (key, notice.mark) in self._tries
        if not known and not notice.may_go(self._now()):
            return False
        if not notice.begun:
            job.begin(key, notice.receiver, notice.mark)
        return notice.begun

    def _is_due(self, key: bytes, notice: Notice, now: float) -> bool:
        tried = self._attempt(key, notice)
        return not (tried.settled or tried.under_way) and tried.next_at <= now

    def _attempt(self, key: bytes, notice: Notice) -> _Try:
        return self._tries.setdefault((key, notice.mark), _Try(time.monotonic()))

    def _forget(self, shown: set[_Key]) -> None:
        for each in self._tries.keys() - shown:
            tried = self._tries[each]
            if not tried.under_way:
                self.stats.superseded += not tried.settled
                del self._tries[each]

    def _begin(self, job: MessageSource, key: bytes, notice: Notice, now: float) -> None:
        tried = self._attempt(key, notice)
        tried.under_way, tried.attempts = True, tried.attempts + 1
        self.stats.retried += tried.attempts > 1
        task = asyncio.create_task(self._send(job, key, notice, tried))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, job: MessageSource, key: bytes, notice: Notice, tried: _Try) -> None:
        try:
            outcome = await self._deal.way.send(self._message(key, notice), self._now())
        except Exception as error:
            # Without a traceback: what stands in its frames may be a secret.
            outcome = Outcome(False, f"{type(error).__name__}: {error}", permanent=True)
        finally:
            tried.under_way = False
        self._settle(job, key, notice, (tried, outcome))

    def _settle(
        self, job: MessageSource, key: bytes, notice: Notice, result: tuple[_Try, Outcome]
    ) -> None:
        (tried, outcome), now = result, time.monotonic()
        if outcome.ok:
            self._breaker.succeeded()
            self.stats.sent += 1
            self.stats.last_ok_ms, tried.settled = self._now(), True
            job.taken(key, notice.receiver, notice.mark)
            return
        self._failed(notice, outcome, now)
        spent = now - tried.began >= self._patience.budget
        if outcome.permanent or spent or tried.attempts >= self._patience.attempts:
            self._give_up(job, key, notice, Failure(
                GAVE_UP[not outcome.permanent], outcome.problem, tried.attempts
            ))  # fmt: skip
            tried.settled = True
        else:
            wait = pause(self._patience, tried.attempts, outcome.retry_after, uniform)
            tried.next_at = now + wait

    def _failed(self, notice: Notice, outcome: Outcome, now: float) -> None:
        before = self._breaker.state(now)
        self.stats.failed += 1
        self._breaker.succeeded() if outcome.permanent else self._breaker.failed(now)
        words = {"receiver": notice.receiver, "alert": notice.view.alert}
        _log.info("notification failed", problem=outcome.problem, **words)
        if before == "closed" and self._breaker.state(now) == "open":
            _log.warning("receiver does not answer", problem=outcome.problem, **words)

    def _give_up(self, job: MessageSource, key: bytes, notice: Notice, failure: Failure) -> None:
        self.stats.given_up += 1
        _log.error(
            "notification given up", receiver=notice.receiver, alert=notice.view.alert,
            kind=notice.kind, code=failure.code, problem=failure.problem,
        )  # fmt: skip
        job.given_up(key, notice, failure)

    def _message(self, key: bytes, notice: Notice) -> Message:
        facts = facts_of(notice.view, notice.kind, notice.identity)
        links = self._links(key, notice)
        words = self._deal.texts.write(facts, links)
        return Message(notice.identity, notice.view.alert, notice.kind, facts, words, links)

    def _links(self, key: bytes, notice: Notice) -> Mapping[str, str]:
        deal = self._deal
        if deal.links is None or not deal.wall or notice.view.resolved:
            return {}
        ends = notice.view.told_at + LIFETIME
        click = Click("", key.decode(), notice.view.alert, notice.receiver, ends)
        return addresses(deal.links, deal.wall, click)
