"""Receivers that are slow, down, forbidden or cannot be told: nobody else is kept waiting, nothing is lost."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from stream_app.domain.policy import Receiver
from tests.support.alerts import Partition, command, signal, subject
from tests.support.webhooks import (
    QUICK,
    deal,
    listening,
    messaging,
    telling,
    webhook,
)


def one(receiver: Receiver, **more: Any) -> Partition:
    where = subject(url="https://desk.example/T-1")
    return Partition(telling(receiver)).feed(signal(True, 0, 1, subject=where, **more))


async def test_a_receiver_that_hangs_delays_neither_the_others_nor_the_job() -> None:
    async def never(_count: int) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with listening(never) as slow, listening() as quick:
        hanging = webhook(slow.url, "hanging", timeout=200)
        fine = webhook(quick.url, "fine")
        partition = Partition(telling(hanging, fine))
        partition.feed(*[signal(True, n, n, conversation=f"T-{n}") for n in range(1, 21)])
        patience = replace(QUICK, rest=60.0)
        async with messaging(partition, deal(hanging), deal(fine), patience=patience) as running:
            await running.quiet("fine")
            assert len(quick.bodies) == 20
            assert len(slow.bodies) < QUICK.parallel + QUICK.trips  # then its breaker is open
            await running.until(lambda: running.messenger.notifications()[0].failed > 0)
            begun = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - begun < 2


async def test_a_receiver_that_is_down_opens_its_breaker_and_a_probe_closes_it() -> None:
    down = True

    async def answer(_count: int) -> web.Response:
        return web.Response(status=500 if down else 200)

    async with listening(answer) as hook:
        receiver = webhook(hook.url)
        partition = Partition(telling(receiver))
        partition.feed(*[signal(True, n, n, conversation=f"T-{n}") for n in range(1, 11)])
        patience = replace(QUICK, attempts=10_000, rest=0.3, longest=0.3)
        async with messaging(partition, deal(receiver), patience=patience) as running:
            await running.until(lambda: running.messenger.notifications()[0].breaker == "open")
            assert len(hook.bodies) < 10 + QUICK.parallel
            down = False
            await running.quiet()
            [stats] = running.messenger.notifications()
    assert (stats.breaker, stats.sent, stats.given_up) == ("closed", 10, 0)


async def test_a_receiver_that_was_away_hears_the_newest_state_only() -> None:
    down = True

    async def answer(_count: int) -> web.Response:
        return web.Response(status=500 if down else 200)

    async with listening(answer) as hook:
        receiver = webhook(hook.url)
        partition = one(receiver)
        patience = replace(QUICK, attempts=10_000, trips=10_000)
        async with messaging(partition, deal(receiver), patience=patience) as running:
            await running.until(lambda: len(hook.bodies) >= 2)
            partition.feed(command("acknowledge", partition.alerts[-1].alert, 50))
            partition.feed(signal(False, 60, 2))
            await running.until(lambda: running.messenger.notifications()[0].superseded > 0)
            hook.bodies.clear()
            down = False
            await running.quiet()
    assert hook.kinds[-1] == "resolved"
    assert "acknowledged" not in hook.kinds


async def test_what_is_refused_goes_to_the_dead_letters_with_its_reason_and_is_not_tried_again() -> (
    None
):
    async def refused(_count: int) -> web.Response:
        return web.Response(status=400, text="no such channel")

    async with listening(refused) as hook:
        receiver = webhook(hook.url)
        partition = one(receiver)
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
            partition.start()
            await running.quiet()
    assert len(hook.bodies) == 1
    [letter] = [out for out in partition.written if out.topic.endswith(".dlq")]
    headers = dict(letter.headers)
    assert letter.topic == "engagement.alert.v1.dlq"
    assert headers["dlq.error.code"] == b"notification_refused"
    assert headers["dlq.error.path"] == b"receivers.support"
    assert headers["dlq.error.message"] == b"HTTP 400 no such channel"
    assert headers["dlq.notification.id"] == hook.ids[0].encode()


async def test_a_budget_that_is_spent_ends_in_the_dead_letters() -> None:
    async def broken(_count: int) -> web.Response:
        return web.Response(status=500)

    async with listening(broken) as hook:
        receiver = webhook(hook.url)
        partition = one(receiver)
        patience = replace(QUICK, attempts=3)
        async with messaging(partition, deal(receiver), patience=patience) as running:
            await running.quiet()
    assert len(hook.bodies) == 3
    [letter] = [out for out in partition.written if out.topic.endswith(".dlq")]
    assert dict(letter.headers)["dlq.error.code"] == b"notification_exhausted"
    assert dict(letter.headers)["dlq.notification.attempts"] == b"3"


async def test_retry_after_is_honoured() -> None:
    times: list[float] = []

    async def busy(count: int) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        header = {"Retry-After": "1"} if count == 1 else {}
        return web.Response(status=429 if count == 1 else 200, headers=header)

    async with listening(busy) as hook:
        receiver = webhook(hook.url)
        async with messaging(one(receiver), deal(receiver)) as running:
            await running.quiet()
    assert times[1] - times[0] >= 1.0


async def test_a_redirect_is_not_followed() -> None:
    async with listening() as secret:

        async def moved(_count: int) -> web.Response:
            return web.Response(status=307, headers={"Location": secret.url})

        async with listening(moved) as hook:
            receiver = webhook(hook.url)
            async with messaging(one(receiver), deal(receiver)) as running:
                await running.quiet()
                assert running.messenger.notifications()[0].given_up == 1
    assert secret.bodies == []


async def test_a_private_address_is_refused_unless_it_is_allowed() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url, allow_private=False)
        partition = one(receiver)
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
        assert hook.bodies == []
    [letter] = [out for out in partition.written if out.topic.endswith(".dlq")]
    assert b"private address" in dict(letter.headers)["dlq.error.message"]


async def test_a_template_that_fails_is_a_dead_letter_and_stops_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "body.json"
    path.write_text('{"id": {{ conversation | tojson }}, "x": {{ 1 // (conversation != "T-1") }}}')
    async with listening() as hook:
        receiver = webhook(hook.url, template=str(path))
        partition = Partition(telling(receiver))
        partition.feed(signal(True, 0, 1), signal(True, 0, 1, conversation="T-2"))
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
            assert running.messenger.notifications()[0].given_up == 1
    assert hook.bodies == [{"id": "T-2", "x": 1}]
