"""The wall page on the wall's own server: the stream it really writes, its policy, tokens and commands."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from msgspec.json import encode
from playwright.async_api import Browser, expect

from schemas.instants import parse_ms
from stream_app.adapters.clock import now_ms
from stream_app.wall.gate import Admission
from stream_app.wall.tokens import read_tokens
from tests.support.screen import Screens, guarded, painted, tile
from tests.support.wall import PaperWall, alert, paper_wall, served, view

pytestmark = pytest.mark.asyncio(loop_scope="session")
FIVE_SECONDS = 5_000
HOUR = 3_600_000


@pytest_asyncio.fixture(loop_scope="session")
async def paper() -> AsyncIterator[PaperWall]:
    async with served(paper_wall()) as paper:
        paper.feed.put(view(), view(None))
        paper.feed.put_alerts(alert())
        yield paper


@pytest_asyncio.fixture(loop_scope="session")
async def own(browser: Browser, paper: PaperWall) -> AsyncIterator[Screens]:
    async for guard in guarded(browser, f"{paper.url}/"):
        yield guard


async def test_a_change_reaches_the_page_and_has_a_word(own: Screens, paper: PaperWall) -> None:
    page = await own.open()
    badge = tile(page, "Email").locator(".badge")
    for levels, word in (
        ({"at_risk": 1}, "At risk"),
        ({"at_risk": 1, "overdue": 2}, "Overdue"),
        ({}, "On time"),
    ):
        paper.feed.put(view(levels=levels))
        await expect(badge).to_have_text(word, timeout=1_000)


async def test_old_figures_are_stale_at_first_sight(own: Screens, paper: PaperWall) -> None:
    paper.feed.put(view(), received_ms=now_ms() - 60_000)
    page = await own.open()
    await expect(tile(page, "Email").locator(".badge")).to_have_text("Stale")


async def test_a_lost_feed_is_said_within_five_seconds(own: Screens, paper: PaperWall) -> None:
    page = await own.open()
    paper.feed.lose()
    await expect(page.locator("#banner")).to_contain_text(
        "the broker is gone", timeout=FIVE_SECONDS
    )


async def test_while_alerts_are_read_the_list_does_not_look_as_if_there_were_none(
    own: Screens, paper: PaperWall
) -> None:
    paper.feed.store.put_alert(b"", encode(alert(state="resolved")))
    paper.feed.read_alerts(0.45)
    page = await own.open()
    alerts = page.locator("#alerts")
    await expect(alerts).to_contain_text("Reading alerts: 45%")
    await expect(alerts).not_to_contain_text("No alerts.")
    await expect(page.locator("article")).to_have_count(1)
    paper.feed.read_alerts(1.0)
    await expect(alerts).to_contain_text("No alerts.")


async def test_a_restarted_wall_is_followed_again_with_the_full_picture(browser: Browser) -> None:
    async with served(paper_wall()) as first:
        first.feed.put(view(), view("phone"), view(None))
        screens = Screens(browser, f"{first.url}/")
        page = await screens.open()
        await expect(page.locator("article")).to_have_count(2)
    await expect(page.locator("#banner")).to_be_visible(timeout=FIVE_SECONDS)
    async with served(paper_wall(), urlsplit(first.url).port or 0) as second:
        second.feed.put(view(levels={"waiting": 31}), view(None))
        await painted(page, ".tile .value", "31")
        await expect(page.locator("article")).to_have_count(1)
        await expect(page.locator("#banner")).to_be_hidden()
        await screens.close()
    assert not screens.errors


async def test_an_acknowledgement_is_written_and_seen_when_it_comes_back(
    own: Screens, paper: PaperWall
) -> None:
    page = await own.open()
    await page.get_by_role("button", name="Acknowledge: First reply overdue").click()
    await page.get_by_role("textbox").fill("on it")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    ((_, command),) = paper.commands.written
    assert (command.action, command.reason) == ("acknowledge", "on it")
    paper.feed.put_alerts(alert(state="acknowledged"))
    await expect(page.locator("#alerts li")).to_contain_text("Acknowledged")


async def test_a_snooze_is_written_with_its_end_and_seen_when_it_comes_back(
    own: Screens, paper: PaperWall
) -> None:
    page = await own.open()
    await page.get_by_role("button", name="Snooze: First reply overdue").click()
    before = now_ms()
    await page.get_by_role("button", name="until tomorrow 08:00").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    ((_, command),) = paper.commands.written
    assert (command.action, command.reason) == ("snooze", None)
    assert command.until is not None
    assert before + 8 * HOUR < parse_ms(command.until) < before + 33 * HOUR
    paper.feed.put_alerts(alert(state="snoozed"))
    await expect(page.locator("#alerts li")).to_contain_text("Snoozed")


async def test_a_command_that_kafka_does_not_take_is_said(own: Screens, paper: PaperWall) -> None:
    paper.commands.broken = True
    page = await own.open()
    await page.get_by_role("button", name="Acknowledge").click()
    await page.get_by_role("textbox").fill("on it")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("HTTP 503")


async def test_a_wall_with_tokens_lets_a_screen_in_by_its_address(browser: Browser) -> None:
    tokens = read_tokens({"PEGEL_WALL_TOKENS": "view lobby a-long-secret-of-the-lobby"})
    async with served(paper_wall(Admission(tokens, b"k" * 32))) as paper:
        paper.feed.put(view(), view(None))
        paper.feed.put_alerts(alert())
        async for screens in guarded(browser, f"{paper.url}/"):
            page = await screens.open(ready="dialog[open]")
            await page.goto(f"{paper.url}/?lang=en#token=a-long-secret-of-the-lobby")
            await page.reload()
            await expect(page.locator("article")).to_have_count(1)
            await expect(page.locator("#alerts li")).to_have_count(1)
            await expect(page.get_by_role("button")).to_have_count(0)


async def test_an_odd_name_is_text_and_a_channel_page_shows_its_teams(
    own: Screens, paper: PaperWall
) -> None:
    odd = "<img src=x onerror=document.title='owned'>"
    paper.feed.put(view(scope={"channel": "email", "team": odd}))
    page = await own.open("?channel=email&lang=en")
    await expect(page.locator("article h2")).to_have_text(["Email", odd])
    assert await page.title() == "acme · Email · Pegel"
