"""Keeps every Alertmanager informed of the alerts of this worker (API v2, `POST /api/v2/alerts`).

Beside the event path, never in it: it reads what the jobs have committed, each Alertmanager has a
task of its own, every request has a deadline, and a failure only delays what that Alertmanager hears.
Every instance of a list is told, never a load balancer in front of them. What is told when stands in
`stream_app.adapters.alertmanager_leases`, what it looks like in `alertmanager_payload`.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import uniform
from typing import Any, Final, Protocol

import aiohttp
import msgspec
import structlog
from yarl import URL

from stream_app.adapters.alertmanager_leases import Leases, Pace
from stream_app.adapters.alertmanager_payload import Push, push_of, push_of_summary
from stream_app.adapters.metrics.notifications import Stats
from stream_app.adapters.notify.lookout import Lookout
from stream_app.domain.alert_view import AlertView, Sum, Summary
from stream_app.errors import UserError

_log = structlog.stdlib.get_logger("pegel.alertmanager")
_PATH: Final = "api/v2/alerts"
_LONGEST_PAUSE: Final = 30.0
_AT_FAULT: Final = frozenset(
    {400, 413, 422}
)  # what was sent is at fault, not the way or the server
_HEADERS: Final = {"content-type": "application/json"}

Batch = Sequence[tuple[Push, dict[str, Any]]]


class AlertSource(Protocol):
    """A job of the alerts agent, as far as it concerns sinks."""

    @property
    def version(self) -> int: ...
    def notifiable(self) -> Iterable[AlertView]: ...
    def summaries(self) -> Iterable[tuple[Summary, Sum]]: ...


@dataclass(slots=True)
class InstanceStats:
    """What became of the pushes to one Alertmanager. `url` is without credentials."""

    url: str
    pushed: int = 0  # alerts taken, resends included
    failed: int = 0  # alerts in requests that failed, retries included
    refused: int = 0  # alerts that Alertmanager will never take
    last_ok_ms: int = 0
    reachable: bool = True


class Notifier:
    """One for each worker. `run` until `stop`; stopping resolves nothing, for others go on."""

    def __init__(
        self,
        jobs: Callable[[], Iterable[AlertSource]],
        urls: Sequence[str],
        clock: Callable[[], int],
        pace: Pace | None = None,
    ) -> None:
        self._jobs, self._clock, self._pace = jobs, clock, pace or Pace()
        self._instances = [_Instance(endpoint(url), self._pace) for url in dict.fromkeys(urls)]
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def stats(self) -> tuple[InstanceStats, ...]:
        """Counters per Alertmanager, for metrics and health."""
        return tuple(instance.stats for instance in self._instances)

    def notifications(self) -> Iterator[Stats]:
        """The same in the form of all receivers; an Alertmanager is known by its address."""
        for instance in self._instances:
            stats = instance.stats
            address = URL(stats.url).authority
            yield Stats(
                address, "alertmanager", stats.pushed, stats.failed, given_up=stats.refused,
                breaker="closed" if stats.reachable else "open", last_ok_ms=stats.last_ok_ms,
            )  # fmt: skip

    async def run(self) -> None:
        """Keep all Alertmanagers informed until `stop` is called or the task is cancelled."""
        timeout = aiohttp.ClientTimeout(total=self._pace.timeout)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            self._tasks = [
                asyncio.create_task(self._keep_informed(instance, session))
                for instance in self._instances
            ]
            try:
                await asyncio.gather(*self._tasks, return_exceptions=True)
            finally:
                await self.stop()

    async def stop(self) -> None:
        """End within moments; leases stay, so that the next owner of the alerts goes on seamlessly."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_informed(self, instance: "_Instance", session: aiohttp.ClientSession) -> None:
        while True:
            try:
                if instance.lookout.is_due([job.version for job in self._jobs()]):
                    pushes = self._pushes()
                    instance.lookout.looked()
                    await instance.tell(session, pushes, self._clock)
            except Exception:
                # One bug must not leave people uninformed of all that comes later.
                _log.exception("telling Alertmanager failed", url=instance.stats.url)
                instance.failures += 1
            await asyncio.sleep(instance.pause())

    def _pushes(self) -> list[Push]:
        """All that this worker has to tell now; summaries of its partitions are added up."""
        now = self._clock()
        pushes: dict[tuple[str, str], Push] = {}
        totals: dict[Summary, Sum] = {}
        for job in self._jobs():
            for view in job.notifiable():
                key = (view.alert, str(view.step))
                if view.is_out(now) and (key not in pushes or not view.resolved):
                    pushes[key] = push_of(view)
            for summary, part in job.summaries():
                known = totals.get(summary)
                totals[summary] = part if known is None else known.plus(part)
        told = ((s, total) for s, total in totals.items() if total.is_out(s.severity, now))
        return [*pushes.values(), *(push_of_summary(*each, now) for each in told)]


