"""How late alerts are told: with many open conversations, and when very many fall due at once.

Prints figures and judges nothing; run it with `-s`. ALERT_OPEN and ALERT_FLOOD make it smaller.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.breaches import Breaches, late
from tests.support.kafka import KafkaServer
from tests.support.servers import Server
from tests.support.takeovers import QUIET, held_by
from tests.support.wait import eventually
from tests.support.webhooks import listening_aside

OPEN = int(os.environ.get("ALERT_OPEN", "100000"))
FLOOD = int(os.environ.get("ALERT_FLOOD", "10000"))
PROBES = 200

pytestmark = pytest.mark.timeout(3_600)


@pytest.fixture
def breaches(kafka: KafkaServer, tmp_path: Path) -> Iterator[Breaches]:
    with listening_aside() as hook:
        found = Breaches(kafka, tmp_path, hook)
        yield found
        found.pipeline.close()


def test_due_to_notification(breaches: Breaches) -> None:
    say(f"sending {2 * OPEN:,} events")
    options = ["--rate", "max", "--count", str(2 * OPEN), "--conversations", str(OPEN)]
    breaches.pipeline.run("simulate", *options, "--into-live", deadline=600)
    say("a worker catches up with them")
    worker = breaches.pipeline.worker().start()
    breaches.pipeline.settle(600)
    held = sum(s.value for s in worker.samples("engagement_open_conversations"))
    for number in range(PROBES // 20):
        say(f"{20 * number} of {PROBES} alerts")
        breaches.send(20, over_ms=1_000)
        eventually(lambda: len(breaches.told()) == len(breaches.due), 120, what="all are told")
    print(f"\ndue to notification, {held:,.0f} open conversations, {PROBES} alerts:")
    tell("signal written", late(breaches.due, breaches.signalled()))
    tell("record written", late(breaches.due, breaches.recorded()))
    tell("webhook received", late(breaches.due, breaches.told()))


def test_very_many_at_once(breaches: Breaches, alertmanager: Callable[[str], Server]) -> None:
    server = alertmanager(QUIET)
    breaches.pipeline.worker(PEGEL_ALERTMANAGER_URLS=json.dumps([server.url])).start()
    say(f"{FLOOD:,} conversations, due in some seconds")
    breaches.send(FLOOD, channel="c0", over_ms=1_000)
    due = max(breaches.due.values())
    eventually(lambda: len(breaches.recorded()) == FLOOD, 300, every=1, what="all are written")
    eventually(lambda: "summary" in abouts(breaches), 60, what="the receiver has the summary")
    say("until Alertmanager has heard the last number, a minute after the first")
    eventually(lambda: summed(server) == len(breaches.due) - singles(server), 150, what="so has it")
    told = abouts(breaches)
    print(f"\n{FLOOD:,} alerts due within one second:")
    print(f"  signals written {last(breaches.signalled(), due):.1f} s after the last was due")
    print(f"  records written {last(breaches.recorded(), due):.1f} s after the last was due")
    print(f"  requests to the receiver: {len(told)}, {told.count('summary')} of them summaries")
    print(f"  in Alertmanager: {singles(server)} alerts and one summary of {summed(server):,}")


def say(text: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {text}", flush=True)


def tell(what: str, found: tuple[float, float]) -> None:
    print(f"  {what}: p50 {found[0]:.2f} s, p99 {found[1]:.2f} s late")


def last(seen: dict[str, int], due: int) -> float:
    return (max(seen.values()) - due) / 1000


def abouts(breaches: Breaches) -> list[str]:
    return [body["data"]["about"] for body in breaches.hook.bodies]


def singles(server: Server) -> int:
    return sum(alert["labels"]["step"] != "summary" for alert in held_by(server))


def summed(server: Server) -> int:
    """How many alerts the summaries in Alertmanager stand for."""
    summaries = [alert for alert in held_by(server) if alert["labels"]["step"] == "summary"]
    return sum(int(alert["annotations"]["count"]) for alert in summaries)
