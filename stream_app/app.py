"""The worker: one Faust app with the batch agents, its web server and the sinks of its alerts.

`faust -A stream_app.app worker` (or `tables`, `agents`) works as with any Faust app: `app` is made
when it is first asked for, from the settings in the environment. Importing this module makes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from mode import Service

from agents import alerts, channels, conversations
from stream_app.adapters.alertmanager import Notifier
from stream_app.adapters.metrics.notifications import Stats
from stream_app.adapters.notify.messenger import Messenger
from stream_app.adapters.redis_feed import RedisFeed
from stream_app.domain.policy import Policy
from stream_app.engine.app import EngineApp, make_app
from stream_app.engine.job import AgentSpec
from stream_app.engine.runtime import Engine
from stream_app.engine.status import EngineStatus
from stream_app.settings import Settings
from stream_app.web.token import admin_token
from stream_app.web.worker import WorkerServer
from stream_app.wiring import make_feed, make_messenger, make_notifier, policy_of


class Runtime:
    """The running worker as its web server sees it."""

    def __init__(self, policy: Policy, engine: Engine) -> None:
        self.policy = policy
        self.told: list[Callable[[], Iterable[Stats]]] = []
        self._engine = engine

    def status(self) -> EngineStatus:
        """What the engine tells of itself now."""
        return self._engine.status()

    def notifications(self) -> Iterator[Stats]:
        """How each receiver of alerts fares."""
        for each in self.told:
            yield from each()

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
    """Keeps receivers informed, beside the event path."""

    def __init__(self, notifier: Notifier | Messenger) -> None:
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


def agent_specs(settings: Settings, policy: Policy) -> list[AgentSpec]:
    """The batch agents of a worker."""
    return [part.spec(settings, policy) for part in (conversations, channels, alerts)]


def make_worker(settings: Settings, policy: Policy) -> EngineApp:
    """A worker with everything in it; connects to nothing yet."""
    app = make_app(settings, agent_specs(settings, policy))
    runtime = Runtime(policy, app.engine)
    app.add_dependency(WebService(runtime, settings))
    notifier = make_notifier(settings, app.engine) if settings.alertmanager_urls else None
    for each in (notifier, make_messenger(settings, policy, app.engine)):
        if each is not None:
            runtime.told.append(each.notifications)
            app.add_dependency(NotifierService(each))
    feed = make_feed(settings, policy, app.engine)
    if feed is not None:
        app.add_dependency(FeedService(feed))
    return app


@cache
def _from_environment() -> EngineApp:
    settings = Settings()
    return make_worker(settings, policy_of(settings))


def __getattr__(name: str) -> Any:
    if name == "app":
        return _from_environment()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