class _Instance:
    """One Alertmanager: what it has been told, and how it fares."""

    def __init__(self, url: URL, pace: Pace) -> None:
        self.failures = 0
        self.stats = InstanceStats(str(url.with_user(None).with_password(None)))
        self.lookout = Lookout(pace.poll)
        self._url, self._pace = url, pace
        self._leases = Leases(pace)

    def pause(self) -> float:
        """Until the next look: short while all is well, longer with every failure, never in step."""
        if not self.failures:
            return self.lookout.nap
        longest = min(_LONGEST_PAUSE, self._pace.poll * 2 ** min(self.failures, 10))
        return uniform(longest / 2, longest)

    async def tell(
        self, session: aiohttp.ClientSession, pushes: Iterable[Push], clock: Callable[[], int]
    ) -> None:
        """Send what is due, in requests of bounded size, until one fails."""
        due = self._leases.due(pushes, clock())
        for start in range(0, len(due), self._pace.batch):
            if not await self._send(session, due[start : start + self._pace.batch], clock):
                return

    async def _send(
        self, session: aiohttp.ClientSession, batch: Batch, clock: Callable[[], int]
    ) -> bool:
        status, problem = await self._post(session, [body for _, body in batch])
        if (
            status in _AT_FAULT and len(batch) > 1
        ):  # one of them is at fault: find it, tell the others
            half = len(batch) // 2
            first = await self._send(session, batch[:half], clock)
            return await self._send(session, batch[half:], clock) and first
        if status in _AT_FAULT:
            self._refused(batch[0][0], problem)
        elif status // 100 != 2:
            self._failed(len(batch), problem or f"HTTP {status}")
            return False
        else:
            self.stats.pushed += len(batch)
            self._recovered(clock())
        self._leases.taken((push for push, _ in batch), clock())
        return True

    async def _post(
        self, session: aiohttp.ClientSession, bodies: list[dict[str, Any]]
    ) -> tuple[int, str]:
        data = msgspec.json.encode(bodies)
        try:
            async with session.post(
                self._url, data=data, headers=_HEADERS, allow_redirects=False
            ) as answer:
                text = "" if answer.ok else (await answer.text(errors="replace"))[:200]
                return answer.status, text
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, f"{type(error).__name__}: {error}"

    def _refused(self, push: Push, problem: str) -> None:
        self.stats.refused += 1
        _log.error("alert refused", url=self.stats.url, alert=push.key[0], problem=problem)

    def _failed(self, count: int, problem: str) -> None:
        self.stats.failed += count
        self.failures += 1
        if self.stats.reachable:
            _log.warning("Alertmanager does not answer", url=self.stats.url, problem=problem)
            self.stats.reachable = False
        self._leases.lost()

    def _recovered(self, now: int) -> None:
        if not self.stats.reachable:
            _log.info("Alertmanager answers again", url=self.stats.url)
        self.failures, self.stats.reachable, self.stats.last_ok_ms = 0, True, now


def endpoint(text: str) -> URL:
    """Where alerts are pushed to. Raises UserError for what is no address."""
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise UserError(
            f"{text!r} is no address of an Alertmanager",
            "give each one as http://host:9093 in PEGEL_ALERTMANAGER_URLS",
        )
    return url if url.path.endswith(_PATH) else url / _PATH
