"""`/api/v1/views`: the current snapshots that this worker holds, as screens read them."""

from collections.abc import Callable, Iterator
from typing import Final

from aiohttp import web

from schemas.instants import format_ms
from schemas.outputs import View
from stream_app.adapters.metrics.pipeline import EVENT_TIME
from stream_app.adapters.metrics.sources import TotalsSource
from stream_app.web.answers import Handler, Refusal, json_answer, tenants_of
from stream_app.web.runtime import RuntimeView, ViewSource, restored

MOST: Final = 500
INTERVAL_SECONDS: Final = 2
_SCOPES: Final = ("channel", "all")


def views_handler(runtime: RuntimeView, now_ms: Callable[[], int]) -> Handler:
    """Totals and channels by default, every scope with `?scope=all`; at most `MOST` of them."""

    async def views(request: web.Request) -> web.Response:
        scope = request.query.get("scope", "channel")
        if scope not in _SCOPES:
            raise Refusal(400, "scope must be one of: " + ", ".join(_SCOPES))
        tenants = tenants_of(request, list(runtime.policy.tenants))
        found = [
            (key, view)
            for key, view in held_views(runtime)
            if view.tenant in tenants and (scope == "all" or view.scope.keys() <= {"channel"})
        ]
        found.sort(key=lambda pair: pair[0])
        return json_answer(
            {
                "now": format_ms(now_ms()),
                "interval_seconds": INTERVAL_SECONDS,
                "modes": modes(runtime),
                "total": len(found),
                "views": [view for _, view in found[:MOST]],
            }
        )

    return views


def held_views(runtime: RuntimeView) -> Iterator[tuple[tuple[str, str], View]]:
    """The newest view of every scope, with its key, of the partitions that are owned here."""
    for held in restored(runtime.status()):
        if isinstance(held.job, ViewSource):
            yield from held.job.views.items()


def modes(runtime: RuntimeView) -> dict[str, str]:
    """Whether each tenant is on live or on event time: as the policy says, unless it has moved on."""
    found = dict(runtime.policy.tenants)
    for held in restored(runtime.status()):
        if isinstance(held.job, TotalsSource):
            for tenant, (_, _, mode) in held.job.clocks().items():
                found[tenant] = EVENT_TIME if mode == EVENT_TIME else "live"
    return found
