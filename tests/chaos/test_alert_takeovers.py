"""Workers are killed while alerts fall due and end: each is told once, and nobody holds one twice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.breaches import Breaches
from tests.support.kafka import KafkaServer
from tests.support.ports import is_listening
from tests.support.servers import Server
from tests.support.takeovers import QUIET, TAKEN_OVER, Count, Takeovers
from tests.support.webhooks import listening_aside

pytestmark = pytest.mark.timeout(900)


def test_kills_lose_no_alert_and_double_none_also_in_a_restarted_alertmanager(
    kafka: KafkaServer, tmp_path: Path, alertmanager: Callable[[str], Server]
) -> None:
    server = alertmanager(QUIET)

    def restart() -> None:
        server.process.kill()
        server.process.start(lambda: is_listening(server.port))

    with listening_aside() as hook:
        breaches = Breaches(kafka, tmp_path, hook)
        try:
            played = Takeovers(breaches, server)
            for number in range(TAKEN_OVER):
                played.round(restart if number == 2 else None)
            played.finish()
            count = Count(breaches, played)
        finally:
            breaches.pipeline.close()
    assert (played.kills, played.taken_over) == (5, 1)
    assert (count.lost, count.unended, count.unheld) == ([], [], [])
    assert (count.doubled, count.told_doubly, count.held_doubly) == (0, 0, 0)
