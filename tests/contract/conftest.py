"""A worker and a wall that exist only on paper, served over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer

from stream_app.web.worker import worker_app
from tests.support.wall import paper_wall, served, view
from tests.support.wall_api import AS_OF, TOP, Api, Clock
from tests.support.worker_fakes import NOW, FakeRuntime, busy_worker


@pytest.fixture
def runtime() -> FakeRuntime:
    return busy_worker()


@pytest.fixture
async def client(runtime: FakeRuntime) -> AsyncIterator[TestClient[Any, Any]]:
    """Asks the worker on paper, without a token."""
    async with TestClient(TestServer(worker_app(runtime, now_ms=lambda: NOW))) as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api(clock: Clock) -> AsyncIterator[Api]:
    async with served(paper_wall(now_ms=clock)) as paper, ClientSession() as session:
        yield Api(paper, session)


@pytest.fixture
def acme(api: Api) -> Api:
    levels = {"overdue": 7, "at_risk": 1}
    api.feed.put(
        view(None, as_of=AS_OF, levels=levels, top=TOP),
        view("email", as_of=AS_OF, levels=levels, top=TOP),
        view("chat", as_of="2026-01-12T09:00:01Z"),
        view(scope={"team": "billing"}, as_of=AS_OF),
        view(scope={"channel": "email", "team": "billing"}, as_of=AS_OF),
    )
    return api
