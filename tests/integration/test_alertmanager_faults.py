"""The notifier against Alertmanagers that misbehave in ways the real one does only rarely."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from schemas.instants import format_ms
from stream_app.adapters.alertmanager import AlertSource, Notifier
from stream_app.adapters.alertmanager_leases import Pace
from stream_app.domain.alert_view import AlertView, Sum, Summary
from tests.support.alerts import DAY, T0, Partition, policy, rule, signal
from tests.support.wait import eventually_async
from tests.support.webhooks import SHUT

QUICK = Pace(poll=0.02, resend=60_000, timeout=0.5, batch=4)
Answer = Callable[[list[dict[str, Any]]], Awaitable[int]]


@asynccontextmanager
async def pretending(answer: Answer) -> AsyncIterator[str]:
    """An HTTP server that answers each push with the status that `answer` gives."""

    async def take(request: web.Request) -> web.Response:
        return web.Response(status=await answer(await request.json()))

    app = web.Application()
    app.router.add_post("/api/v2/alerts", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def notifying(
    job: AlertSource, *urls: str, now: Callable[[], int] = lambda: T0 + 100
) -> AsyncIterator[Notifier]:
    notifier = Notifier(lambda: [job], urls, now, QUICK)
    task = asyncio.create_task(notifier.run())
    try:
        yield notifier
    finally:
        await notifier.stop()
        await asyncio.wait_for(task, 5)


def ten() -> Partition:
    return Partition().feed(*[signal(True, n, n, conversation=f"T-{n}") for n in range(10)])


async def test_the_one_at_fault_is_found_and_the_others_are_told() -> None:
    taken: set[str] = set()

    async def picky(alerts: list[dict[str, Any]]) -> int:
        names = {alert["labels"]["ticket_ref"] for alert in alerts}
        if "zendesk/acme/T-6" in names:
            return 422
        taken.update(names)
        return 200

    async with pretending(picky) as url, notifying(ten().job, url) as notifier:
        await eventually_async(lambda: len(taken) == 9 and notifier.stats[0].refused == 1)
        assert notifier.stats[0].failed == 0


async def test_a_server_error_is_tried_again_until_it_is_over() -> None:
    calls = 0

    async def recovering(_alerts: list[dict[str, Any]]) -> int:
        nonlocal calls
        calls += 1
        return 503 if calls <= 3 else 200

    async with pretending(recovering) as url, notifying(ten().job, url) as notifier:
        await eventually_async(lambda: notifier.stats[0].pushed == 10)
        assert notifier.stats[0].failed == 3 * QUICK.batch
        assert notifier.stats[0].reachable


async def test_a_redirect_is_not_followed() -> None:
    async def moved(_alerts: list[dict[str, Any]]) -> int:
        return 302

    async with pretending(moved) as url, notifying(ten().job, url) as notifier:
        await eventually_async(lambda: notifier.stats[0].failed > 0)
        assert notifier.stats[0].pushed == 0


async def test_a_hanging_server_costs_no_more_than_the_timeout_and_stopping_does_not_wait() -> None:
    async def hanging(_alerts: list[dict[str, Any]]) -> int:
        await asyncio.Event().wait()
        return 200

    async with pretending(hanging) as url:
        async with notifying(ten().job, url) as notifier:
            await eventually_async(lambda: notifier.stats[0].failed > 0, 5)
            begun = time.monotonic()
        assert time.monotonic() - begun < 1


async def test_a_job_that_raises_does_not_end_the_notifications() -> None:
    partition, broken = ten(), True

    class Job:
        version = 0

        def notifiable(self) -> list[AlertView]:
            if broken:
                raise RuntimeError("a bug")
            return list(partition.job.notifiable())

        def summaries(self) -> list[tuple[Summary, Sum]]:
            return []

    async def fine(_alerts: list[dict[str, Any]]) -> int:
        return 200

    async with pretending(fine) as url, notifying(Job(), url) as notifier:
        await asyncio.sleep(0)
        broken = False
        await eventually_async(lambda: notifier.stats[0].pushed == 10)


async def test_below_critical_nothing_is_pushed_while_the_receiver_is_closed() -> None:
    now, firing, ended = T0 + 100, set[str](), set[str]()

    async def take(alerts: list[dict[str, Any]]) -> int:
        for alert in alerts:
            known = ended if alert["endsAt"] <= format_ms(now) else firing
            known.add(alert["labels"]["ticket_ref"].rpartition("/")[2])
        return 200

    rules = policy(rule(), rule("grave", severity="critical"), calendar=SHUT)
    partition = Partition(rules).feed(
        signal(True, 0, 1, conversation="waits"),
        signal(True, 0, 1, conversation="over"),
        signal(True, 0, 1, conversation="T-3", rule="grave"),
    )
    async with (
        pretending(take) as url,
        notifying(partition.job, url, now=lambda: now) as notifier,
    ):
        await eventually_async(lambda: firing == {"T-3"})
        partition.feed(signal(False, 60, 2, conversation="over"))
        told = notifier.stats[0].pushed
        now = T0 - T0 % DAY + DAY  # the next midnight, when it opens
        await eventually_async(lambda: notifier.stats[0].pushed > told and "waits" in firing)
    assert (firing, ended & {"waits", "T-3"}) == ({"T-3", "waits"}, set())


async def test_what_is_new_is_told_though_no_poll_is_due() -> None:
    taken: set[str] = set()

    async def take(alerts: list[dict[str, Any]]) -> int:
        taken.update(alert["labels"]["ticket_ref"].rpartition("/")[2] for alert in alerts)
        return 200

    partition = Partition().feed(signal(True, 1, 1))
    async with pretending(take) as url:
        notifier = Notifier(lambda: [partition.job], [url], lambda: T0 + 100, Pace(poll=60.0))
        task = asyncio.create_task(notifier.run())
        await eventually_async(lambda: taken == {"T-1"})
        partition.feed(signal(True, 2, 1, conversation="T-2"))
        await eventually_async(lambda: taken == {"T-1", "T-2"})
        await notifier.stop()
        await asyncio.wait_for(task, 5)


async def test_without_any_address_there_is_nothing_to_run() -> None:
    await asyncio.wait_for(Notifier(list, [], lambda: T0).run(), 1)
