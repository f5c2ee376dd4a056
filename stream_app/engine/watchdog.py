"""Ends the process when a partition has work and does none: the supervisor starts it again.

Runs in a thread of its own, so that it also sees a main loop that hangs. It counts its own seconds
instead of comparing clocks: a process that was stopped and continued was not stuck.
"""

import faulthandler
import sys
import threading
from collections.abc import Mapping
from typing import Protocol

from stream_app.engine.owner import Owner

Key = tuple[str, int]  # agent, partition
Progress = tuple[object, ...]


class Watched(Protocol):
    """What the watchdog needs of an engine."""

    def lagging(self, owner: Owner) -> bool: ...
    def die(self, why: str) -> None: ...


class Watchdog:
    """Looks once a second."""

    def __init__(self, engine: Watched, owners: Mapping[Key, Owner], seconds: float) -> None:
        self.engine = engine
        self.owners = owners
        self.seconds = seconds
        self._stuck: dict[Key, int] = {}
        self._seen: dict[Key, Progress] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> Key | None:
        """One look; the partition that is stuck for too long, if any."""
        owners = dict(self.owners)
        for key in [key for key in self._stuck if key not in owners]:
            del self._stuck[key]
        for key, owner in owners.items():
            progress = _progress(owner)
            moved = self._seen.get(key) != progress
            self._seen[key] = progress
            stuck = 0 if moved or not self.engine.lagging(owner) else self._stuck.get(key, 0) + 1
            self._stuck[key] = stuck
            if stuck > self.seconds:
                return key
        return None

    def _run(self) -> None:
        while not self._stop.wait(1.0):
            stuck = self.look()
            if stuck is not None:
                faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
                agent, partition = stuck
                self.engine.die(
                    f"watchdog: agent={agent} partition={partition} has work, but has made no "
                    f"progress for {self.seconds:g} s"
                )
                return


def _progress(owner: Owner) -> Progress:
    part = owner.partition
    reads = tuple(part.read_to(changelog.topic) for changelog in part.setting.changelogs)
    return (id(owner), part.state, part.seq, tuple(part.offsets.values()), reads)
