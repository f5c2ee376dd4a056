"""One receiver of messages: what was tried, what is due now, and how the receiver fares.

The steps stand in `stream_app.adapters.notify.messenger`; what is due to whom in
`stream_app.domain.notices` and `summary_notices`.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from random import uniform
from typing import Final, NamedTuple, Protocol

import structlog

from schemas.alert_rows import Summed
from stream_app.adapters.metrics.notifications import Stats
from stream_app.adapters.notify.lookout import Lookout
from stream_app.adapters.notify.message import Message, Way
from stream_app.adapters.notify.patience import Breaker, Outcome, Patience, pause
from stream_app.domain.alert_facts import facts_of
from stream_app.domain.alert_view import Summary
from stream_app.domain.notices import Notice
from stream_app.domain.policy import Receiver
from stream_app.domain.summary_notices import Part, summary_key, summary_notice, summed
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

    @property
    def version(self) -> int: ...
    def due(self, receiver: str) -> Iterable[tuple[bytes, Notice]]: ...
    def begin(self, key: bytes, receiver: str, mark: str) -> None: ...
    def taken(self, key: bytes, receiver: str, mark: str) -> None: ...
    def given_up(self, key: bytes, notice: Notice, failure: Failure) -> None: ...
    def parts(self, receiver: str) -> Iterable[Part]: ...
    def sum_taken(self, summary: Summary, mark: Summed | None) -> None: ...


class Due(NamedTuple):
    """A notice with whom to tell what became of it."""

    key: bytes
    notice: Notice
    begin: Callable[[], None]
    taken: Callable[[], None]
    given_up: Callable[[Failure], None]

    @property
    def id(self) -> tuple[bytes, str]:
        """What tells it from all others of its receiver."""
        return (self.key, self.notice.mark)


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


class Desk:
    """One receiver: what was tried, and how it fares."""

    def __init__(self, deal: Deal, jobs: Jobs, now: Callable[[], int], patience: Patience) -> None:
        self._deal, self._jobs, self._now, self._patience = deal, jobs, now, patience
        self._breaker = Breaker(patience)
        self._tries: dict[_Key, _Try] = {}
        self._lookout = Lookout(patience.poll)
        self._waiting: deque[Due] = deque()  # found by the last look, for the next free place
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
                if self._lookout.is_due([job.version for job in self._jobs()]):
                    self._look()
                    self._lookout.looked()
            except Exception:
                # One bug must not leave people uninformed of all that comes later.
                _log.exception("telling a receiver failed", receiver=self.stats.receiver)
            await asyncio.sleep(self._lookout.nap)

    async def close(self) -> None:
        """End what is under way."""
        self._waiting.clear()
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self._deal.way.close()

    def _look(self) -> None:
        now = time.monotonic()
        jobs = list(self._jobs())
        shown = [*self._singles(jobs), *self._summaries(jobs)]
        due = [each for each in shown if self._prepared(each) and self._is_due(each, now)]
        self._forget({each.id for each in shown})
        self.stats.pending = len(self._tries)
        self._waiting = deque(due)
        self._fill()

    def _fill(self) -> None:
        """Send what waits as far as there is room; each end of a request makes room for the next."""
        now = time.monotonic()
        while self._waiting and self._breaker.room(now) > len(self._sending):
            due = self._waiting.popleft()
            if self._is_due(due, now):
                self._begin(due)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._fill()

    def _singles(self, jobs: Iterable[MessageSource]) -> Iterator[Due]:
        for job in jobs:
            for key, notice in job.due(self._deal.receiver.name):
                which = (key, notice.receiver, notice.mark)
                yield Due(
                    key,
                    notice,
                    partial(job.begin, *which),
                    partial(job.taken, *which),
                    partial(job.given_up, key, notice),
                )

    def _summaries(self, jobs: Iterable[MessageSource]) -> Iterator[Due]:
        receiver, held = self._deal.receiver, dict[Summary, list[tuple[MessageSource, Part]]]()
        for job in jobs:
            for part in job.parts(receiver.name):
                held.setdefault(part.summary, []).append((job, part))
        for summary, found in held.items():
            parts = [part for _, part in found]
            notice = summary_notice(parts, receiver.calendar, self._now())
            if notice is not None:
                key = summary_key(summary)
                taken = partial(self._summed, summary, notice, [job for job, _ in found])
                letter = partial(self._sum_given_up, taken, found[0][0], key, notice)
                yield Due(key, notice, lambda: None, taken, letter)

    def _summed(self, summary: Summary, notice: Notice, jobs: Iterable[MessageSource]) -> None:
        mark = summed(summary, notice, self._now())
        for job in jobs:
            job.sum_taken(summary, mark)

    @staticmethod
    def _sum_given_up(
        taken: Callable[[], None], job: MessageSource, key: bytes, notice: Notice, failure: Failure
    ) -> None:
        job.given_up(key, notice, failure)
        taken()

    def _prepared(self, due: Due) -> bool:
        """Whether it may be sent as far as the job and the calendar are concerned."""
        states, notice = self._deal.receiver.states, due.notice
        if states and notice.kind not in states:
            if not self._attempt(due).settled:
                self._attempt(due).settled = True
                due.taken()
            return False
        if due.id not in self._tries and not notice.may_go(self._now()):
            return False
        if not notice.begun:
            due.begin()
        return notice.begun

    def _is_due(self, due: Due, now: float) -> bool:
        tried = self._attempt(due)
        return not (tried.settled or tried.under_way) and tried.next_at <= now

    def _attempt(self, due: Due) -> _Try:
        return self._tries.setdefault(due.id, _Try(time.monotonic()))

    def _forget(self, shown: set[_Key]) -> None:
        for each in self._tries.keys() - shown:
            tried = self._tries[each]
            if not tried.under_way:
                self.stats.superseded += not tried.settled
                del self._tries[each]

    def _begin(self, due: Due) -> None:
        tried = self._attempt(due)
        tried.under_way, tried.attempts = True, tried.attempts + 1
        self.stats.retried += tried.attempts > 1
        task = asyncio.create_task(self._send(due, tried))
        self._sending.add(task)
        task.add_done_callback(self._ended)

    async def _send(self, due: Due, tried: _Try) -> None:
        try:
            outcome = await self._deal.way.send(self._message(due.key, due.notice), self._now())
        except Exception as error:
            # Without a traceback: what stands in its frames may be a secret.
            outcome = Outcome(False, f"{type(error).__name__}: {error}", permanent=True)
        finally:
            tried.under_way = False
        self._settle(due, tried, outcome)

    def _settle(self, due: Due, tried: _Try, outcome: Outcome) -> None:
        now = time.monotonic()
        if outcome.ok:
            self._breaker.succeeded()
            self.stats.sent += 1
            self.stats.last_ok_ms, tried.settled = self._now(), True
            due.taken()
            return
        self._failed(due.notice, outcome, now)
        spent = now - tried.began >= self._patience.budget
        if outcome.permanent or spent or tried.attempts >= self._patience.attempts:
            code = GAVE_UP[not outcome.permanent]
            self._give_up(due, Failure(code, outcome.problem, tried.attempts))
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

    def _give_up(self, due: Due, failure: Failure) -> None:
        notice = due.notice
        self.stats.given_up += 1
        _log.error(
            "notification given up", receiver=notice.receiver, alert=notice.view.alert,
            kind=notice.kind, code=failure.code, problem=failure.problem,
        )  # fmt: skip
        due.given_up(failure)

    def _message(self, key: bytes, notice: Notice) -> Message:
        facts = facts_of(notice.view, notice.kind, notice.identity)
        links = self._links(key, notice)
        words = self._deal.texts.write(facts, links)
        return Message(notice.identity, notice.view.alert, notice.kind, facts, words, links)

    def _links(self, key: bytes, notice: Notice) -> Mapping[str, str]:
        deal = self._deal
        told_together = notice.view.subject.get("kind") == "summary"
        if deal.links is None or not deal.wall or notice.view.resolved or told_together:
            return {}
        ends = notice.view.told_at + LIFETIME
        click = Click("", key.decode(), notice.view.alert, notice.receiver, ends)
        return addresses(deal.links, deal.wall, click)
