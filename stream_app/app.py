"""The worker: one Faust app with the batch agents, its web server and the sinks of its alerts.

`faust -A stream_app.app worker` (or `tables`, `agents`) works as with any Faust app: `app` is made
when it is first asked for, from the settings in the environment. Importing this module makes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import structlog
from mode import Service

from agents import alerts, channels, conversations
from stream_app.adapters.alertmanager import Notifier
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


class WebService(Service):
    """The worker's web server, up before recovery begins, so that probes are answered from then on."""

    def __init__(self, runtime: Runtime, settings: Settings) -> None:
        super().__init__()
        host, port = settings.web_host, settings.web_port
        self._server = WorkerServer(runtime, host, port, admin_token())

    async def on_start(self) -> None:
        """Listen."""
        await self._server.start()

    async def on_stop(self) -> None:
        """Stop listening."""
        await self._server.stop()


class NotifierService(Service):
    """Keeps Alertmanager informed, beside the event path."""

    def __init__(self, notifier: Notifier) -> None:
        super().__init__()
        self._notifier = notifier

    async def on_start(self) -> None:
        """Begin to tell."""
        self.add_future(self._notifier.run())

    async def on_stop(self) -> None:
        """Tell no more; nothing is resolved by that, for others go on."""
        await self._notifier.stop()


class FeedService(Service):
    """Keeps the live channel SLAs in Redis, beside the event path."""

    def __init__(self, feed: RedisFeed) -> None:
        super().__init__()
        self._feed = feed

    async def on_start(self) -> None:
        """Begin to write; stopping cancels it."""
        self.add_future(self._feed.run())


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
    app.add_dependency(WebService(runtime, settings))
    messages = MessageService(settings, keeper.versions, app.engine)
    runtime.told.append(messages.notifications)
    app.add_dependency(messages)
    if settings.alertmanager_urls:
        notifier = make_notifier(settings, app.engine)
        runtime.told.append(notifier.notifications)
        app.add_dependency(NotifierService(notifier))
    runtime.fed = make_feed(settings, keeper.versions, app.engine)
    if runtime.fed is not None:
        app.add_dependency(FeedService(runtime.fed))
    return app


@cache
def _from_environment() -> EngineApp:
    settings = Settings()
    return make_worker(settings, policy_of(settings))


def __getattr__(name: str) -> Any:
    if name == "app":
        return _from_environment()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
