"""The HTTP server of a worker: routes, start and stop. What they answer stands in the other modules."""

from collections.abc import Callable

from aiohttp import web

from stream_app.adapters.clock import now_ms as wall_clock
from stream_app.errors import UserError
from stream_app.web.answers import guard
from stream_app.web.conversations import search, timeline
from stream_app.web.partitions import list_partitions, resume
from stream_app.web.probes import health_handler, metrics_handler, readyz
from stream_app.web.runtime import RUNTIME, TOKEN, RuntimeView
from stream_app.web.summary import state_handler
from stream_app.web.views import views_handler

_MOST_BYTES = 16_384  # nothing here takes a body
_GRACE_SECONDS = 2.0  # a scrape that is under way may finish


def worker_app(
    runtime: RuntimeView, token: str | None = None, now_ms: Callable[[], int] = wall_clock
) -> web.Application:
    """All routes of a worker on an aiohttp application."""
    app = web.Application(middlewares=[guard], client_max_size=_MOST_BYTES)
    app[RUNTIME] = runtime
    app[TOKEN] = token or ""
    app.add_routes(
        [
            web.get("/metrics", metrics_handler(runtime, now_ms)),
            web.get("/healthz", health_handler(runtime, now_ms)),
            web.get("/readyz", readyz),
            web.get("/partitions", list_partitions),
            web.post(r"/partitions/{agent}/{partition:\d{1,6}}/resume", resume),
            web.get("/api/v1/conversations", search),
            # `{source}` holds a slash (vendor/account); it may be percent-encoded or not.
            web.get("/api/v1/conversations/{source:.+}/{id:[^/]+}", timeline),
            web.get("/api/v1/state", state_handler(runtime, now_ms)),
            web.get("/api/v1/views", views_handler(runtime, now_ms)),
        ]
    )
    return app


class WorkerServer:
    """Serves one worker over HTTP on the loop that runs it."""

    def __init__(
        self, runtime: RuntimeView, host: str, port: int, token: str | None = None
    ) -> None:
        self._host = host
        self._port = port
        self._runner = web.AppRunner(
            worker_app(runtime, token), access_log=None, shutdown_timeout=_GRACE_SECONDS
        )

    @property
    def port(self) -> int:
        """The port that is served; another than asked for when that was 0."""
        return int(self._runner.addresses[0][1]) if self._runner.addresses else self._port

    async def start(self) -> None:
        """Listen. Raises UserError when the address cannot be had."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as problem:
            await self._runner.cleanup()
            raise UserError(
                f"cannot serve on {self._host}:{self._port}: {problem.strerror or problem}",
                "free it, or set PEGEL_WEB_HOST and PEGEL_WEB_PORT",
            ) from problem

    async def stop(self) -> None:
        """Stop listening and end what is under way."""
        await self._runner.cleanup()
