"""Metrics, probes, partitions and the page of a worker that exists only on paper."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from stream_app.errors import UserError
from stream_app.web.worker import WorkerServer, worker_app
from tests.support.worker_fakes import NOW, BareJob, FakeRuntime, partition, policy

Client = TestClient[Any, Any]


@pytest.fixture
async def guarded(runtime: FakeRuntime) -> AsyncIterator[Client]:
    async with TestClient(TestServer(worker_app(runtime, token="s3cret"))) as client:
        yield client


async def error_of(response: ClientResponse) -> str:
    content = await response.json()
    return str(content["error"])


# ------------------------------------------------------------------------------------- metrics


async def test_metrics_are_text_unless_open_metrics_is_asked_for(client: Client) -> None:
    plain = await client.get("/metrics")
    assert plain.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    accept = "application/openmetrics-text; version=1.0.0"
    fancy = await client.get("/metrics", headers={"Accept": accept})
    assert fancy.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert (await fancy.text()).endswith("# EOF\n")


async def test_metrics_follow_the_state_from_scrape_to_scrape(
    client: Client, runtime: FakeRuntime
) -> None:
    assert 'partition="1"' in await (await client.get("/metrics")).text()
    runtime.held = runtime.held[:1]
    assert 'partition="1"' not in await (await client.get("/metrics")).text()


# -------------------------------------------------------------------------------------- health


async def test_a_worker_whose_partitions_are_idle_is_healthy(client: Client) -> None:
    answer = await client.get("/healthz")
    assert answer.status == 200
    content = await answer.json()
    assert {one["verdict"] for one in content["partitions"]} == {"idle"}


async def test_a_stuck_partition_makes_the_worker_ill_and_is_named(runtime: FakeRuntime) -> None:
    now = [NOW]
    runtime.held = [partition("channels", 7, BareJob(), lag=12, last_progress_ms=NOW)]
    app = worker_app(runtime, now_ms=lambda: now[0])
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/healthz")).status == 200
        now[0] += 120_000
        answer = await client.get("/healthz")
        assert answer.status == 503
        content = await answer.json()
        assert content["partitions"] == [
            {
                "agent": "channels",
                "partition": 7,
                "healthy": False,
                "verdict": "running, stuck for 120 s",
            }
        ]


async def test_ready_needs_restored_partitions(client: Client, runtime: FakeRuntime) -> None:
    assert (await client.get("/readyz")).status == 200
    restoring = partition("alerts", 3, BareJob(), recovering=True, state="restoring")
    runtime.held, runtime.ready = [restoring], False
    answer = await client.get("/readyz")
    assert answer.status == 503
    content = await answer.json()
    assert content["recovering"] == [{"agent": "alerts", "partition": 3, "state": "restoring"}]


# ---------------------------------------------------------------------------------- partitions


async def test_partitions_are_listed_without_their_jobs(client: Client) -> None:
    content = await (await client.get("/partitions")).json()
    assert [one["agent"] for one in content["partitions"]] == ["conversations"] * 2 + ["alerts"]
    assert content["partitions"][0]["flush"]["rows"] == 70
    assert content["partitions"][0]["sources"][0]["topic"] == "support.conversation.v1"
    assert "job" not in content["partitions"][0]


async def test_without_a_token_this_machine_may_lift_a_fuse(
    client: Client, runtime: FakeRuntime
) -> None:
    runtime.held[0] = partition("conversations", 0, BareJob(), fused="too many", state="fused")
    answer = await client.post("/partitions/conversations/0/resume")
    assert await answer.json() == {
        "agent": "conversations",
        "partition": 0,
        "was_fused": "too many",
    }
    assert runtime.resumed == [("conversations", 0)]


async def test_a_web_page_open_on_this_machine_may_not(
    client: Client, runtime: FakeRuntime
) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    answer = await client.post("/partitions/conversations/0/resume", headers=headers)
    assert answer.status == 403
    assert runtime.resumed == []


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}]
)
async def test_with_a_token_nobody_lifts_a_fuse_without_it(
    guarded: Client, runtime: FakeRuntime, headers: dict[str, str]
) -> None:
    answer = await guarded.post("/partitions/conversations/0/resume", headers=headers)
    assert answer.status == 401
    assert runtime.resumed == []


async def test_with_the_token_a_fuse_is_lifted(guarded: Client, runtime: FakeRuntime) -> None:
    headers = {"Authorization": "Bearer s3cret"}
    answer = await guarded.post("/partitions/conversations/1/resume", headers=headers)
    assert answer.status == 200
    assert runtime.resumed == [("conversations", 1)]


async def test_a_partition_of_another_worker_is_not_found(client: Client) -> None:
    answer = await client.post("/partitions/conversations/99/resume")
    assert answer.status == 404
    assert await error_of(answer) == "conversations 99 is not owned by this worker"


@pytest.mark.parametrize("number", ["-1", "one", "1e3", "12345678"])
async def test_a_partition_is_a_number(client: Client, number: str) -> None:
    assert (await client.post(f"/partitions/conversations/{number}/resume")).status == 404


async def test_a_fuse_is_not_lifted_by_looking(client: Client, runtime: FakeRuntime) -> None:
    answer = await client.get("/partitions/conversations/0/resume")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"
    assert runtime.resumed == []


# ------------------------------------------------------------------------------- errors, server


async def test_an_unknown_path_is_an_answer_in_json(client: Client) -> None:
    answer = await client.get("/nothing/here")
    assert answer.status == 404
    assert answer.content_type == "application/json"
    assert await error_of(answer) == "not found"


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/state", "/healthz"])
async def test_an_internal_error_shows_no_stack(
    client: Client, runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(runtime, "status", broken)
    answer = await client.get(path)
    assert answer.status == 500
    assert await answer.json() == {"error": "internal error, see the worker's log"}
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_server_takes_a_free_port_and_gives_it_back() -> None:
    server = WorkerServer(FakeRuntime(), "127.0.0.1", 0)
    await server.start()
    port = server.port
    assert port > 0
    with pytest.raises(UserError, match="PEGEL_WEB_PORT"):
        await WorkerServer(FakeRuntime(), "127.0.0.1", port).start()
    await server.stop()
    again = WorkerServer(FakeRuntime(policy=policy()), "127.0.0.1", port)
    await again.start()
    await again.stop()
