"""Floods and backlogs by webhook: few single messages, one summary, and its end."""

from collections import Counter
from functools import partial

from stream_app.domain.alert_delivery import BACKLOG_LIMIT, FLOOD_LIMIT, Share
from stream_app.domain.summary_notices import AGAIN_AFTER, LASTS, SETTLED
from tests.support.alerts import T0, Partition, heartbeat, many, signal
from tests.support.webhooks import Hook, deal, listening, messaging, telling, webhook


def summaries(hook: Hook) -> list[tuple[str, int]]:
    found = [body["data"] for body in hook.bodies]
    return [(each["kind"], each["count"]) for each in found if each["about"] == "summary"]


def has(hook: Hook, count: int) -> bool:
    return len(summaries(hook)) == count


async def test_a_flood_is_few_messages_and_one_summary_that_ends() -> None:
    now = T0 + 10
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = Partition(telling(receiver)).feed(*many(500))
        async with messaging(partition, deal(receiver), now=lambda: now) as running:
            await running.quiet()
            assert summaries(hook) == []  # the number is not yet worth telling
            now = T0 + 500 + SETTLED
            await running.until(lambda: summaries(hook) == [("firing", 500 - FLOOD_LIMIT)])
            ends = [
                signal(False, 1_000, 1_000 + n, conversation=f"T-{n:03}") for n in range(1, 501)
            ]
            partition.feed(*ends)
            await running.quiet()
            now += LASTS
            await running.until(lambda: len(summaries(hook)) == 2)
    kinds = Counter(body["data"]["kind"] for body in hook.bodies)
    assert kinds == {"firing": FLOOD_LIMIT + 1, "resolved": FLOOD_LIMIT + 1}
    assert summaries(hook)[-1] == ("resolved", 500 - FLOOD_LIMIT)


async def test_after_a_catch_up_there_are_ten_and_one_summary() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = Partition(telling(receiver))
        partition.feed(*many(100, mode="catchup"), heartbeat(200, 1))
        now = T0 + 200 + SETTLED
        async with messaging(partition, deal(receiver), now=lambda: now) as running:
            await running.until(lambda: bool(summaries(hook)))
            await running.quiet()
    assert len(hook.bodies) == BACKLOG_LIMIT + 1
    assert summaries(hook) == [("firing", 100 - BACKLOG_LIMIT)]


async def test_what_is_over_when_the_catching_up_ends_is_told_to_nobody() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = Partition(telling(receiver)).feed(*many(100, mode="catchup"))
        over = [signal(False, 150, 200 + n, conversation=f"T-{n:03}") for n in range(1, 98)]
        partition.feed(*over, heartbeat(200, 1))
        async with messaging(partition, deal(receiver), now=lambda: T0 + 10_000) as running:
            await running.until(lambda: len(hook.bodies) >= 3)
            await running.quiet()
    assert sorted(body["data"]["conversation"] for body in hook.bodies) == [
        "T-098",
        "T-099",
        "T-100",
    ]


async def test_a_restart_tells_no_summary_again_and_its_end_is_not_forgotten() -> None:
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = Partition(telling(receiver)).feed(*many(80))
        for _ in range(2):
            async with messaging(partition, deal(receiver), now=lambda: T0 + 10_000) as running:
                await running.until(lambda: bool(summaries(hook)))
                await running.quiet()
                running.pump()
            partition.start()
        assert len(summaries(hook)) == 1
        ends = [signal(False, 1_000, 1_000 + n, conversation=f"T-{n:03}") for n in range(1, 81)]
        partition.feed(*ends)
        async with messaging(partition, deal(receiver), now=lambda: T0 + 10_000 + LASTS) as running:
            await running.until(lambda: len(summaries(hook)) == 2)
            await running.quiet()
    assert [kind for kind, _ in summaries(hook)] == ["firing", "resolved"]


async def test_a_number_that_goes_to_and_fro_about_the_limit_is_one_summary() -> None:
    now, last = T0 + 10_000, f"T-{FLOOD_LIMIT + 1:03}"
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = Partition(telling(receiver)).feed(*many(FLOOD_LIMIT + 1))
        async with messaging(partition, deal(receiver), now=lambda: now) as running:
            await running.until(lambda: summaries(hook) == [("firing", 1)])
            for time in range(5):
                now += LASTS // 6
                at = 2_000 * (time + 1)
                partition.feed(signal(False, at, 1, epoch=2 + 2 * time, conversation=last))
                await running.quiet()
                partition.feed(signal(True, at + 1_000, 1, epoch=3 + 2 * time, conversation=last))
                await running.quiet()
            assert summaries(hook) == [("firing", 1)]
            partition.feed(signal(False, 30_000, 1, epoch=99, conversation=last))
            now += LASTS
            await running.until(lambda: summaries(hook) == [("firing", 1), ("resolved", 1)])


async def test_a_fleet_tells_no_more_summaries_than_it_has_workers() -> None:
    rules = telling(webhook(""))
    workers = [Partition(rules, Share(number, 3)) for number in range(3)]
    alerts = many(900)
    async with listening() as hook:
        for number, worker in enumerate(workers):
            worker.feed(*alerts[number::3])
            receiver = deal(webhook(hook.url))
            async with messaging(worker, receiver, now=lambda: T0 + 10_000) as running:
                await running.until(partial(has, hook, number + 1))
                await running.quiet()
    told = [body["data"] for body in hook.bodies]
    found = [each for each in told if each["about"] == "summary"]
    assert sum(each["count"] for each in found) + len(told) - len(found) == 900
    assert len({each["alert"] for each in found}) == 1  # who folds by it sees one


async def test_a_summary_that_doubles_is_told_again_after_a_while() -> None:
    now = T0 + 10_000
    async with listening() as hook:
        receiver = webhook(hook.url)
        partition = Partition(telling(receiver)).feed(*many(60))
        async with messaging(partition, deal(receiver), now=lambda: now) as running:
            await running.until(lambda: summaries(hook) == [("firing", 10)])
            await running.quiet()
            running.pump()
            partition.feed(*many(70)[60:])
            running.pump()
            assert len(summaries(hook)) == 1
            now += AGAIN_AFTER
            await running.until(lambda: len(summaries(hook)) == 2)
    assert summaries(hook)[1] == ("reminder", 20)
