"""What a demo consists of, in the order in which it starts and the reverse in which it ends.

1. A broker: the embedded one, or the Kafka that was named.
2. The topics, on a Kafka under a prefix of the demo's own, so that nobody's data is touched.
3. The worker, the wall and the simulator, as child processes: the very commands that anybody can type.
4. A reaper that ends the children if this process is killed without a chance to do so.

At the end the topics that the demo made on somebody's Kafka are deleted again.
"""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stream_app.adapters.child import Child
from stream_app.adapters.embedded_broker import EmbeddedBroker, taken
from stream_app.adapters.kafka import connect
from stream_app.adapters.provision import apply
from stream_app.adapters.topics import catalogue
from stream_app.errors import UserError
from stream_app.settings import Settings

PARTITIONS: Final = 4
_DRAIN_SECONDS: Final = 12.0
_SESSION_SECONDS: Final = 2.0
_REAPER: Final = 'read _; kill -TERM "$@" 2>/dev/null'


@dataclass(frozen=True, slots=True)
class Plan:
    """What to show: where, how much, and from when on."""

    broker: str | None  # None: bring one along
    policy: Path
    port: int
    wall_port: int
    seed: int
    rate: float
    history: str
    mark: str  # tells this demo from others on the same Kafka
    home: Path  # for logs

    @property
    def url(self) -> str:
        """The worker's own address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def wall(self) -> str:
        """The address of the wall."""
        return f"http://127.0.0.1:{self.wall_port}"


class Stage:
    """The running demo: `async with Stage(plan)` starts everything and ends everything."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.settings = _settings(plan)
        self._broker: EmbeddedBroker | None = None
        self._children: list[Child] = []
        self._reaper: asyncio.subprocess.Process | None = None

    @property
    def children(self) -> list[Child]:
        """The processes that must run as long as the demo does."""
        broker = [self._broker.child] if self._broker is not None else []
        return [*broker, *self._children]

    async def __aenter__(self) -> "Stage":
        try:
            await self._start()
        except BaseException:
            await self.end()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def _start(self) -> None:
        for port, option in ((self.plan.port, "--port"), (self.plan.wall_port, "--wall-port")):
            if taken(port):
                raise UserError(
                    f"port {port} is taken", f"end what uses it, or: pegel demo {option} N"
                )
        if self.plan.broker is None:
            self._broker = EmbeddedBroker(self.plan.home / "broker.log")
            await self._broker.start()
            self.settings = self.settings.model_copy(update={"broker": self._broker.address})
        async with connect(self.settings.broker) as admin:
            await apply(admin, catalogue(self.settings))
        self._children = [self._worker(), self._simulator(), self._wall()]
        for child in self._children:
            await child.start()
        await self._start_reaper()

    def _worker(self) -> Child:
        options = ["--policy", str(self.plan.policy), "--web-port", str(self.plan.port)]
        return self._pegel("worker", options, self._worker_environment())

    def _simulator(self) -> Child:
        plan = self.plan
        options = ["--seed", str(plan.seed), "--rate", f"{plan.rate:g}", "--history", plan.history]
        options += ["--policy", str(plan.policy)]
        return self._pegel("simulate", options, {})

    def _wall(self) -> Child:
        options = ["--host", "127.0.0.1", "--port", str(self.plan.wall_port)]
        options += ["--workers", self.plan.url, "--open", "act"]
        return self._pegel("wall", options, {"PEGEL_LOG_FORMAT": "json"})

    def _pegel(self, command: str, options: list[str], extra: Mapping[str, str]) -> Child:
        line = [sys.executable, "-m", "stream_app.cli", command, *options]
        log = self.plan.home / f"{command}.log"
        return Child(command, line, log, {**environment(self.settings), **extra})

    def _worker_environment(self) -> dict[str, str]:
        if self.plan.broker is not None:
            return {"PEGEL_LOG_FORMAT": "json"}
        # On the embedded broker a group forms after half the session timeout; it has no transactions.
        return {
            "PEGEL_LOG_FORMAT": "json",
            "PEGEL_SESSION_TIMEOUT": f"{_SESSION_SECONDS:g}",
            "PEGEL_REBALANCE_TIMEOUT": f"{_SESSION_SECONDS:g}",
            "PEGEL_TRANSACTIONS": "off",
        }

    async def _start_reaper(self) -> None:
        pids = [str(child.pid) for child in self.children]
        self._reaper = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            _REAPER,
            "sh",
            *pids,
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    async def first_ended(self) -> Child:
        """Wait until one of the processes ends, which none should."""
        waiting = {asyncio.create_task(child.wait()): child for child in self.children}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return waiting[done.pop()]

    async def end(self) -> None:
        """End everything, last started first; the worker gets the time to drain."""
        if self._reaper is not None and self._reaper.returncode is None:
            self._reaper.kill()
            await self._reaper.wait()
        for child in reversed(self._children):
            await child.stop(_DRAIN_SECONDS)
        if self._broker is not None:
            await self._broker.stop()
        elif self._children:
            await self._delete_topics()

    async def _delete_topics(self) -> None:
        async with connect(self.settings.broker) as admin:
            await admin.delete([wanted.name for wanted in catalogue(self.settings)])


def _settings(plan: Plan) -> Settings:
    own = plan.broker is not None  # names of the demo's own on a Kafka that others use
    return Settings(
        broker=plan.broker or "",
        app_id=f"pegel-demo-{plan.mark}" if own else "pegel-demo",
        topic_prefix=f"demo-{plan.mark}." if own else "",
        partitions=PARTITIONS,
        replication=1,
    )


def environment(settings: Settings) -> dict[str, str]:
    """The environment variables that make a command work on this installation."""
    names = ("broker", "app_id", "topic_prefix", "partitions", "replication")
    return {f"PEGEL_{name.upper()}": str(getattr(settings, name)) for name in names}
