"""Alertmanager under test: a notifier at work, what Alertmanager shows, and whom it notifies."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from stream_app.adapters.alertmanager import AlertSource, Notifier
from stream_app.adapters.alertmanager_leases import Pace
from stream_app.adapters.clock import now_ms
from tests.support.servers import Server
from tests.support.wait import eventually_async

QUICK = Pace(poll=0.05, resend=1_000, farewell=5_000, timeout=2.0)
CONFIG = """
route: {{receiver: test, group_by: [alertname, tenant, channel], group_wait: 0s,
  group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: test, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""


@asynccontextmanager
async def notifying(
    jobs: Iterable[AlertSource], *urls: str, pace: Pace = QUICK
) -> AsyncIterator[Notifier]:
    """A worker's notifier at work; leaving is a worker that has gone away."""
    jobs = list(jobs)
    notifier = Notifier(lambda: jobs, urls, now_ms, pace)
    task = asyncio.create_task(notifier.run())
    try:
        yield notifier
    finally:
        await notifier.stop()
        await asyncio.wait_for(task, 5)


class Receiver:
    """Where Alertmanager sends its notifications: which alerts, in which state, how often."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.heard += [(a["labels"].get("ticket_ref", ""), a["status"]) for a in body["alerts"]]
        return web.Response()

    def times(self, status: str) -> int:
        return sum(1 for _, found in self.heard if found == status)


async def active(server: Server) -> list[dict[str, Any]]:
    """What Alertmanager holds to be firing."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{server.url}/api/v2/alerts") as answer,
    ):
        found: list[dict[str, Any]] = await answer.json()
        return found


async def shows(server: Server, count: int) -> list[dict[str, Any]]:
    """Wait until exactly so many alerts are active."""

    async def enough() -> list[dict[str, Any]] | bool:
        found = await active(server)
        return found if len(found) == count else False

    found = await eventually_async(enough, 15, what=f"{count} active alerts")
    assert isinstance(found, list)
    return found


async def shows_none(server: Server) -> None:
    await eventually_async(lambda: _is_empty(server), 15, what="no active alert")


async def _is_empty(server: Server) -> bool:
    return not await active(server)
