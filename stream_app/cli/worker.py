"""`pegel worker`: run one worker until it is told to stop."""

import asyncio
import os
import socket
from importlib import import_module
from typing import Annotated, Any

import typer

from stream_app.adapters.embedded_broker import taken
from stream_app.adapters.kafka import connect
from stream_app.adapters.provision import require_topics
from stream_app.adapters.topics import catalogue
from stream_app.cli.options import BrokerOption, PolicyOption, examples, load_settings
from stream_app.errors import UserError
from stream_app.logs import configure
from stream_app.policyfile import default_policy, load_policy
from stream_app.settings import Settings

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog=examples(
        "pegel topics apply && pegel worker --policy policy.yaml",
        "pegel worker --broker kafka:9092 --instance w1  # keeps its partitions over a restart",
        "pegel worker --instance w2 --web-port 6067  # a second one on the same machine",
        "faust -A stream_app.app worker -l info  # the same by Faust's own command",
    )
)
def worker(
    policy: PolicyOption = None,
    broker: BrokerOption = None,
    instance: Annotated[
        str | None,
        typer.Option(
            "--instance",
            metavar="NAME",
            help="A stable name; a worker that comes back under it gets its partitions at once. "
            "Default: host and port; an empty name leaves the group at every stop. [dim]\\[env: PEGEL_INSTANCE_ID][/dim]",
        ),
    ] = None,
    web_port: Annotated[
        int | None,
        typer.Option(
            "--web-port",
            min=1,
            max=65535,
            help="Port of /metrics, /healthz and the timeline. [dim]\\[env: PEGEL_WEB_PORT][/dim]",
        ),
    ] = None,
) -> None:
    """Run a worker: SLA clocks per conversation, live windows, alerts, /metrics.

    Start as many as you like, up to the number of partitions: they share the work, and any of them
    takes over from one that dies. SIGTERM or Ctrl-C ends a worker within ten seconds; nothing that
    was read is lost or counted twice.
    """
    settings = named(
        load_settings(policy=policy, broker=broker, instance_id=instance, web_port=web_port)
    )
    rules = load_policy(settings.policy) if settings.policy else default_policy()
    _require_port(settings)
    asyncio.run(_require_topics(settings))
    configure(settings.log_format, settings.log_level)
    # Faust takes half a second to import: after everything that can be wrong has been looked at.
    made: Any = import_module("stream_app.app").make_worker
    code: int = import_module("stream_app.cli.serving").serve(lambda: made(settings, rules))
    _leave(code)


def named(settings: Settings) -> Settings:
    """A worker that is not named is named after its host and port, so that a restart is no rebalance."""
    if settings.instance_id is not None or settings.transactions == "off":
        return settings  # brokers without transactions may not know names either
    name = f"{socket.gethostname()}-{settings.web_port}"
    return settings.model_copy(update={"instance_id": name})


def _require_port(settings: Settings) -> None:
    if taken(settings.web_port, settings.web_host):
        raise UserError(
            f"port {settings.web_port} is taken",
            "end what uses it (another worker?), or choose one: pegel worker --web-port 6067",
        )


async def _require_topics(settings: Settings) -> None:
    async with connect(settings.broker) as admin:
        await require_topics(admin, settings, catalogue(settings))


def _leave(code: int) -> None:
    """End now: the threads of libraries that still linger have nothing left to do."""
    os._exit(code)
