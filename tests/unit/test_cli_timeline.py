"""How `pegel explain` shows a timeline, and how it finds the conversation that is meant."""

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rich.console import Console

from stream_app.cli.explain import _find
from stream_app.cli.timeline import moment, show, span
from stream_app.errors import UserError

CLOCK: dict[str, Any] = {
    "clock": "first_reply",
    "is": "breached",
    "instance": 1,
    "started_at": "2026-03-02T08:00:00.000Z",
    "ended_at": None,
    "due": "2026-03-02T12:00:00.000Z",
    "target": 14_400.0,
    "elapsed": 18_000.0,
    "late_by": 3_600.0,
    "left": -3_600.0,
    "calendar": "office",
    "policy": {"name": "everything else", "hash": "0123456789abcdef"},
    "caused_by": [],
    "spans": [["2026-03-02T08:00:00.000Z", "2026-03-02T13:00:00.000Z", "office"]],
}
FOUND: dict[str, Any] = {
    "tenant": "demo",
    "source": "zendesk/acme",
    "conversation": "4711",
    "as_of": "2026-03-02T13:00:00.000Z",
    "status": "open",
    "channel": "email",
    "team": None,
    "priority": "high",
    "tags": [],
    "url": None,
    "created_at": "2026-03-02T08:00:00.000Z",
    "created_by": "customer",
    "waiting_since": "2026-03-02T08:00:00.000Z",
    "ended_at": None,
    "reopen_count": 0,
    "merged_into": None,
    "excluded": True,
    "acts": [
        {"at": "2026-03-02T12:30:00.000Z", "what": "excluded", "by": "p_1", "reason": "a test"},
        {"at": "2026-03-02T12:40:00.000Z", "what": "included", "by": None, "reason": None},
    ],
    "last_event_at": "2026-03-02T08:00:00.000Z",
    "next_wake_at": None,
    "clocks": [CLOCK, {**CLOCK, "clock": "next_reply", "is": "idle", "target": None, "elapsed": 0}],
    "conditions": [
        {"rule": "ticket_unresolved", "active": False, "due": None, "since": None},
    ],
    "timeline": [
        {"at": "2026-03-02T12:00:00.000Z", "what": "first_reply breached", "reason": "[late]"},
    ],
    "corrected_times": 0,
}


def shown(found: dict[str, Any]) -> str:
    out = io.StringIO()
    show(found, Console(file=out, width=160))
    return out.getvalue()


def test_who_took_it_out_of_the_figures_is_shown() -> None:
    text = shown(FOUND)
    assert "excluded 2026-03-02 12:30:00 by p_1: a test" in text
    assert "included 2026-03-02 12:40:00 by somebody" in text


def test_a_timeline_shows_each_clock_with_due_calendar_and_policy() -> None:
    text = shown(FOUND)
    for part in (
        "zendesk/acme 4711",
        "email, high",
        "5h / 4h +1h",
        "2026-03-02 12:00:00",
        "office",
        "everything else (01234567)",
        "ticket_unresolved",
        "first_reply breached",
        "[late]",
    ):
        assert part in text, part


def test_a_conversation_without_clocks_is_shown_as_well() -> None:
    bare = {**FOUND, "clocks": [], "conditions": [], "timeline": [], "created_at": None}
    assert "zendesk/acme 4711" in shown(bare)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (3600, "1h"), (3725, "1h 2m"), (183_845.7, "2d 3h")],
)
def test_a_span_has_two_units_at_most(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_an_instant_is_cut_to_seconds_and_nothing_is_a_dash() -> None:
    assert moment("2026-03-02T12:00:00.123Z") == "2026-03-02 12:00:00"
    assert moment(None) == "-"


def worker(*held: dict[str, str]) -> TestServer:
    """A worker that holds these conversations, as far as the command asks it."""

    async def search(request: web.Request) -> web.Response:
        matches = [h for h in held if h["conversation"] == request.query["id"]]
        tenant = request.query.get("tenant")
        return web.json_response({"matches": [m for m in matches if tenant in (None, m["tenant"])]})

    async def timeline(request: web.Request) -> web.Response:
        for h in held:
            if (h["source"], h["conversation"]) == tuple(request.match_info.values()):
                return web.json_response({**FOUND, **h})
        return web.json_response({"error": "no", "hint": "ask the others"}, status=404)

    app = web.Application()
    app.router.add_get("/api/v1/conversations", search)
    app.router.add_get("/api/v1/conversations/{source:.+}/{id:[^/]+}", timeline)
    return TestServer(app)


def conversation(source: str, native_id: str, tenant: str = "demo") -> dict[str, str]:
    return {"tenant": tenant, "source": source, "conversation": native_id}


@pytest.fixture
async def two_workers() -> AsyncIterator[list[str]]:
    first = worker(conversation("zendesk/acme", "1"), conversation("zendesk/acme", "both"))
    second = worker(conversation("intercom/acme", "2"), conversation("intercom/acme", "both"))
    await first.start_server()
    await second.start_server()
    yield [str(first.make_url("")), str(second.make_url(""))]
    await first.close()
    await second.close()


async def test_an_id_alone_is_enough_when_it_is_unique(two_workers: list[str]) -> None:
    assert (await _find(two_workers, "2", None, None))["source"] == "intercom/acme"


async def test_an_id_of_two_conversations_asks_for_the_source(two_workers: list[str]) -> None:
    with pytest.raises(UserError, match="2 conversations") as raised:
        await _find(two_workers, "both", None, None)
    assert "--source zendesk/acme --tenant demo" in raised.value.remedy
    assert (await _find(two_workers, "both", "zendesk/acme", None))["source"] == "zendesk/acme"


async def test_a_conversation_that_nobody_holds_says_whom_to_ask(two_workers: list[str]) -> None:
    with pytest.raises(UserError, match="no conversation 3") as raised:
        await _find(two_workers, "3", None, None)
    assert "--worker" in raised.value.remedy
    with pytest.raises(UserError, match="no conversation 3 of a/b") as raised:
        await _find(two_workers, "3", "a/b", None)
    assert raised.value.remedy == "ask the others"


async def test_one_worker_that_does_not_answer_does_not_hide_the_other(
    two_workers: list[str],
) -> None:
    asked = ["http://127.0.0.1:1", two_workers[1]]
    assert (await _find(asked, "2", None, None))["conversation"] == "2"
