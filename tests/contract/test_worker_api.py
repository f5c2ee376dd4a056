"""What a worker answers about conversations, its state and its views."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from schemas.outputs import View
from tests.support.worker_fakes import (
    NOW,
    FakeChannels,
    FakeConversations,
    FakeRuntime,
    partition,
)

Client = TestClient[Any, Any]


def view(channel: str | None, tenant: str = "acme", **scope: str) -> View:
    parts = ({"channel": channel} if channel else {}) | scope
    return View(
        tenant=tenant, scope=parts, as_of="2026-01-09T15:00:00Z", complete=True,
        missing_partitions=[], levels={"waiting": 3}, windows={}, volume={}, goals=[], top={},
    )  # fmt: skip


@pytest.fixture
def holder(runtime: FakeRuntime) -> FakeConversations:
    job = FakeConversations()
    job.timelines["acme", "zendesk/acme", "T-1"] = {"conversation": "T-1", "clocks": []}
    job.timelines["globex", "mail", "a/b"] = {"conversation": "a/b", "clocks": []}
    runtime.held.append(partition("conversations", 5, job))
    return job


@pytest.mark.usefixtures("holder")
@pytest.mark.parametrize("path", ["zendesk%2Facme/T-1", "zendesk/acme/T-1"])
async def test_a_timeline_is_found_by_source_and_id(client: Client, path: str) -> None:
    answer = await client.get(f"/api/v1/conversations/{path}")
    assert answer.status == 200
    assert (await answer.json())["conversation"] == "T-1"


@pytest.mark.usefixtures("holder")
async def test_an_id_may_hold_an_encoded_slash(client: Client) -> None:
    answer = await client.get("/api/v1/conversations/mail/a%2Fb?tenant=globex")
    assert (await answer.json())["conversation"] == "a/b"


@pytest.mark.usefixtures("holder")
async def test_a_timeline_of_another_tenant_is_not_shown(client: Client) -> None:
    answer = await client.get("/api/v1/conversations/zendesk%2Facme/T-1?tenant=globex")
    assert answer.status == 404


@pytest.mark.usefixtures("holder")
async def test_an_unknown_conversation_says_where_else_to_look(client: Client) -> None:
    answer = await client.get("/api/v1/conversations/zendesk%2Facme/T-2")
    assert answer.status == 404
    content = await answer.json()
    assert content["error"] == "no conversation T-2 of zendesk/acme on this worker"
    assert content["hint"].startswith("this worker owns partitions 0, 1, 5: ask the others")


async def test_while_restoring_the_hint_is_to_ask_again(
    client: Client, runtime: FakeRuntime
) -> None:
    runtime.held = [
        partition("conversations", 0, FakeConversations(), recovering=True, state="restoring")
    ]
    answer = await client.get("/api/v1/conversations/zendesk%2Facme/T-1")
    assert (await answer.json())["hint"] == "this worker is still restoring partitions: ask again"


async def test_a_tenant_that_the_policy_does_not_name_is_unknown(client: Client) -> None:
    answer = await client.get("/api/v1/conversations/mail/T-1?tenant=nobody")
    assert answer.status == 404
    assert (await answer.json())["error"] == "unknown tenant"


@pytest.mark.parametrize("native_id", ["x" * 257, "a%00b", "a%0Ab"])
async def test_what_cannot_be_an_id_is_refused(client: Client, native_id: str) -> None:
    answer = await client.get(f"/api/v1/conversations/mail/{native_id}")
    assert answer.status == 400


async def test_a_conversation_is_found_by_its_id_alone(
    client: Client, holder: FakeConversations
) -> None:
    holder.timelines["globex", "other", "T-1"] = {}
    content = await (await client.get("/api/v1/conversations?id=T-1")).json()
    assert content["total"] == 2
    assert content["matches"][0] == {
        "tenant": "acme",
        "source": "zendesk/acme",
        "conversation": "T-1",
    }
    one = await (await client.get("/api/v1/conversations?id=T-1&tenant=globex")).json()
    assert [match["source"] for match in one["matches"]] == ["other"]


async def test_many_matches_are_bounded_and_the_total_is_told(
    client: Client, holder: FakeConversations
) -> None:
    holder.timelines = {("acme", f"source {n}", "T-1"): {} for n in range(50)}
    content = await (await client.get("/api/v1/conversations?id=T-1")).json()
    assert (len(content["matches"]), content["total"]) == (20, 50)


async def test_a_search_needs_an_id(client: Client) -> None:
    assert (await client.get("/api/v1/conversations")).status == 400


async def test_the_state_sums_up_partitions_and_teams(client: Client) -> None:
    content = await (await client.get("/api/v1/state")).json()
    assert content["agents"]["conversations"] == {
        "states": {"running": 2},
        "lag": 0,
        "dead_letters": 0,
    }
    assert content["clocks"]["acme"] == {"watermark_ms": NOW - 500, "modes": {"live": 2}}
    email = next(one for one in content["channels"] if one["channel"] == "email")
    assert email["waiting"] == 8
    assert email["oldest_waiting_since"] == NOW - 60_000
    assert content["alerts"] == [
        {"rule": "ticket_unresolved", "tenant": "acme", "severity": "warning", "firing": 3}
    ]


@pytest.fixture
def viewer(runtime: FakeRuntime) -> FakeChannels:
    held = [
        view(None), view("email"), view("whatsapp"), view("email", team="billing"),
        view("email", tenant="globex"),
    ]  # fmt: skip
    job = FakeChannels({(one.tenant, str(one.scope)): one for one in held})
    runtime.held = [one for one in runtime.held if one.agent != "channels"]
    runtime.held.append(partition("channels", 0, job))
    return job


@pytest.mark.usefixtures("viewer")
async def test_views_are_totals_and_channels_unless_all_are_asked_for(client: Client) -> None:
    few = await (await client.get("/api/v1/views?tenant=acme")).json()
    assert [one["scope"] for one in few["views"]] == [
        {"channel": "email"},
        {"channel": "whatsapp"},
        {},
    ]
    every = await (await client.get("/api/v1/views?scope=all")).json()
    assert every["total"] == 5
    assert every["modes"] == {"acme": "live", "globex": "event"}
    assert every["now"] == "2026-01-09T15:00:00Z"


@pytest.mark.usefixtures("viewer")
async def test_a_tenant_that_has_gone_live_is_shown_as_live(
    client: Client, runtime: FakeRuntime
) -> None:
    job = FakeConversations(times={"globex": (NOW, NOW, "catchup")})
    runtime.held = [partition("conversations", 0, job)]
    content = await (await client.get("/api/v1/views")).json()
    assert content["modes"] == {"acme": "live", "globex": "live"}


async def test_views_are_bounded_and_the_total_is_told(
    client: Client, viewer: FakeChannels
) -> None:
    viewer.views = {("acme", str(n)): view(f"channel {n}") for n in range(700)}
    content = await (await client.get("/api/v1/views")).json()
    assert (len(content["views"]), content["total"]) == (500, 700)


async def test_another_scope_is_refused(client: Client) -> None:
    assert (await client.get("/api/v1/views?scope=person")).status == 400
