"""The worker: one Faust app with the batch agents, its web server and the sinks of its alerts.

`faust -A stream_app.app worker` (or `tables`, `agents`) works as with any Faust app: `app` is made
when it is first asked for, from the settings in the environment. Importing this module makes nothing.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import cache
from typing import Any

import structlog
from mode import Service

from agents import alerts, channels, conversations
from stream_app.adapters.metrics.notifications import Stats
from stream_app.adapters.redis_feed import FeedStats, RedisFeed
from stream_app.domain.policy import Policy
from stream_app.domain.versions import Versions
from stream_app.engine.app import EngineApp, make_app
from stream_app.engine.job import AgentSpec
from stream_app.engine.runtime import Engine
from stream_app.engine.status import EngineStatus
from stream_app.errors import UserError
from stream_app.policies.keeper import VersionKeeper
from stream_app.settings import Settings
from stream_app.web.token import admin_token
from stream_app.web.worker import WorkerServer
from stream_app.wiring import make_feed, make_messenger, make_notifier, policy_of

log = structlog.get_logger("pegel.app")
FOLLOW_SECONDS = 1.0
Step = Callable[[], Coroutine[Any, Any, None]]


class Runtime:
    """The running worker as its web server sees it."""

    def __init__(self, versions: Versions, engine: Engine) -> None:
        self.told: list[Callable[[], Iterable[Stats]]] = []
        self.fed: RedisFeed | None = None
        self._versions = versions
        self._engine = engine

    @property
    def policy(self) -> Policy:
        """The version that was activated last."""
        return self._versions.current

    def status(self) -> EngineStatus:
        """What the engine tells of itself now."""
        return self._engine.status()

    def notifications(self) -> Iterator[Stats]:
        """How each receiver of alerts fares."""
        for each in self.told:
            yield from each()

    def feed(self) -> FeedStats | None:
        """What became of the writes to Redis; None without a feed."""
        return self.fed.stats if self.fed is not None else None

    async def resume(self, agent: str, partition: int) -> None:
        """Lift the fuse of a partition."""
        await self._engine.resume(agent, partition)


class Beside(Service):
    """A part of the worker that starts and stops with it, and has no share in the event path."""

    def __init__(
        self, *, begin: Step | None = None, run: Step | None = None, end: Step | None = None
    ) -> None:
        """The worker waits for `begin` and `end`, and lets `run` go on; stopping cancels that."""
        super().__init__()
        self._begin, self._run, self._end = begin, run, end

    async def on_start(self) -> None:
        """Begin."""
        if self._begin is not None:
            await self._begin()
        if self._run is not None:
            self.add_future(self._run())

    async def on_stop(self) -> None:
        """End."""
        if self._end is not None:
            await self._end()


class MessageService(Service):
    """Keeps webhooks and mailboxes informed: those of the version that was activated last."""

    def __init__(self, settings: Settings, versions: Versions, engine: Engine) -> None:
        super().__init__()
        self._settings, self._versions, self._engine = settings, versions, engine
        self._receivers = versions.current.receivers
        self._messenger = make_messenger(settings, versions.current, engine)

    def notifications(self) -> Iterable[Stats]:
        """Counters per receiver, for metrics and health."""
        return self._messenger.notifications() if self._messenger is not None else ()

    async def on_start(self) -> None:
        """Begin to tell."""
        self._tell()
        self.add_future(self._follow())

    async def on_stop(self) -> None:
        """Tell no more; the next owner goes on."""
        if self._messenger is not None:
            await self._messenger.stop()

    def _tell(self) -> None:
        if self._messenger is not None:
            self.add_future(self._messenger.run())

    async def _follow(self) -> None:
        while not self.should_stop:
            policy = self._versions.current
            if policy.receivers != self._receivers:
                self._receivers = policy.receivers
                await self.on_stop()
                try:
                    self._messenger = make_messenger(self._settings, policy, self._engine)
                except UserError as error:  # e.g. mail without a server: alerts go on without
                    self._messenger = None
                    log.error("receivers cannot be told", problem=str(error))
                self._tell()
            await self.sleep(FOLLOW_SECONDS)


def agent_specs(settings: Settings, policy: Policy | Versions) -> list[AgentSpec]:
    """The batch agents of a worker, under one policy or whatever versions are activated."""
    return [part.spec(settings, policy) for part in (conversations, channels, alerts)]


def make_worker(settings: Settings, policy: Policy) -> EngineApp:
    """A worker with everything in it; connects to nothing yet.

    `policy` is activated when none ever was.
    """
    keeper = VersionKeeper(settings, policy)
    app = make_app(settings, agent_specs(settings, keeper.versions))
    app.prepare, app.release, app.engine.after_claim = keeper.start, keeper.stop, keeper.read
    runtime = Runtime(keeper.versions, app.engine)
    server = WorkerServer(runtime, settings.web_host, settings.web_port, admin_token())
    # Up before recovery begins, so that probes are answered from then on.
    app.add_dependency(Beside(begin=server.start, end=server.stop))
    messages = MessageService(settings, keeper.versions, app.engine)
    runtime.told.append(messages.notifications)
    app.add_dependency(messages)
    if settings.alertmanager_urls:
        notifier = make_notifier(settings, app.engine)
        runtime.told.append(notifier.notifications)
        # Its end resolves nothing, for others go on.
        app.add_dependency(Beside(run=notifier.run, end=notifier.stop))
    runtime.fed = make_feed(settings, keeper.versions, app.engine)
    if runtime.fed is not None:
        app.add_dependency(Beside(run=runtime.fed.run))
    return app


@cache
def _from_environment() -> EngineApp:
    settings = Settings()
    return make_worker(settings, policy_of(settings))


def __getattr__(name: str) -> Any:
    if name == "app":
        return _from_environment()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
