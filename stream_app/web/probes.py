"""`/healthz`, `/readyz` and `/metrics`."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from stream_app.adapters.metrics.collector import MetricsCollector
from stream_app.adapters.metrics.exposition import expose, process_families
from stream_app.web.answers import Handler, json_answer
from stream_app.web.health import ProgressWatch
from stream_app.web.runtime import RUNTIME, RuntimeView


def metrics_handler(runtime: RuntimeView, now_ms: Callable[[], int]) -> Handler:
    """Reads the state here, on the loop's thread, and writes it out in another one."""
    collector = MetricsCollector(runtime, now_ms)

    async def metrics(request: web.Request) -> web.Response:
        families = collector.collect() + process_families()
        accept = request.headers.get("Accept", "")
        body, content_type = await asyncio.to_thread(expose, families, accept)
        return web.Response(body=body, headers={"Content-Type": content_type})

    return metrics


def health_handler(runtime: RuntimeView, now_ms: Callable[[], int]) -> Handler:
    """200 while every owned partition is well; that it answers shows that the loop is alive."""
    watch = ProgressWatch()

    async def healthz(request: web.Request) -> web.Response:
        verdicts = watch.check(runtime.status().partitions, now_ms())
        healthy = all(verdict.healthy for verdict in verdicts)
        return json_answer({"healthy": healthy, "partitions": verdicts}, 200 if healthy else 503)

    return healthz


async def readyz(request: web.Request) -> web.Response:
    """200 once the group has assigned partitions and all of them are restored."""
    status = request.app[RUNTIME].status()
    waiting = [
        {"agent": held.agent, "partition": held.partition, "state": held.state}
        for held in status.partitions
        if held.recovering
    ]
    content = {"ready": status.ready, "joined": status.joined, "recovering": waiting}
    return json_answer(content, 200 if status.ready else 503)
