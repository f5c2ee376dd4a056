"""Looks at the worker once a second and shows what goes on."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import aiohttp
from rich.console import Console
from rich.live import Live

from stream_app.adapters.clock import now_ms
from stream_app.cli.output import console
from stream_app.demo.alerts import AlertFeed, Line
from stream_app.demo.figures import Figures, read
from stream_app.demo.screen import Picture, draw, hint, introduction, plain, plain_alert
from stream_app.demo.stage import Plan, Stage

_PLAIN_EVERY = 5.0  # seconds between lines; a terminal gets a new picture every second
_MOST_ALERT_LINES = 3  # of one second, where lines scroll by


class Show:
    """What has been seen so far."""

    def __init__(self, plan: Plan, console: Console, history_ms: int) -> None:
        self._plan = plan
        self._console = console
        self._began = time.monotonic()
        self._live_from = now_ms() / 1000
        self._history_from = self._live_from - history_ms / 1000
        self._figures = Figures()
        self._looked = self._began
        self._rate = 0.0
        self._printed = 0.0
        self._phase = ""
        self._hinted = False

    def addresses(self, stage: Stage) -> list[tuple[str, str]]:
        """What to open, and where things are."""
        kind = "Kafka" if self._plan.broker else "embedded, in memory"
        return [
            ("wall", f"{self._plan.wall}/"),
            ("metrics", f"{self._plan.url}/metrics   (for Prometheus)"),
            ("broker", f"{stage.settings.broker}   ({kind})"),
            ("logs", str(self._plan.home)),
        ]

    async def run(self, stage: Stage, feed: AlertFeed) -> None:
        """Look and show, once a second, for ever."""
        addresses = self.addresses(stage)
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            if not self._console.is_terminal:
                introduction(self._console, addresses)
                while True:
                    self._print(await self._look(session, feed, addresses))
                    await asyncio.sleep(1)
            with Live(console=self._console, auto_refresh=False, transient=False) as screen:
                while True:
                    picture, _ = await self._look(session, feed, addresses)
                    screen.update(draw(picture), refresh=True)
                    await asyncio.sleep(1 if self._figures.events else 0.2)

    async def _look(
        self,
        session: aiohttp.ClientSession,
        feed: AlertFeed,
        addresses: Sequence[tuple[str, str]],
    ) -> tuple[Picture, list[Line]]:
        with suppress(aiohttp.ClientError, TimeoutError):  # it is starting, or very busy
            async with session.get(f"{self._plan.url}/metrics") as response:
                self._take(read(await response.text()))
        fresh = await feed.poll()
        picture = Picture(
            time.monotonic() - self._began,
            self._say_phase(),
            self._rate,
            self._figures,
            tuple(feed.newest),
            feed.count,
            addresses,
            self._plan.url,
        )
        return picture, fresh

    def _take(self, figures: Figures) -> None:
        now = time.monotonic()
        passed = max(now - self._looked, 0.001)
        rate = (figures.events - self._figures.events) / passed
        self._rate = rate if self._figures.events == 0 else 0.7 * self._rate + 0.3 * rate
        self._figures, self._looked = figures, now

    def _say_phase(self) -> str:
        figures = self._figures
        if not figures.watermarks:
            return "starting"
        if figures.live:
            return "live"
        done = figures.history_done(self._history_from, self._live_from)
        return f"history {done:.0%}"

    def _print(self, seen: tuple[Picture, list[Line]]) -> None:
        """Plain lines: every few seconds, and when something begins."""
        picture, fresh = seen
        for line in fresh[:_MOST_ALERT_LINES]:
            self._say(plain_alert(line))
        if len(fresh) > _MOST_ALERT_LINES:
            self._say(f"… and {len(fresh) - _MOST_ALERT_LINES} more alerts began to fire")
        if fresh and not self._hinted:
            self._say(f"try: {hint(picture)}")
            self._hinted = True
        began = picture.phase.split()[0] != self._phase
        if began or picture.seconds - self._printed >= _PLAIN_EVERY:
            self._say(plain(picture))
            self._phase, self._printed = picture.phase.split()[0], picture.seconds

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


async def watch(plan: Plan, stage: Stage, history_ms: int) -> None:
    """Show what goes on until cancelled."""
    async with AlertFeed(stage.settings) as feed:
        await Show(plan, console(), history_ms).run(stage, feed)
