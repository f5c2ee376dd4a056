"""Tells each receiver what it has to hear, and hands back what it has taken.

For each receiver one task, which knows nothing of the others:
1. Look at what the alerts jobs of this worker have committed and this receiver has not taken.
2. What its calendar allows and has not been begun is begun: the job writes that down, and shows it
   again when it is durable.
3. What is begun and whose pause is over is sent, a few at a time, as the breaker allows; each end of a
   request makes room for the next. It looks again when something new is shown, or after a poll.
4. What it took is handed to the job as taken; what nobody can send, or not within the budget, as
   given up, which the job writes to the dead-letter topic.
The tables are the queue: only the newest state of an alert is in them, so a receiver that was away
hears that and not all that came before. After a takeover the new owner goes on where this one was.
"""

import asyncio
from collections.abc import Callable, Iterable

from stream_app.adapters.metrics.notifications import Stats
from stream_app.adapters.notify.desk import Deal, Desk, Jobs
from stream_app.adapters.notify.patience import Patience


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
