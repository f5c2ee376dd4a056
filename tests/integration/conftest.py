"""Fixtures of the integration tier."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.integration.engine_harness import Broker, Toy
from tests.support.screen import Screens, chromium, guarded
from tests.support.wall_data import Organisation
from tests.support.wall_server import WallServer


@pytest.fixture
def make_toy(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Toy]]:
    """Makes installations of toy agents, on the shared broker or on a given one."""
    made: list[Toy] = []

    def make(kafka: Broker | None = None, **env: str) -> Toy:
        made.append(Toy(kafka or request.getfixturevalue("kafka"), tmp_path, **env))
        return made[-1]

    yield make
    for toy in made:
        toy.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests of the wall page."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def wall() -> AsyncIterator[WallServer]:
    """A server of the test's own that says what it is told to say."""
    async with WallServer(Organisation()) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def screens(browser: Browser, wall: WallServer) -> AsyncIterator[Screens]:
    """Pages on that server; no error, no request elsewhere, no violation of the policy."""
    async for guard in guarded(browser, wall.url):
        yield guard
