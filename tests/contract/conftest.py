"""A worker that exists only on paper, served over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from stream_app.web.worker import worker_app
from tests.support.worker_fakes import NOW, FakeRuntime, busy_worker


@pytest.fixture
def runtime() -> FakeRuntime:
    return busy_worker()


@pytest.fixture
async def client(runtime: FakeRuntime) -> AsyncIterator[TestClient[Any, Any]]:
    """Asks the worker on paper, without a token."""
    async with TestClient(TestServer(worker_app(runtime, now_ms=lambda: NOW))) as client:
        yield client
