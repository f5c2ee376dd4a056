"""Who gets in, who may act, and what a page of another site can not do."""

import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar

from stream_app.wall.gate import COOKIE, SESSION_SECONDS, Admission, Budget
from stream_app.wall.tokens import ACT, VIEW, Caller, Token, Tokens
from tests.support.wall import PaperWall, alert, alert_key, paper_wall, served, view

START = 1_768_208_404_000
LOBBY, LEAD = "secret-of-the-lobby", "secret-of-the-lead"
JSON = {"Content-Type": "application/json"}


def tokens() -> Tokens:
    named = ((LOBBY, Caller("lobby", VIEW)), (LEAD, Caller("lead", ACT)))
    return Tokens([Token(c, hashlib.sha256(s.encode()).digest()) for s, c in named])


class Clock:
    now = START

    def __call__(self) -> int:
        return self.now


class Visitor:
    """Somebody with a browser or a program, at a wall with one alert."""

    def __init__(self, paper: PaperWall, session: ClientSession) -> None:
        self.paper = paper
        self.session = session

    async def get(self, path: str, **headers: str) -> ClientResponse:
        return await self.session.get(self.paper.url + path, headers=headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> ClientResponse:
        data = body if isinstance(body, str) else json.dumps(body or {})
        return await self.session.post(
            self.paper.url + path, data=data, headers={**JSON, **headers}
        )

    async def log_in(self, secret: str, **headers: str) -> ClientResponse:
        return await self.post("/api/v1/session", {"token": secret}, **headers)

    async def act(self, action: str = "ack", body: Any = None, **headers: str) -> ClientResponse:
        return await self.post(f"/api/v1/alerts/{alert(1).alert}/{action}", body, **headers)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def visit(paper: PaperWall) -> AsyncIterator[Visitor]:
    paper.feed.put(view())
    paper.feed.put_alerts(alert(1))
    async with served(paper), ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield Visitor(paper, session)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def visitor(clock: Clock) -> AsyncIterator[Visitor]:
    async for each in visit(paper_wall(Admission(tokens(), b"k" * 32), clock)):
        yield each


@pytest.fixture
async def neighbour(clock: Clock) -> AsyncIterator[Visitor]:
    """At a wall without tokens, which is open to its own machine."""
    admission = Admission(Tokens([]), b"k" * 32, ACT, only_here=True)
    async for each in visit(paper_wall(admission, clock)):
        yield each


# ------------------------------------------------------------------------------------- getting in


@pytest.mark.parametrize("path", ["channels", "alerts", "stream", "views", "session"])
async def test_without_a_token_nothing_is_told(visitor: Visitor, path: str) -> None:
    answer = await visitor.get(f"/api/v1/{path}")
    assert answer.status == 401
    assert "Bearer" in (await answer.json(content_type=None))["remedy"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/api/v1/openapi.json"])
async def test_page_health_and_description_are_for_everybody(visitor: Visitor, path: str) -> None:
    assert (await visitor.get(path)).status == 200


async def test_a_token_opens_the_api_to_programs(visitor: Visitor) -> None:
    answer = await visitor.get("/api/v1/session", **bearer(LOBBY))
    assert await answer.json() == {"name": "lobby", "role": "view", "tokens": True}
    assert (await visitor.get("/api/v1/channels", **bearer("wrong-secret-here"))).status == 401


async def test_a_login_gives_a_cookie_that_no_script_and_no_other_site_can_use(
    visitor: Visitor,
) -> None:
    answer = await visitor.log_in(LOBBY)
    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={SESSION_SECONDS}"} <= set(
        cookie.split("; ")
    )
    assert "Secure" not in cookie
    assert LOBBY not in cookie
    assert (await visitor.get("/api/v1/channels")).status == 200


async def test_behind_tls_the_cookie_is_never_sent_in_the_clear(visitor: Visitor) -> None:
    answer = await visitor.log_in(LOBBY, **{"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_after_logging_out_one_is_out(visitor: Visitor) -> None:
    await visitor.log_in(LOBBY)
    url = f"{visitor.paper.url}/api/v1/session"
    assert (await visitor.session.delete(url, headers=JSON)).status == 204
    assert (await visitor.get("/api/v1/channels")).status == 401


async def test_a_session_ends_by_itself(visitor: Visitor, clock: Clock) -> None:
    answer = await visitor.log_in(LOBBY)
    session = answer.cookies[COOKIE].value
    clock.now += SESSION_SECONDS * 1000 + 1
    assert (await visitor.get("/api/v1/channels", Cookie=f"{COOKIE}={session}")).status == 401


@pytest.mark.parametrize(
    "forge",
    [
        lambda s: s.replace("lobby", "lead"),
        lambda s: s[:-2] + "AA",
        lambda s: s.rpartition("~")[0],
        lambda s: s.replace("~1", "~2", 1),
        lambda s: "",
        lambda s: "~~",
        lambda s: "lobby~²~x",
    ],
)
async def test_a_session_that_was_tampered_with_is_none(visitor: Visitor, forge: Any) -> None:
    session = (await visitor.log_in(LOBBY)).cookies[COOKIE].value
    visitor.session.cookie_jar.clear()
    assert forge(session) != session
    answer = await visitor.get("/api/v1/channels", Cookie=f'{COOKIE}="{forge(session)}"')
    assert answer.status == 401


async def test_a_wrong_token_is_slowed_down_and_a_right_one_is_not(visitor: Visitor) -> None:
    seen = [(await visitor.log_in(f"guess-number-{n}-of-many")).status for n in range(12)]
    assert seen == [401] * 10 + [429] * 2
    assert (await visitor.log_in(LEAD)).status == 200


def test_a_budget_comes_back_steadily() -> None:
    clock = Clock()
    budget = Budget(2, clock)
    assert [budget.spend("a") for _ in range(3)] == [True, True, False]
    assert budget.spend("b")
    clock.now += 30_000
    assert [budget.spend("a") for _ in range(2)] == [True, False]


# ------------------------------------------------------------------------------------- acting


async def test_who_may_view_may_not_act(visitor: Visitor) -> None:
    answer = await visitor.act(**bearer(LOBBY))
    assert answer.status == 403
    assert "role act" in (await answer.json(content_type=None))["remedy"]
    assert visitor.paper.commands.written == []


async def test_an_acknowledgement_is_written_in_the_name_of_the_token(visitor: Visitor) -> None:
    answer = await visitor.act(body={"reason": "on it", "for": "2h"}, **bearer(LEAD))
    assert answer.status == 202
    told = await answer.json()
    assert told == {
        "command": "0-0",
        "alert": alert(1).alert,
        "action": "acknowledge",
        "actor": "wall/lead",
        "until": "2026-01-12T11:00:04Z",
    }
    ((key, command),) = visitor.paper.commands.written
    assert key == alert_key(alert(1))
    assert (command.action, command.actor, command.until, command.reason) == (
        "acknowledge",
        "wall/lead",
        "2026-01-12T11:00:04Z",
        "on it",
    )


async def test_a_snooze_has_an_end_and_a_release_none(visitor: Visitor) -> None:
    assert (await visitor.act("snooze", {"for": "1h"}, **bearer(LEAD))).status == 202
    assert (await visitor.act("unack", "", **bearer(LEAD))).status == 202
    commands = [command for _, command in visitor.paper.commands.written]
    assert [(c.action, c.until) for c in commands] == [
        ("snooze", "2026-01-12T10:00:04Z"),
        ("release", None),
    ]


@pytest.mark.parametrize(
    ("action", "body", "place"),
    [
        ("snooze", {}, "body: $"),
        ("snooze", {"for": "soon"}, "body: $.for"),
        ("snooze", {"for": "0s"}, "body: $.for"),
        ("snooze", {"for": "31d"}, "body: $.for"),
        ("ack", {"reasn": "x"}, "body: $"),
        ("ack", {"reason": 7}, "body: $.reason"),
        ("ack", {"reason": "x" * 501}, "body: $.reason"),
        ("ack", "{", "body: $"),
        ("ack", "[]", "body: $"),
    ],
)
async def test_what_is_wrong_with_a_body_is_named(
    visitor: Visitor, action: str, body: Any, place: str
) -> None:
    answer = await visitor.act(action, body, **bearer(LEAD))
    assert answer.status == 400
    assert (await answer.json(content_type=None))["place"] == place
    assert visitor.paper.commands.written == []


async def test_a_body_has_a_largest_size(visitor: Visitor) -> None:
    answer = await visitor.act(body={"reason": "x" * 20_000}, **bearer(LEAD))
    assert answer.status == 413
    assert answer.content_type == "application/problem+json"


async def test_what_is_over_can_not_be_acknowledged(visitor: Visitor) -> None:
    visitor.paper.feed.put_alerts(alert(1, "resolved"))
    assert (await visitor.act(**bearer(LEAD))).status == 409


async def test_when_kafka_does_not_take_it_nobody_is_told_that_it_was_done(
    visitor: Visitor,
) -> None:
    visitor.paper.commands.broken = True
    assert (await visitor.act(**bearer(LEAD))).status == 503


async def test_commands_are_slowed_down(visitor: Visitor) -> None:
    seen = {(await visitor.act(**bearer(LEAD))).status for _ in range(121)}
    assert seen == {202, 429}


# ------------------------------------------------------------------------------------- other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
async def test_a_page_of_another_site_can_neither_act_nor_log_anybody_in(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    await visitor.log_in(LEAD)
    assert (await visitor.act(**headers)).status in (403, 415)
    assert (await visitor.log_in(LEAD, **headers)).status in (403, 415)
    assert visitor.paper.commands.written == []


async def test_the_walls_own_page_can(visitor: Visitor) -> None:
    await visitor.log_in(LEAD, **{"Sec-Fetch-Site": "same-origin"})
    own = {"Origin": visitor.paper.url, "Sec-Fetch-Site": "same-origin"}
    assert (await visitor.act(**own)).status == 202
    assert (await visitor.act(Origin=visitor.paper.url)).status == 202


async def test_an_open_wall_answers_to_names_of_this_machine_alone(neighbour: Visitor) -> None:
    assert (await neighbour.act()).status == 202
    assert (await neighbour.get("/api/v1/channels", Host="localhost:6080")).status == 200
    answer = await neighbour.get("/api/v1/channels", Host="rebound.example:6080")
    assert answer.status == 403
    assert "rebound.example" in (await answer.json(content_type=None))["detail"]
