"""How late alerts are told: with many open conversations, over kills, and when very many fall due at once.

Prints figures and judges nothing; run it with `-s`. ALERT_OPEN, ALERT_KILLS and ALERT_FLOOD make it smaller.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.test_alert_takeovers import takeovers
from tests.support.breaches import Breaches, late
from tests.support.kafka import KafkaServer
from tests.support.wait import eventually
from tests.support.webhooks import listening_aside

OPEN = int(os.environ.get("ALERT_OPEN", "100000"))
KILLS = int(os.environ.get("ALERT_KILLS", "200"))
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
    options = ["--rate", "max", "--count", str(2 * OPEN), "--conversations", str(OPEN)]
    breaches.pipeline.run("simulate", *options, "--into-live", deadline=600)
    worker = breaches.pipeline.worker().start()
    breaches.pipeline.settle(600)
    held = sum(s.value for s in worker.samples("engagement_open_conversations"))
    for _ in range(PROBES // 20):
        breaches.send(20, over_ms=1_000)
    eventually(lambda: len(breaches.told()) == PROBES, 120, what="all are told")
    written, told = late(breaches.due, breaches.recorded()), late(breaches.due, breaches.told())
    print(f"\ndue to notification, {held:,.0f} open conversations, {PROBES} alerts:")
    print(f"  record written: p50 {written[0]:.2f} s, p99 {written[1]:.2f} s late")
    print(f"  webhook received: p50 {told[0]:.2f} s, p99 {told[1]:.2f} s late")


def test_kills(breaches: Breaches) -> None:
    takeovers(breaches, KILLS, 4)
    lost = breaches.due.keys() - breaches.recorded().keys()
    again, doubled = breaches.repeated()
    print(
        f"\n{KILLS} times kill -9, {len(breaches.due)} alerts: {len(lost)} lost, {doubled} doubled"
    )
    print(f"  {again} messages sent again under the same identity")


def test_very_many_at_once(breaches: Breaches) -> None:
    breaches.pipeline.worker().start()
    breaches.send(FLOOD, channel="c0", over_ms=1_000)
    due, began = max(breaches.due.values()), time.monotonic()
    eventually(lambda: len(breaches.recorded()) == FLOOD, 300, every=1, what="all are written")
    last = max(breaches.recorded().values())
    requests = len(breaches.hook.bodies)
    eventually(lambda: any(b["data"]["about"] == "summary" for b in breaches.hook.bodies), 60)
    told = [body["data"]["about"] for body in breaches.hook.bodies]
    print(
        f"\n{FLOOD:,} alerts due within one second (looked for {time.monotonic() - began:.0f} s):"
    )
    print(f"  all records written {(last - due) / 1000:.1f} s after the last was due")
    print(
        f"  requests: {len(told)} ({requests} by then), {told.count('summary')} of them summaries"
    )
