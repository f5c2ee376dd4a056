"""Makes the Faust app of a worker, with the batch agents in it."""

import importlib.metadata
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.transport.drivers import aiokafka as driver

from stream_app.engine.internals import BatchConsumer, BatchTableManager
from stream_app.engine.job import AgentSpec
from stream_app.engine.limits import Limits
from stream_app.engine.log import Writer
from stream_app.engine.owner import Probe
from stream_app.engine.registry import Registry
from stream_app.engine.runtime import Engine
from stream_app.engine.tables import add_agent
from stream_app.engine.watchdog import Watchdog
from stream_app.engine.writer import PlainWriter, TransactionWriter, WriterConfig, has_transactions
from stream_app.settings import Settings


def _no_probe(_: str) -> None:
    """No failpoint."""


class _Boot(BootStrategy):
    """Faust's own web server listens on every address and shows tables; Pegel has its own."""

    enable_web = False


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with the batch consumer."""

    Consumer = BatchConsumer


class EngineApp(faust.App):
    """A Faust app with batch agents; `engine` tells about them."""

    BootStrategy = _Boot
    engine: Engine
    watchdog: Watchdog
    detect: Callable[[], Any]
    prepare: Callable[[], Any]  # before anything is claimed
    release: Callable[[], Any]  # after everything was given back

    async def on_first_start(self) -> None:
        """Faust would make a data directory here, wherever that is; nothing of ours is on disk."""

    async def on_start(self) -> None:
        """Learn what the broker can do before anything reads from it."""
        await self.detect()
        await self.prepare()
        consumer = self.consumer
        assert isinstance(consumer, BatchConsumer)
        self.engine.attach(consumer)
        self.watchdog.start()
        await super().on_start()

    def on_rebalance_end(self) -> None:
        """Recovery is over and records flow."""
        super().on_rebalance_end()
        self.engine.recovered()

    async def on_stop(self) -> None:
        """Drain first: the last flush needs nothing of Faust, and the group should know its offsets."""
        self.watchdog.stop()
        await self.engine.drain()
        await self.consumer.commit()
        await super().on_stop()
        await self.engine.owners.close()
        await self.release()


def make_app(
    settings: Settings,
    specs: Sequence[AgentSpec],
    limits: Limits | None = None,
    probe: Probe = _no_probe,
) -> EngineApp:
    """The app of a worker. Connects to nothing yet and creates no topics."""
    limits = limits or Limits()
    app = EngineApp(settings.app_id, **_faust_settings(settings, limits))
    registry = Registry(settings.app_id, specs, limits, _version())
    engine = Engine(registry, _writers(settings, limits, app, probe), probe)
    app.engine = engine
    app.watchdog = Watchdog(engine, engine.owners.by_key, limits.watchdog_seconds)
    app.detect = lambda: _detect(settings, limits, engine)
    app.prepare = app.release = _nothing
    app.transport = BatchTransport(app.conf.broker_consumer, app)  # before Faust makes its own
    for spec in specs:
        add_agent(app, engine, spec, settings.partitions)
    return app


async def _nothing() -> None:
    """Nothing to prepare."""


async def _detect(settings: Settings, limits: Limits, engine: Engine) -> None:
    if settings.transactions == "auto":
        config = WriterConfig(_bootstrap(settings), f"{settings.app_id}-probe", limits)
        engine.set_fencing(await has_transactions(config))
    else:
        engine.set_fencing(settings.transactions == "on")


def _writers(
    settings: Settings, limits: Limits, app: EngineApp, probe: Probe
) -> Callable[[str, int], Writer]:
    def make(agent: str, partition: int) -> Writer:
        name = f"{settings.app_id}-{agent}-{partition}"
        config = WriterConfig(_bootstrap(settings), name, limits, app.engine.timings, probe)
        return TransactionWriter(config) if app.engine.fencing else PlainWriter(config)

    return make


def _bootstrap(settings: Settings) -> tuple[str, ...]:
    return tuple(part.strip() for part in settings.broker.split(",") if part.strip())


def _version() -> str:
    try:
        return importlib.metadata.version("pegel")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _faust_settings(settings: Settings, limits: Limits) -> dict[str, Any]:
    return {
        "broker": [f"kafka://{address}" for address in _bootstrap(settings)],
        "store": "memory://",
        "datadir": Path(tempfile.gettempdir()) / f"faust-{settings.app_id}",  # kept empty
        "web_enabled": False,
        "topic_partitions": settings.partitions,
        "topic_replication_factor": settings.replication,
        "topic_allow_declare": False,  # `pegel topics apply` makes them, with the right settings
        "topic_disable_leader": True,
        "table_standby_replicas": 0,  # a standby would have to claim, and would fence the owner
        "stream_wait_empty": False,  # the engine has its own bounded wait
        "stream_recovery_delay": 0.0,
        "broker_max_poll_records": limits.poll_records,
        "broker_session_timeout": settings.session_timeout,
        "broker_heartbeat_interval": min(3.0, settings.session_timeout / 4),
        "broker_rebalance_timeout": settings.rebalance_timeout,
        "broker_request_timeout": max(30.0, settings.session_timeout + 5),
        "broker_commit_interval": 1.0,
        "broker_max_poll_interval": 300.0,
        "consumer_max_fetch_size": 4 << 20,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": settings.instance_id or None,
        "producer_linger": 0.0,
        "TableManager": BatchTableManager,
    }
