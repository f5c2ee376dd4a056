"""Alerts to webhooks on real local servers: signed, repeated, held back, and never told twice."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from stream_app.adapters.notify.patience import Patience
from stream_app.domain.policy import Receiver
from stream_app.links import Links
from tests.support.alerts import HOUR, T0, Partition, command, many, rule, signal, subject
from tests.support.webhooks import (
    SHUT,
    deal,
    listening,
    messaging,
    telling,
    verified,
    webhook,
)

SELDOM = Patience(poll=60.0)
NEW, OLD = b"n" * 24, b"o" * 24


def one(receiver: Receiver, **more: Any) -> Partition:
    where = subject(url="https://desk.example/T-1")
    return Partition(telling(receiver)).feed(signal(True, 0, 1, subject=where, **more))


async def test_an_alert_fires_is_acknowledged_and_ends_and_each_is_told_once() -> None:
    async with listening() as hook:
        partition = one(webhook(hook.url))
        async with messaging(partition, deal(webhook(hook.url))) as running:
            await running.quiet()
            assert hook.kinds == ["firing"]
            alert = partition.alerts[-1].alert
            partition.feed(command("acknowledge", alert, 50, reason="on it"))
            await running.until(lambda: len(hook.bodies) == 2)
            partition.feed(signal(False, 60, 2))
            await running.until(lambda: len(hook.bodies) == 3)
            await running.quiet()
    assert hook.kinds == ["firing", "acknowledged", "resolved"]
    assert len(set(hook.ids)) == 3
    assert {body["data"]["alert"] for body in hook.bodies} == {alert}
    data = hook.bodies[0]["data"]
    assert (data["url"], data["calendar"]) == ("https://desk.example/T-1", "always")
    assert data["text"]["short"].endswith("Resolved by solving the conversation.")
    assert hook.bodies[1]["data"]["actor"] == "agent-7"


async def test_many_go_out_one_after_the_other_and_no_poll_lies_between_them() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = Partition(telling(receiver))
        async with messaging(partition, deal(receiver), patience=SELDOM) as running:
            await running.until(lambda: running.messenger.notifications()[0].pending == 0)
            partition.feed(*many(5 * SELDOM.parallel))
            await running.until(lambda: len(hook.bodies) == 5 * SELDOM.parallel)
            partition.feed(signal(False, 900, 1, epoch=2, conversation="T-001"))
            await running.until(lambda: hook.kinds[-1] == "resolved")


async def test_requests_are_signed_with_both_secrets_and_each_can_be_replaced(
    tmp_path: Path,
) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("whsec_" + "bm5u" * 8 + "\n")
    old.write_text(OLD.decode())
    async with listening() as hook:
        receiver = webhook(hook.url, secret_files=(str(new), str(old)))
        partition = one(receiver)
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
            assert verified(NEW, hook.headers[0], hook.raw[0])
            assert verified(OLD, hook.headers[0], hook.raw[0])
            assert not verified(b"x" * 24, hook.headers[0], hook.raw[0])
            assert not verified(NEW, hook.headers[0], hook.raw[0] + b" ")
            old.write_text("r" * 24)
            partition.feed(signal(False, 60, 2))
            await running.quiet()
    assert verified(b"r" * 24, hook.headers[1], hook.raw[1])
    assert not verified(OLD, hook.headers[1], hook.raw[1])


async def test_a_failure_is_tried_again_under_the_same_identity() -> None:
    async def recovering(count: int) -> web.Response:
        return web.Response(status=503 if count <= 3 else 200)

    async with listening(recovering) as hook:
        receiver = webhook(hook.url)
        async with messaging(one(receiver), deal(receiver)) as running:
            await running.quiet()
            [stats] = running.messenger.notifications()
    assert len(hook.ids) == 4
    assert len(set(hook.ids)) == 1
    assert hook.headers[0]["idempotency-key"] == hook.ids[0]
    assert (stats.sent, stats.failed, stats.retried, stats.given_up) == (1, 3, 3, 0)


async def test_a_restart_sends_nothing_again() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = one(receiver)
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
        for _ in range(3):
            partition.start()  # another owner, from the changelog
            async with messaging(partition, deal(receiver)) as running:
                await running.quiet()
        partition.feed(signal(False, 60, 2))
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
    assert hook.kinds == ["firing", "resolved"]


async def test_what_was_sent_and_not_written_down_is_sent_again_under_the_same_identity() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = one(receiver)
        async with messaging(partition, deal(receiver)) as running:
            # Nothing is flushed from here on: the worker dies before the next one.
            await asyncio.wait_for(hook.arrived.wait(), 5)
            assert running.partition.job.messages.due("support")
        partition.start()
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
    assert len(hook.ids) == 2
    assert len(set(hook.ids)) == 1


async def test_the_end_is_told_after_a_crash_between_sending_and_writing_down() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = one(receiver)
        async with messaging(partition, deal(receiver)):
            await asyncio.wait_for(hook.arrived.wait(), 5)
        partition.start()
        partition.feed(signal(False, 60, 2))
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
    assert hook.kinds == ["firing", "resolved"]


async def test_the_end_of_an_episode_is_told_though_the_next_one_fires_already() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = one(receiver)
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
        partition.feed(signal(False, 60, 2), signal(True, 70, 3))
        partition.start()
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
    told = [(body["data"]["kind"], body["data"]["episode"]) for body in hook.bodies]
    assert told[0] == ("firing", 1)
    assert sorted(told[1:]) == [("firing", 2), ("resolved", 1)]


async def test_below_critical_nothing_goes_out_while_the_receiver_is_closed() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url, calendar=SHUT)
        rules = (rule(to=("support",)), rule("grave", to=("support",), severity="critical"))
        partition = Partition(telling(receiver, rules=rules))
        partition.feed(signal(True, 0, 1), signal(True, 0, 1, rule="grave", conversation="T-2"))
        partition.feed(signal(True, 0, 1, conversation="T-3"))
        now = T0 + 100
        async with messaging(partition, deal(receiver), now=lambda: now) as running:
            await running.until(lambda: len(hook.bodies) == 1)
            assert hook.bodies[0]["data"]["rule"] == "grave"
            waiting = {alert.subject["id"]: alert.notified for alert in partition.alerts}
            assert waiting == {"T-1": [], "T-2": ["support"], "T-3": []}
            partition.feed(signal(False, 60, 2, conversation="T-3"))
            now = T0 - T0 % (24 * HOUR) + 24 * HOUR  # the next midnight
            await running.quiet()
    assert [body["data"]["conversation"] for body in hook.bodies[1:]] == ["T-1"]
    assert [a.notified for a in partition.alerts if a.reason == "notified"] == [["support"]]


async def test_a_receiver_hears_only_of_the_states_it_wants() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url, states=("firing",))
        partition = one(receiver)
        async with messaging(partition, deal(receiver)) as running:
            await running.quiet()
            partition.feed(signal(False, 60, 2))
            await running.quiet()
    assert hook.kinds == ["firing"]


async def test_links_lead_to_the_wall_and_say_what_they_are_for() -> None:
    links = Links([b"k" * 32])
    async with listening() as hook:
        receiver = webhook(hook.url)
        linked = replace(deal(receiver), links=links, wall="https://wall.example")
        partition = one(receiver)
        async with messaging(partition, linked) as running:
            await running.quiet()
    found = hook.bodies[0]["data"]["links"]
    click = links.read(found["acknowledge"].removeprefix("https://wall.example/a/"), T0)
    assert click.alert == partition.alerts[0].alert
    assert (click.action, click.receiver) == ("acknowledge", "support")
    assert click.key == "ticket_unresolved|acme|zendesk/acme/T-1"
