"""A worker with toy jobs, for tests that kill, stop and replace it: `python -m` this module.

It answers over HTTP on the settings' web port: `/status`, `/state` (the jobs' memory), `/resume`.
From the environment beside `PEGEL_*`: TOY_FAIL="point:n" dies by SIGKILL when that point is passed for
the n-th time, TOY_LIMITS is JSON for `Limits`, TOY_AGENTS is JSON `{agent: [[sources], output]}`,
TOY_COLD names the topic of an ordinary agent.
"""

import json
import os
import signal
import sys
from collections import Counter
from typing import Any

import msgspec
from aiohttp import web

from stream_app.engine.app import EngineApp, make_app
from stream_app.engine.limits import Limits
from stream_app.engine.partition import State
from stream_app.settings import Settings
from stream_app.testing import CountingJob, counting_spec


class Failpoint:
    """Kills this process when a point is passed for the n-th time."""

    def __init__(self, spec: str) -> None:
        name, _, count = spec.partition(":")
        self.name = name
        self.left = int(count or 0)

    def __call__(self, point: str) -> None:
        if point == self.name:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Pages:
    """What the tests ask of a running worker."""

    def __init__(self, app: EngineApp, cold: Counter[str]) -> None:
        self.app = app
        self.cold = cold

    async def status(self, _: web.Request) -> web.Response:
        """The engine's status, without the jobs."""
        status = self.app.engine.status()
        parts = [
            {name: getattr(part, name) for name in part.__slots__ if name not in ("job", "sources")}
            | {
                "offsets": {s.topic: s.position for s in part.sources},
                "job": part.job.__class__.__name__,
            }
            for part in status.partitions
        ]
        body = {
            "ready": status.ready,
            "fencing": status.fencing,
            "fences": status.fences,
            "ignored": status.ignored,
            "partitions": parts,
            "timings": status.timings,
            "cold": sum(self.cold.values()),
        }
        return web.Response(body=msgspec.json.encode(body), content_type="application/json")

    async def state(self, _: web.Request) -> web.Response:
        """The memory of every complete partition."""
        found: dict[str, Any] = {}
        for (agent, number), owner in self.app.engine.owners.by_key.items():
            job = owner.partition.job
            if isinstance(job, CountingJob) and owner.partition.state is State.RUNNING:
                found[f"{agent}/{number}"] = {
                    "counts": job.counts,
                    "letters": job.letters,
                    "applied": job.applied,
                    "epoch": job.epoch,
                    "restores": job.restores,
                    "at_end_ms": job.at_end_ms,
                    "durable": owner.partition.durable,
                }
        return web.json_response(found)

    async def resume(self, request: web.Request) -> web.Response:
        """Lift the fuse of a partition."""
        agent, number = request.query["agent"], int(request.query["partition"])
        return web.json_response({"resumed": await self.app.engine.resume(agent, number)})


def build() -> EngineApp:
    """The app, from the environment."""
    settings = Settings()
    agents = json.loads(os.environ["TOY_AGENTS"])
    limits = msgspec.json.decode(os.environ.get("TOY_LIMITS", "{}"), type=Limits)
    specs = [counting_spec(name, tuple(sources), out) for name, (sources, out) in agents.items()]
    app = make_app(settings, specs, limits, Failpoint(os.environ.get("TOY_FAIL", "")))
    cold: Counter[str] = Counter()
    if "TOY_COLD" in os.environ:
        _add_cold_agent(app, os.environ["TOY_COLD"], cold)
    _add_web(app, settings, Pages(app, cold))
    return app


def _add_cold_agent(app: EngineApp, topic: str, cold: Counter[str]) -> None:
    channel = app.topic(topic, value_serializer="raw", key_serializer="raw")

    @app.agent(channel, name="cold")
    async def count(stream: Any) -> None:
        """An ordinary agent beside the batch agents."""
        async for value in stream:
            cold[value.decode()] += 1


def _add_web(app: EngineApp, settings: Settings, pages: Pages) -> None:
    original = app.on_start

    async def on_start() -> None:
        routes = web.Application()
        routes.router.add_get("/status", pages.status)
        routes.router.add_get("/state", pages.state)
        routes.router.add_get("/resume", pages.resume)
        runner = web.AppRunner(routes, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, settings.web_host, settings.web_port).start()
        await original()

    app.on_start = on_start  # type: ignore[method-assign]  # a test's door into the worker


if __name__ == "__main__":
    sys.argv[1:] = sys.argv[1:] or ["worker", "--loglevel", "warn"]
    build().main()
