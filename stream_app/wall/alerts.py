"""What the JSON API answers about alerts, and the commands that people give about them."""

from typing import Any, Final

import msgspec
from aiohttp import web

from schemas.commands import ACKNOWLEDGE, RELEASE, SNOOZE, Command
from schemas.instants import format_ms
from stream_app.policyfile.scalars import UNITS, Wrong, duration
from stream_app.wall.answers import Refusal, json_answer
from stream_app.wall.context import Wall
from stream_app.wall.held import RESOLVED, HeldAlert, place
from stream_app.wall.reads import tenant_of, trust
from stream_app.wall.routing import Call
from stream_app.wall.shapes import (
    AlertAnswer,
    AlertsAnswer,
    AlertStep,
    CommandAnswer,
    written,
)

LONGEST_SPAN: Final = 30 * UNITS["d"]
_LONGEST_REASON: Final = 500
_FILTERS: Final = ("state", "severity", "rule")


async def alerts(call: Call) -> web.Response:
    """Unresolved alerts, gravest first; resolved ones only when they are asked for."""
    tenant = tenant_of(call)
    require_all(call.wall)
    store = call.wall.feed.store
    wanted = {name: call.values[name] for name in _FILTERS if name in call.values}
    held = store.alerts(tenant, resolved=wanted.get("state") == RESOLVED)
    found = sorted((each for each in held if _fits(each, wanted, call)), key=lambda h: h.urgency)
    items = [written(each.json) for each in found[: call.values["limit"]]]
    answer = AlertsAnswer(**_trust(call, tenant), total=len(found), items=items)
    return json_answer(call.request, answer)


async def alert(call: Call) -> web.Response:
    """One alert and what became of it so far: an audit trail, with who and when."""
    held = _held(call)
    answer = AlertAnswer(
        **_trust(call, held.alert.tenant),
        alert=written(held.json),
        trail=[msgspec.convert(step, AlertStep) for step in held.trail],
    )
    return json_answer(call.request, answer)


async def acknowledge(call: Call) -> web.Response:
    """Somebody takes care of it."""
    until = _until(call, call.body.span) if call.body.span is not None else None
    return await _command(call, ACKNOWLEDGE, until)


async def snooze(call: Call) -> web.Response:
    """Be quiet about it for a while."""
    return await _command(call, SNOOZE, _until(call, call.body.span))


async def release(call: Call) -> web.Response:
    """Take an acknowledgement or a snooze back."""
    return await _command(call, RELEASE, None)


async def _command(call: Call, action: str, until: str | None) -> web.Response:
    held = _held(call)
    if held.alert.state == RESOLVED:
        raise Refusal(409, "the alert is resolved already", "nothing is left to do", "path: alert")
    actor = f"wall/{call.caller.name}"
    command = Command(
        action=action, alert=held.alert.alert, actor=actor, until=until, reason=_reason(call)
    )
    where = await call.wall.commands.write(held.key, command)
    answer = CommandAnswer(
        command=where, alert=held.alert.alert, action=action, actor=actor, until=until
    )
    return json_answer(call.request, answer, 202)


def require_all(wall: Wall) -> None:
    """503 while alerts are still being read: a part of them would look like all. Raises Refusal."""
    share = wall.feed.state.alerts_read
    if share < 1:
        detail = f"alerts are still being read ({share:.0%})" if share else "no alerts are read yet"
        raise Refusal(503, detail, "ask again").retry_after(2)


def _held(call: Call) -> HeldAlert:
    name = call.values["alert"]
    held = call.wall.feed.store.alert(name)
    if held is None:
        require_all(call.wall)
        raise Refusal(404, f"no alert {name}", "GET /api/v1/alerts lists them", "path: alert")
    return held


def _fits(held: HeldAlert, wanted: dict[str, str], call: Call) -> bool:
    channel = call.text("channel")
    if channel is not None and held.alert.subject.get("channel") != channel:
        return False
    return all(getattr(held.alert, name) == value for name, value in wanted.items())


def _trust(call: Call, tenant: str) -> dict[str, Any]:
    """Alerts are as fresh as the whole tenant's view, which comes from the same workers."""
    whole = call.wall.feed.store.view(place(tenant, {}))
    return trust(call.wall, tenant, [whole] if whole is not None else [])


def _until(call: Call, span: str) -> str:
    try:
        ms = duration(span).ms
    except Wrong as wrong:
        raise Refusal(400, wrong.found, wrong.allowed, "body: $.for") from None
    if not 0 < ms <= LONGEST_SPAN:
        raise Refusal(
            400, "for must be more than nothing and at most 30d", "e.g. 1h", "body: $.for"
        )
    return format_ms(call.wall.now_ms() + ms)


def _reason(call: Call) -> str | None:
    reason: str | None = call.body.reason
    if reason is not None and len(reason) > _LONGEST_REASON:
        raise Refusal(
            400,
            f"a reason has at most {_LONGEST_REASON} characters",
            "shorten it",
            "body: $.reason",
        )
    return reason
