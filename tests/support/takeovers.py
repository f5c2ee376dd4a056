"""Workers killed while alerts fall due and end: who takes over, and what receivers hear meanwhile.

Each round opens conversations, one in each partition, ends those of the round before at the moment of the
kill, and goes on when everybody has heard all of it. Four kills of five end the one worker, which is
started again at once; at the fifth a second worker is there, and takes over what the dead one had.
"""

import json
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

from stream_app.adapters.clock import now_ms
from tests.support.breaches import Breaches, wire_id
from tests.support.pipeline import Worker
from tests.support.servers import Server
from tests.support.wait import eventually

EACH = 1  # of a round, in each partition: a catch-up tells two of them singly
TAKEN_OVER = 5  # every so many kills another worker takes over
SOON, SPREAD = 4_000, 1_000  # created that long ago, so that they are due within a second or two
QUIET = """
route: {receiver: nobody}
receivers: [{name: nobody}]
"""
PATIENCE = 90.0  # seconds: a session that ends, a restore, and one resend to Alertmanager


class Takeovers:
    """Kills, and what Alertmanager holds of each alert meanwhile."""

    def __init__(
        self, breaches: Breaches, alertmanager: Server, patience: float = PATIENCE
    ) -> None:
        self._patience = patience
        self.kills = self.taken_over = 0
        self.held: dict[str, set[tuple[str, str]]] = {}  # fingerprint and start, by conversation
        self._breaches, self._alertmanager = breaches, alertmanager
        self._before: list[str] = []
        env = {"PEGEL_ALERTMANAGER_URLS": json.dumps([alertmanager.url])}
        make = breaches.pipeline.worker
        self._worker = make(PEGEL_INSTANCE_ID="w1", **env)
        self._other = make(PEGEL_INSTANCE_ID="w2", **env)
        self._start(self._worker)

    def round(self, meanwhile: Callable[[], None] | None = None) -> None:
        """One kill, and until everybody knows everything again."""
        number = self.kills
        passes = number % TAKEN_OVER == TAKEN_OVER - 1
        if passes:
            self._start(self._other)
        names = self._breaches.send_evenly(EACH, over_ms=SPREAD, ago_ms=SOON)
        wanted = number % (len(names) + 1)  # told by then: none, one, two ... all
        due = min(self._breaches.due[name] for name in names)
        eventually(
            lambda: self._runs(self._worker) and now_ms() >= due and self._told(names) >= wanted,
            self._patience,
            every=0.01,
        )
        self._breaches.solve(self._before)
        self._kill(passes)
        if meanwhile is not None:
            meanwhile()
        eventually(
            partial(self._heard, names), self._patience, every=0.1, what="everybody knows all"
        )
        self._before = names

    def finish(self) -> None:
        """End what still fires, and wait until nobody holds anything to be firing."""
        self._breaches.solve(self._before)
        eventually(partial(self._heard, []), self._patience, every=0.1, what="all is over")

    def _kill(self, passes: bool) -> None:
        dying = self._worker
        dying.process.kill()
        self.kills += 1
        if passes:
            self._worker, self._other = self._other, dying
            self.taken_over += 1
        else:
            self._start(dying)

    def _start(self, worker: Worker) -> None:
        eventually(partial(self._runs, worker), self._patience, what="the worker is ready")

    def _runs(self, worker: Worker) -> bool:
        """As a service manager has it: one that has given up, starved by others, is started again."""
        if not worker.process.running:
            worker.start(self._patience)
        return True

    def _told(self, names: list[str]) -> int:
        return len(self._breaches.states().keys() & set(names))

    def _heard(self, names: list[str]) -> bool:
        """Whether the receiver and Alertmanager know that these fire, and nothing else."""
        self._runs(self._worker)
        states = self._breaches.states()
        firing = {name for name, state in states.items() if state == "firing"}
        assert firing == set(names), f"the receiver: {sorted(firing ^ set(names))}"
        active = self._look()
        assert active == sorted(names), f"Alertmanager: {active} instead of {sorted(names)}"
        return True

    def _look(self) -> list[str]:
        """Which alerts Alertmanager holds to be firing; remembers under what they stand there."""
        found = held_by(self._alertmanager)
        named = [(wire_id(alert["labels"]["ticket_ref"].encode()), alert) for alert in found]
        for name, alert in named:
            self.held.setdefault(name, set()).add((alert["fingerprint"], alert["startsAt"]))
        return sorted(name for name, _ in named)


def held_by(alertmanager: Server) -> list[dict[str, Any]]:
    """What an Alertmanager holds to be firing."""
    with urllib.request.urlopen(f"{alertmanager.url}/api/v2/alerts", timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)
        return found


class Count:
    """What the kills have cost, read when all is over."""

    def __init__(self, breaches: Breaches, played: Takeovers) -> None:
        identities = breaches.identities()
        self.alerts = len(breaches.due)
        self.lost = sorted(breaches.due.keys() - breaches.states().keys())
        self.unended = sorted(n for n, state in breaches.states().items() if state != "resolved")
        self.doubled = sum(len(found) - 1 for found in identities.values())
        self.sent_again, self.told_doubly = breaches.repeated()
        self.held_doubly = sum(len(found) - 1 for found in played.held.values())
        self.unheld = sorted(breaches.due.keys() - played.held.keys())
