"""`/api/v1/conversations`: the clock timeline of one conversation, from its owner, and finding it."""

from aiohttp import web

from stream_app.engine.status import EngineStatus
from stream_app.web.answers import Refusal, json_answer, name_of, tenants_of
from stream_app.web.runtime import RUNTIME, FindSource, TimelineSource, restored

MOST = 20


async def timeline(request: web.Request) -> web.Response:
    """The timeline if this worker owns the conversation, else 404 and where else to look."""
    runtime = request.app[RUNTIME]
    source, native_id = name_of(request, "source"), name_of(request, "id")
    status = runtime.status()
    jobs = [held.job for held in restored(status) if isinstance(held.job, TimelineSource)]
    for tenant in tenants_of(request, list(runtime.policy.tenants)):
        for job in jobs:
            found = job.explain(tenant, source, native_id)
            if found is not None:
                return json_answer(found)
    raise Refusal(404, f"no conversation {native_id} of {source} on this worker", _hint(status))


async def search(request: web.Request) -> web.Response:
    """Which conversations of this worker have the native id of `?id=`, for those who know no more."""
    runtime = request.app[RUNTIME]
    native_id, tenants = name_of(request, "id"), tenants_of(request, list(runtime.policy.tenants))
    jobs = [held.job for held in restored(runtime.status())]
    found = [key for job in jobs if isinstance(job, FindSource) for key in job.find(native_id)]
    matches = [
        {"tenant": key.tenant, "source": key.source, "conversation": key.id}
        for key in sorted(found)
        if key.tenant in tenants
    ]
    return json_answer({"total": len(matches), "matches": matches[:MOST]})


def _hint(status: EngineStatus) -> str:
    if any(held.recovering for held in status.partitions):
        return "this worker is still restoring partitions: ask again"
    owned = [str(held.partition) for held in restored(status) if held.agent == "conversations"]
    if not owned:
        return "this worker owns no conversations: ask another worker"
    return f"this worker owns partitions {', '.join(owned)}: ask the others, check source and id"
