"""Alerts lost or doubled over many kills with -9. The counts do not depend on how busy the machine is.

Prints figures and judges nothing; run it with `-s`. ALERT_KILLS makes it smaller.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.breaches import Breaches
from tests.support.kafka import KafkaServer
from tests.support.servers import Server
from tests.support.takeovers import QUIET, Count, Takeovers
from tests.support.webhooks import listening_aside

KILLS = int(os.environ.get("ALERT_KILLS", "200"))
BUSY = 900.0  # seconds that a worker may take on a machine with much else to do

pytestmark = pytest.mark.timeout(7_200)


def test_kills(kafka: KafkaServer, tmp_path: Path, alertmanager: Callable[[str], Server]) -> None:
    began = time.monotonic()
    with listening_aside() as hook:
        breaches = Breaches(kafka, tmp_path, hook)
        try:
            played = Takeovers(breaches, alertmanager(QUIET), patience=BUSY)
            for _ in range(KILLS):
                played.round()
                if played.kills % 10 == 0:
                    print(f"  {time.monotonic() - began:.0f} s", flush=True)
                    tell(Count(breaches, played), played)
            played.finish()
            tell(Count(breaches, played), played)
        finally:
            breaches.pipeline.close()


def tell(count: Count, played: Takeovers) -> None:
    print(
        f"\n{played.kills} times kill -9, {played.taken_over} of them with another worker to take"
    )
    print(f"over, while {count.alerts} alerts fired and ended:")
    print(f"  lost: {len(count.lost)}, not ended: {len(count.unended)}")
    print(
        f"  identities too many: {count.doubled} in the topic, {count.told_doubly} at the webhook"
    )
    print(f"  Alertmanager: {len(count.unheld)} never held, {count.held_doubly} held anew or twice")
    print(f"  messages sent again under the same identity: {count.sent_again}", flush=True)
