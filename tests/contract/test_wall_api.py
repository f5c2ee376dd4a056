"""What the wall answers: figures and how far to trust them, filters, bounds, validators."""

import gzip
import json

import pytest
from aiohttp import ClientSession

from schemas.instants import format_ms
from schemas.outputs import VIEW_INTERVAL_MS
from tests.support.wall import alert, view
from tests.support.wall_api import AS_OF, NOW, Api, Clock

TRUST = {"tenant", "as_of", "complete", "missing_partitions", "stale", "behind", "feed"}


@pytest.mark.parametrize(
    "path",
    [
        "channels", "channels/email", "views", "windows", "goals",
        "conversations?state=overdue", "alerts",
    ],
)  # fmt: skip
async def test_every_answer_with_figures_says_how_far_to_trust_it(acme: Api, path: str) -> None:
    content = await acme.get(path)
    assert content.keys() > TRUST
    assert (content["tenant"], content["complete"], content["stale"]) == ("acme", True, False)
    assert content["feed"] == {
        "connected": True,
        "since": None,
        "problem": None,
        "alerts_read": 1.0,
    }


async def test_channels_are_told_in_flat_figures(acme: Api) -> None:
    content = await acme.get("channels")
    assert (content["total"], content["as_of"]) == (2, "2026-01-12T09:00:01Z")
    chat, email = content["items"]
    assert (chat["channel"], chat["state"]) == ("chat", "ok")
    assert email == {
        "channel": "email",
        "state": "breached",
        "as_of": AS_OF,
        "waiting": 4,
        "open": 9,
        "overdue": 7,
        "at_risk": 1,
        "oldest_waiting_seconds": 0,
        "expected_wait_seconds": None,
        "first_reply_p90_seconds": None,
        "first_reply_met_ratio": 0.876,
    }


async def test_one_channel_has_its_view_and_its_teams(acme: Api) -> None:
    content = await acme.get("channels/email")
    assert content["view"]["scope"] == {"channel": "email"}
    assert content["view"]["received_at"] == format_ms(NOW)
    assert [team["scope"]["team"] for team in content["teams"]] == ["billing"]


@pytest.mark.parametrize(
    ("query", "scopes"),
    [
        ("", ["", "channel=chat", "channel=email", "team=billing"]),
        ("?scope=all&channel=email", ["channel=email", "channel=email,team=billing"]),
        ("?team=billing", ["team=billing"]),
    ],
)
async def test_views_are_narrowed(acme: Api, query: str, scopes: list[str]) -> None:
    content = await acme.get("views" + query)
    assert [",".join(f"{k}={v}" for k, v in i["scope"].items()) for i in content["items"]] == scopes
    assert content["total"] == len(scopes)


async def test_a_limit_bounds_the_items_and_not_the_total(acme: Api) -> None:
    content = await acme.get("views?limit=1")
    assert (len(content["items"]), content["total"]) == (1, 4)


async def test_windows_of_a_scope_or_one_of_them(acme: Api) -> None:
    assert (await acme.get("windows"))["scope"] == {}
    content = await acme.get("windows?channel=email&window=1h")
    assert content["windows"] == {"1h": {"messages_in": 1210, "first_reply_met_ratio": 0.876}}
    status, problem = await acme.refused("windows?window=2h")
    assert (status, problem["remedy"], problem["place"]) == (404, "there are: 1h", "query: window")


async def test_goals_are_told_with_the_scope_that_they_are_about(acme: Api) -> None:
    goal = {"name": "fast", "actual": 0.91, "target": 0.9}
    acme.feed.put(view("email", as_of=AS_OF, goals=[goal]))
    content = await acme.get("goals")
    assert content["items"] == [{"scope": {"channel": "email"}, "as_of": AS_OF, "goal": goal}]


async def test_urgent_conversations_come_with_how_many_there_are(acme: Api) -> None:
    content = await acme.get("conversations?state=overdue&channel=email&limit=2")
    assert (content["total"], content["state"]) == (7, "overdue")
    assert [item["conversation"] for item in content["items"]] == ["0", "1"]
    assert content["items"][0]["channel"] == "email"
    assert (await acme.get("conversations?state=waiting"))["items"] == []


async def test_alerts_are_filtered_and_the_gravest_come_first(acme: Api) -> None:
    acme.feed.put_alerts(
        alert(1, severity="info"), alert(2), alert(3, "acknowledged"), alert(4, "resolved")
    )

    async def ids(query: str) -> list[str]:
        return [item["subject"]["id"] for item in (await acme.get("alerts" + query))["items"]]

    assert await ids("") == ["2", "3", "1"]
    assert await ids("?state=acknowledged") == ["3"]
    assert await ids("?state=resolved") == ["4"]
    assert await ids("?severity=info&rule=first_reply_breached&channel=email") == ["1"]
    assert await ids("?channel=chat") == []


