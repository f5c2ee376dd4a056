"""Alerts pushed to the real Alertmanager: fire, take over, resolve, restart, flood."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from stream_app.adapters.alertmanager_leases import Pace
from stream_app.adapters.alertmanager_payload import BACKLOG_ALERT
from stream_app.adapters.clock import now_ms
from stream_app.domain.alert_delivery import BACKLOG_LIMIT, FLOOD_LIMIT, Share
from tests.support.alertmanager import (
    CONFIG,
    Receiver,
    active,
    notifying,
    shows,
    shows_none,
)
from tests.support.alerts import (
    RULE,
    Partition,
    heartbeat,
    many,
    signal,
    subject,
)
from tests.support.ports import is_listening
from tests.support.servers import Server
from tests.support.wait import eventually_async

Start = Callable[[Path | str], Server]
EXAMPLE = Path(__file__).parents[2] / "ops/alertmanager/alertmanager.yml"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/", found.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield found
    await runner.cleanup()


async def test_an_alert_arrives_with_its_labels_and_explains_itself(
    alertmanager: Start, receiver: Receiver
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    where = subject(url="https://desk.example.test/T-1")
    explain = {"age": 172_800, "calendar": "office", "policy_hash": "abc", "late_by": 3_600}
    partition = Partition().feed(signal(True, 5, 1, subject=where, explain=explain))
    async with notifying([partition.job], server.url):
        [alert] = await shows(server, 1)
    assert alert["labels"] == {
        "alertname": RULE,
        "tenant": "acme",
        "channel": "email",
        "priority": "normal",
        "severity": "warning",
        "ticket_ref": "zendesk/acme/T-1",
        "alert": partition.alerts[0].alert,
        "step": "0",
    }
    assert alert["generatorURL"] == where["url"]
    assert alert["startsAt"] == partition.alerts[0].since
    text = alert["annotations"]
    assert "1h late" in text["summary"]
    assert "2d" in text["details"]
    assert "office" in text["details"]
    assert text["resolved_by"].startswith("solving")


async def test_a_takeover_makes_no_second_alert_and_a_resolve_is_told_once(
    alertmanager: Start, receiver: Receiver
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    partition = Partition().feed(signal(True, 5, 1))
    async with notifying([partition.job], server.url):
        [before] = await shows(server, 1)
        await eventually_async(lambda: receiver.times("firing") == 1, 15)
    partition.start()  # another worker, from the changelog
    async with notifying([partition.job], server.url) as second:
        await eventually_async(lambda: second.stats[0].pushed >= 2, 15)
        [after] = await shows(server, 1)
        assert (after["fingerprint"], after["startsAt"]) == (
            before["fingerprint"],
            before["startsAt"],
        )
        partition.feed(signal(False, 9, 2))
        await shows_none(server)
        await eventually_async(lambda: receiver.times("resolved") == 1, 15)
    assert receiver.heard == [("zendesk/acme/T-1", "firing"), ("zendesk/acme/T-1", "resolved")]


async def test_an_end_is_repeated_for_a_while_and_then_no_more(
    alertmanager: Start, receiver: Receiver
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    partition = Partition().feed(signal(True, 5, 1))
    pace = Pace(poll=0.02, resend=100, farewell=1_000, timeout=2.0)
    async with notifying([partition.job], server.url, pace=pace) as notifier:
        await shows(server, 1)
        partition.feed(signal(False, 9, 2))
        await shows_none(server)
        at_end = notifier.stats[0].pushed
        await eventually_async(lambda: notifier.stats[0].pushed >= at_end + 3, 10)
        # Once the farewell is over the count stands still for several resends.
        await eventually_async(lambda: now_ms() - notifier.stats[0].last_ok_ms > 500, 10)


async def test_after_a_restart_of_alertmanager_the_alert_is_back(
    alertmanager: Start, receiver: Receiver
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    partition = Partition().feed(signal(True, 5, 1))
    slow_resend = Pace(
        poll=0.05, resend=600_000, timeout=2.0
    )  # so that only the outage explains it
    async with notifying([partition.job], server.url, pace=slow_resend) as notifier:
        [before] = await shows(server, 1)
        server.process.kill()
        partition.feed(signal(True, 6, 2, conversation="T-2"))  # gives it something to fail with
        await eventually_async(lambda: notifier.stats[0].failed > 0, 15)
        await asyncio.to_thread(restart, server)
        found = await shows(server, 2)
    assert before["fingerprint"] in {alert["fingerprint"] for alert in found}
    assert notifier.stats[0].reachable


def restart(server: Server) -> None:
    server.process.start(lambda: is_listening(server.port))


async def test_a_restart_that_nobody_noticed_is_healed_by_the_next_resend(
    alertmanager: Start, receiver: Receiver
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    partition = Partition().feed(signal(True, 5, 1))
    async with notifying([partition.job], server.url):
        await shows(server, 1)
        server.process.kill()
        shutil.rmtree(server.process.log.parent / "data", ignore_errors=True)
        await asyncio.to_thread(restart, server)
        await shows(server, 1)


async def test_when_the_last_worker_is_gone_the_lease_lapses(
    alertmanager: Start, receiver: Receiver
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    partition = Partition().feed(signal(True, 5, 1))
    pace = Pace(poll=0.05, resend=500, timeout=2.0)
    async with notifying([partition.job], server.url, pace=pace):
        await shows(server, 1)
    assert await active(server)  # stopping resolves nothing ...
    await shows_none(server)  # ... the lease of four resends does


async def test_ten_thousand_breaches_at_once_are_fifty_alerts_and_one_summary(
    alertmanager: Start, receiver: Receiver
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    partition = Partition().feed(*many(10_000))
    assert len(partition.alerts) == 10_000
    async with notifying([partition.job], server.url):
        found = await shows(server, FLOOD_LIMIT + 1)
    [summary] = [alert for alert in found if alert["labels"]["step"] == "summary"]
    assert summary["labels"]["alertname"] == RULE
    assert summary["annotations"]["count"] == str(10_000 - FLOOD_LIMIT)


async def test_partitions_of_one_worker_share_a_summary(
    alertmanager: Start, receiver: Receiver
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    partitions = [Partition(share=Share(number, 2)) for number in range(2)]
    for partition in partitions:
        partition.feed(*many(60, "catchup"))
        partition.feed(heartbeat(99, 1, partition=0), heartbeat(99, 1, partition=1))
    async with notifying([each.job for each in partitions], server.url):
        found = await shows(
            server, BACKLOG_LIMIT // 2 + 1
        )  # the same names on both: one alert each
    [summary] = [a for a in found if a["labels"]["alertname"] == BACKLOG_ALERT]
    assert summary["annotations"]["count"] == str(120 - BACKLOG_LIMIT)
    assert summary["labels"]["receiver"] == "oncall"


async def test_every_instance_is_told_and_a_hanging_one_delays_nobody(
    alertmanager: Start, receiver: Receiver
) -> None:
    config = CONFIG.format(url=receiver.url)
    one, two = alertmanager(config), alertmanager(config)
    partition = Partition().feed(signal(True, 5, 1))
    one.process.pause()
    try:
        async with notifying([partition.job], one.url, two.url) as notifier:
            await shows(two, 1)
            await eventually_async(lambda: notifier.stats[0].failed > 0, 15)
            one.process.resume()
            await shows(one, 1)
            assert notifier.stats[1].failed == 0
    finally:
        one.process.resume()


@pytest.mark.parametrize("url", ["http://[broken", "https://x.test/%zz", "javascript:alert(1)"])
async def test_a_link_that_is_none_costs_the_link_and_not_the_alert(
    alertmanager: Start, receiver: Receiver, url: str
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    partition = Partition().feed(*many(2))
    where = subject("T-bad", url=url)
    partition.feed(signal(True, 5, 99, conversation="T-bad", subject=where))
    async with notifying([partition.job], server.url) as notifier:
        await shows(server, 3)
        assert (notifier.stats[0].failed, notifier.stats[0].refused) == (0, 0)


async def test_names_in_any_script_and_any_facts_are_taken(
    alertmanager: Start, receiver: Receiver
) -> None:
    server = alertmanager(CONFIG.format(url=receiver.url))
    facts = {"bad name": 1, "überzogen": True, "x\ny": None, "n": {"a": [1]}, "late_by": 1e9}
    where = subject("Ω|%/\n😀", channel="", priority="")
    partition = Partition().feed(signal(True, 5, 1, subject=where, explain=facts))
    async with notifying([partition.job], server.url):
        [alert] = await shows(server, 1)
    assert alert["labels"]["ticket_ref"] == "zendesk/acme/" + where["id"]
    assert "channel" not in alert["labels"]


def test_the_configuration_that_we_hand_out_is_sound() -> None:
    amtool = shutil.which("amtool")
    if amtool is None:
        pytest.skip("amtool is not installed (Debian package: prometheus-alertmanager)")
    done = subprocess.run([amtool, "check-config", str(EXAMPLE)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
