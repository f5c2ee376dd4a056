"""What the JSON API answers about views, windows, goals and urgent conversations."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from aiohttp import web

from schemas.instants import format_ms
from stream_app.domain.channel_sla import channel_sla
from stream_app.wall.answers import Refusal, json_answer
from stream_app.wall.context import Wall
from stream_app.wall.held import HeldView, place
from stream_app.wall.hub import in_scopes
from stream_app.wall.judge import behind
from stream_app.wall.routing import Call
from stream_app.wall.shapes import (
    Answer,
    ChannelAnswer,
    ChannelsAnswer,
    ConversationsAnswer,
    GoalsAnswer,
    GoalShape,
    TenantsAnswer,
    UrgentConversation,
    ViewsAnswer,
    WindowsAnswer,
    received,
)

SCOPE_PARTS: Final = ("channel", "team", "priority")
_LISTED: Final = 20


def trust(wall: Wall, tenant: str, views: Sequence[HeldView]) -> dict[str, Any]:
    """The fields of `Answer`. Of several views: the earliest instant, and what is wrong with any."""
    now = wall.now_ms()
    missing = sorted({number for held in views for number in held.view.missing_partitions})
    lost = not wall.feed.state.connected
    answer = Answer(
        tenant=tenant,
        as_of=format_ms(min(held.as_of_ms for held in views)) if views else None,
        complete=bool(views) and all(held.view.complete for held in views),
        missing_partitions=missing,
        stale=lost or not views or any(held.stale(now) for held in views),
        behind=any(behind(held.view, held.as_of_ms, now) for held in views),
        feed=wall.feed_shape(),
    )
    return msgspec.structs.asdict(answer)


def tenant_of(call: Call) -> str:
    """The tenant that is asked for, or the only one there is."""
    known = call.wall.feed.store.tenants()
    asked = call.text("tenant")
    listed = ", ".join(known[:_LISTED])
    if asked is not None:
        if asked not in known:
            raise _unknown(call, f"no tenant {asked}", f"there are: {listed}", "query: tenant")
        return asked
    if len(known) > 1:
        raise Refusal(400, "there are several tenants", f"name one: {listed}", "query: tenant")
    if not known:
        raise _unknown(call, "there are no figures yet", "ask again when a worker runs", "")
    return known[0]


def _unknown(call: Call, detail: str, remedy: str, where: str) -> Refusal:
    """404, or 503 as long as nobody can know: the feed has not been read."""
    if call.wall.feed.sessions == 0:
        problem = call.wall.feed.state.problem or "the feed has not been read yet"
        return Refusal(503, problem, "ask again in a moment").retry_after(2)
    return Refusal(404, detail, remedy, where)


def scope_of(call: Call) -> dict[str, str]:
    """The scope that is asked for: the parts that were given."""
    return {part: call.values[part] for part in SCOPE_PARTS if part in call.values}


def _view(call: Call, tenant: str, scope: dict[str, str]) -> HeldView:
    held = call.wall.feed.store.view(place(tenant, scope))
    if held is None:
        named = ", ".join(f"{part} {value}" for part, value in scope.items()) or "the tenant"
        raise _unknown(
            call, f"no figures for {named}", "GET /api/v1/views?scope=all lists what there is", ""
        )
    return held


async def tenants(call: Call) -> web.Response:
    """Of whom there are figures."""
    wall = call.wall
    return json_answer(
        call.request, TenantsAnswer(tenants=wall.feed.store.tenants(), feed=wall.feed_shape())
    )


async def views(call: Call) -> web.Response:
    """Views as they were written."""
    tenant, scope = tenant_of(call), scope_of(call)
    found = [
        held
        for held in call.wall.feed.store.views(tenant)
        if in_scopes(held.view.scope, call.values["scope"])
        and scope.items() <= held.view.scope.items()
    ]
    shown = found[: call.values["limit"]]
    items = [received(held) for held in shown]
    answer = ViewsAnswer(**trust(call.wall, tenant, shown), total=len(found), items=items)
    return json_answer(call.request, answer)


async def channels(call: Call) -> web.Response:
    """Every channel in a few figures."""
    tenant = tenant_of(call)
    found = [h for h in call.wall.feed.store.views(tenant) if h.view.scope.keys() == {"channel"}]
    shown = found[: call.values["limit"]]
    items = [channel_sla(held.view, stale=_stale(call.wall, held)) for held in shown]
    answer = ChannelsAnswer(**trust(call.wall, tenant, shown), total=len(found), items=items)
    return json_answer(call.request, answer)


async def channel(call: Call) -> web.Response:
    """One channel: its figures, its view, and those of its teams."""
    tenant, name = tenant_of(call), call.values["channel"]
    held = _view(call, tenant, {"channel": name})
    teams = [
        each
        for each in call.wall.feed.store.views(tenant)
        if each.view.scope.keys() == {"channel", "team"} and each.view.scope["channel"] == name
    ][: call.values["limit"]]
    answer = ChannelAnswer(
        **trust(call.wall, tenant, [held, *teams]),
        channel=channel_sla(held.view, stale=_stale(call.wall, held)),
        view=received(held),
        teams=[received(each) for each in teams],
    )
    return json_answer(call.request, answer)


async def windows(call: Call) -> web.Response:
    """The rolling windows of one scope."""
    tenant, scope = tenant_of(call), scope_of(call)
    held = _view(call, tenant, scope)
    asked, found = call.text("window"), held.view.windows
    if asked is not None and asked not in found:
        raise Refusal(404, f"no window {asked}", "there are: " + ", ".join(found), "query: window")
    shown = {asked: found[asked]} if asked is not None else found
    answer = WindowsAnswer(**trust(call.wall, tenant, [held]), scope=scope, windows=shown)
    return json_answer(call.request, answer)


async def goals(call: Call) -> web.Response:
    """How the goals of the policy go."""
    tenant, scope = tenant_of(call), scope_of(call)
    held = [h for h in call.wall.feed.store.views(tenant) if scope.items() <= h.view.scope.items()]
    found = [
        (each, GoalShape(scope=each.view.scope, as_of=each.view.as_of, goal=goal))
        for each in held
        for goal in each.view.goals
    ]
    shown = found[: call.values["limit"]]
    fields = trust(call.wall, tenant, [each for each, _ in shown] or held)
    answer = GoalsAnswer(**fields, total=len(found), items=[goal for _, goal in shown])
    return json_answer(call.request, answer)


async def conversations(call: Call) -> web.Response:
    """The most urgent conversations in a state, and how many there are in all."""
    tenant, scope, state = tenant_of(call), scope_of(call), call.values["state"]
    held = _view(call, tenant, scope)
    top = held.view.top.get(state, [])[: call.values["limit"]]
    items = [msgspec.convert(scope | item, UrgentConversation, strict=False) for item in top]
    answer = ConversationsAnswer(
        **trust(call.wall, tenant, [held]),
        state=state,
        total=held.view.levels.get(state, len(items)),
        items=items,
    )
    return json_answer(call.request, answer)


def _stale(wall: Wall, held: HeldView) -> bool:
    return not wall.feed.state.connected or held.stale(wall.now_ms())