async def test_an_alert_is_told_with_its_trail(acme: Api) -> None:
    acme.feed.put_alerts(alert(1), alert(1, "acknowledged", actor="wall/lead", since=AS_OF))
    content = await acme.get(f"alerts/{alert(1).alert}")
    assert content["alert"]["state"] == "acknowledged"
    assert [(step["state"], step.get("actor")) for step in content["trail"]] == [
        ("firing", None),
        ("acknowledged", "wall/lead"),
    ]


async def test_a_missing_partition_is_named_and_no_state_is_good(acme: Api) -> None:
    acme.feed.put(view("email", as_of=AS_OF, complete=False, missing_partitions=[3, 7]))
    content = await acme.get("channels")
    assert (content["complete"], content["missing_partitions"]) == (False, [3, 7])
    assert [item["state"] for item in content["items"]] == ["ok", "stale"]


async def test_what_has_not_been_written_again_is_stale(acme: Api, clock: Clock) -> None:
    clock.now += 3 * VIEW_INTERVAL_MS + 1
    acme.feed.put(view("chat"))
    content = await acme.get("channels")
    assert content["stale"]
    assert [item["state"] for item in content["items"]] == ["ok", "stale"]


@pytest.mark.parametrize(
    ("mode", "late", "behind"),
    [
        ("live", 60_000, False), ("live", 60_001, True), ("catchup", 60_001, True),
        (None, 60_001, True), ("event", 10**10, False),
    ],
)  # fmt: skip
async def test_figures_of_more_than_a_minute_ago_are_behind_unless_they_are_replayed(
    acme: Api, mode: str | None, late: int, behind: bool
) -> None:
    acme.feed.put(view("email", as_of=format_ms(NOW - late), mode=mode))
    content = await acme.get("windows?channel=email")
    assert (content["behind"], content["stale"]) == (behind, False)


async def test_a_lost_feed_makes_everything_stale_and_says_since_when(acme: Api) -> None:
    acme.feed.lose("the broker is gone")
    content = await acme.get("channels")
    assert content["stale"]
    assert {item["state"] for item in content["items"]} == {"stale"}
    assert content["feed"] == {
        "connected": False,
        "since": format_ms(NOW),
        "problem": "the broker is gone",
        "alerts_read": 1.0,
    }


async def test_several_tenants_have_to_be_told_apart(acme: Api) -> None:
    acme.feed.put(view("email", tenant="globex"))
    status, problem = await acme.refused("channels")
    assert (status, problem["place"]) == (400, "query: tenant")
    assert problem["remedy"] == "name one: acme, globex"
    assert (await acme.get("channels?tenant=globex"))["total"] == 1
    assert (await acme.get("tenants"))["tenants"] == ["acme", "globex"]
    status, _ = await acme.refused("channels?tenant=nobody")
    assert status == 404


async def test_before_the_feed_is_read_nobody_is_told_that_there_is_nothing(api: Api) -> None:
    api.feed.forget("no Kafka broker answers at kafka:9092")
    status, problem = await api.refused("channels?tenant=acme")
    assert (status, problem["detail"]) == (503, "no Kafka broker answers at kafka:9092")
    status, _ = await api.refused(f"alerts/{alert(1).alert}")
    assert status == 503


async def test_while_alerts_are_read_nobody_is_told_that_there_are_none(acme: Api) -> None:
    acme.feed.read_alerts(0.45)
    for path in ("alerts", f"alerts/{alert(77).alert}"):
        status, problem = await acme.refused(path)
        assert (status, problem["detail"]) == (503, "alerts are still being read (45%)")
    assert (await acme.get("channels"))["feed"]["alerts_read"] == 0.45
    acme.feed.read_alerts(1.0)
    assert "items" in await acme.get("alerts")


async def test_who_has_an_answer_already_is_told_so(acme: Api) -> None:
    first = await acme.ask("channels")
    again = await acme.ask("channels", **{"If-None-Match": f'"other", W/{first.headers["ETag"]}'})
    assert (again.status, await again.read()) == (304, b"")
    acme.feed.put(view("email", as_of=AS_OF, levels={"waiting": 5}))
    changed = await acme.ask("channels", **{"If-None-Match": first.headers["ETag"]})
    assert changed.status == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


async def test_long_answers_are_compressed_for_those_who_take_it(acme: Api) -> None:
    async with ClientSession(auto_decompress=False) as session:
        url = f"{acme.paper.url}/api/v1/views"
        packed = await session.get(url, headers={"Accept-Encoding": "gzip"})
        plain = await session.get(url, headers={"Accept-Encoding": "identity"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert json.loads(gzip.decompress(await packed.read())) == json.loads(await plain.read())


@pytest.mark.parametrize(
    "path", ["/", "/assets/wall.js", "/api/v1/tenants", "/nothing", "/healthz"]
)
async def test_every_answer_carries_the_security_headers(api: Api, path: str) -> None:
    async with ClientSession() as session, session.get(api.paper.url + path) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; object")
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "aiohttp" not in answer.headers["Server"]
