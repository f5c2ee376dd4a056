"""The first wall page in a real browser: it follows the live stream, and never shows old figures as current."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stream_app.adapters.clock import now_ms
from tests.support.browser import Browser
from tests.support.wait import eventually_async
from tests.support.wall import PaperWall, paper_wall, served, view

STATE = "document.querySelector('article .state')?.textContent ?? ''"
BANNER = "document.getElementById('banner').innerText"


@pytest.fixture
async def wall() -> AsyncIterator[PaperWall]:
    async with served(paper_wall()) as wall:
        wall.feed.put(view(), view(None))
        yield wall


@pytest.fixture
async def page(wall: PaperWall, tmp_path: Path) -> AsyncIterator[Browser]:
    async with Browser(tmp_path) as browser:
        await browser.open(wall.url)
        await shows(browser, STATE, " ")
        yield browser


async def shows(page: Browser, expression: str, text: str, deadline: float = 20) -> None:
    async def shown() -> bool:
        return text in str(await page.evaluate(expression))

    await eventually_async(shown, deadline, what=f"{text!r} is shown")


async def test_a_change_reaches_the_page_and_has_a_word_and_a_shape(
    page: Browser, wall: PaperWall
) -> None:
    for levels, shown in (
        ({"at_risk": 1}, "▲ AT RISK"),
        ({"at_risk": 1, "overdue": 2}, "■ OVERDUE"),
        ({}, "● ON TIME"),
    ):
        wall.feed.put(view(levels=levels))
        await shows(page, STATE, shown, 5)


async def test_old_figures_are_stale_at_first_sight(page: Browser, wall: PaperWall) -> None:
    wall.feed.put(view(), received_ms=now_ms() - 60_000)
    await shows(page, STATE, "STALE", 5)


async def test_a_lost_feed_is_said_within_five_seconds(page: Browser, wall: PaperWall) -> None:
    wall.feed.lose()
    await shows(page, BANNER, "Connection lost since", 5)


async def test_what_comes_from_outside_is_text_and_never_markup(
    page: Browser, wall: PaperWall
) -> None:
    odd = "<img src=x onerror=document.title='owned'>"
    wall.feed.put(view(odd))
    await shows(page, "document.getElementById('tiles').textContent", odd, 5)
    assert await page.evaluate("document.title") == "Pegel"
