"""`/partitions`: what each agent's partitions do here, and the switch that lifts a fuse."""

from typing import Any

from aiohttp import web

from stream_app.engine.status import PartitionStatus
from stream_app.web.answers import Refusal, json_answer, name_of
from stream_app.web.runtime import RUNTIME
from stream_app.web.token import require_authority


async def list_partitions(request: web.Request) -> web.Response:
    """Every agent partition of this worker."""
    status = request.app[RUNTIME].status()
    return json_answer(
        {
            "joined": status.joined,
            "ready": status.ready,
            "fencing": status.fencing,
            "fences": status.fences,
            "partitions": [described(held) for held in status.partitions],
        }
    )


async def resume(request: web.Request) -> web.Response:
    """Lift the fuse of one partition."""
    require_authority(request)
    agent, partition = name_of(request, "agent"), int(request.match_info["partition"])
    runtime = request.app[RUNTIME]
    held = runtime.status().partition(agent, partition)
    try:
        await runtime.resume(agent, partition)
    except LookupError as error:
        raise Refusal(
            404,
            f"{agent} {partition} is not owned by this worker",
            "ask the worker whose /partitions lists it",
        ) from error
    was = held.fused if held is not None else None
    return json_answer({"agent": agent, "partition": partition, "was_fused": was})


def described(held: PartitionStatus) -> dict[str, Any]:
    """A partition's status without its job."""
    return {
        "agent": held.agent,
        "partition": held.partition,
        "state": held.state,
        "owned": held.owned,
        "recovering": held.recovering,
        "fused": held.fused,
        "paused": held.paused,
        "lag": held.lag,
        "position": held.position,
        "end": held.end,
        "epoch": held.epoch,
        "rows_restored": held.rows_restored,
        "last_progress_ms": held.last_progress_ms,
        "dead_letters": dict(held.dead_letters),
        "flush": held.flush,
        "sources": held.sources,
    }
