"""Workers are killed while alerts fall due: every one is told, and none under two identities."""

from functools import partial
from pathlib import Path

import pytest

from tests.support.breaches import Breaches
from tests.support.kafka import KafkaServer
from tests.support.wait import eventually
from tests.support.webhooks import listening_aside

KILLS = 3
EACH = 8

pytestmark = pytest.mark.timeout(400)


def takeovers(breaches: Breaches, kills: int, each: int) -> None:
    """Kill the worker so often, each time while alerts of this round fall due; wait for all alerts."""
    worker = breaches.pipeline.worker(PEGEL_INSTANCE_ID="w1").start()
    for number in range(kills):
        breaches.send(each, over_ms=2_000)
        eventually(partial(told_at_least, breaches, number * each + each // 2), 60, every=0.02)
        worker.process.kill()
        worker.start()
    eventually(lambda: len(breaches.told()) == len(breaches.due), 90, what="all are told")


def told_at_least(breaches: Breaches, count: int) -> bool:
    return len(breaches.told()) >= count


def test_kills_lose_no_alert_and_double_none(kafka: KafkaServer, tmp_path: Path) -> None:
    with listening_aside() as hook:
        breaches = Breaches(kafka, tmp_path, hook)
        try:
            takeovers(breaches, KILLS, EACH)
            assert breaches.recorded().keys() == breaches.due.keys()
            assert breaches.repeated()[1] == 0
        finally:
            breaches.pipeline.close()
