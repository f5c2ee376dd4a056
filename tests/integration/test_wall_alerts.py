"""Alerts on the wall page: who may answer them and how, and the tokens that say who one is."""

import pytest
from playwright.async_api import Browser, Page, expect

from schemas.instants import parse_ms
from tests.support.screen import Screens, guarded
from tests.support.wall_data import Organisation
from tests.support.wall_server import WallServer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def alert_button(page: Page) -> None:
    await page.get_by_role("button", name="Acknowledge: Volume spike WhatsApp").click()


async def test_an_alert_is_acknowledged_with_a_reason_by_keyboard(
    wall: WallServer, screens: Screens
) -> None:
    page = await screens.open()
    button = page.get_by_role("button", name="Acknowledge: Volume spike WhatsApp")
    await button.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("a campaign, all is well")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    reason = "a campaign, all is well"
    assert wall.asked == [{"alert": "volume_spike-whatsapp", "action": "ack", "reason": reason}]
    row = page.locator("#alerts li", has_text="Volume spike")
    await expect(row).to_contain_text("Sent")
    done = {**wall.organisation.alerts["volume_spike-whatsapp"], "state": "acknowledged"}
    wall.say("delta", views=[], gone=[], alerts=[done])
    await expect(page.locator("#alerts")).to_contain_text("3 firing")


@pytest.mark.parametrize(
    ("choice", "reason", "asked"),
    [
        ("for 1 h", "a campaign", {"for": "1h", "reason": "a campaign"}),
        ("for 4 h", "", {"for": "4h"}),
    ],
)
async def test_an_alert_is_snoozed_for_some_hours_with_or_without_a_reason(
    choice: str, reason: str, asked: dict[str, str], wall: WallServer, screens: Screens
) -> None:
    page = await screens.open()
    await page.get_by_role("button", name="Snooze: Volume spike WhatsApp").click()
    await expect(page.get_by_role("dialog", name="Snooze this alert")).to_be_visible()
    await page.keyboard.type(reason)
    await page.get_by_role("button", name=choice).click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert wall.asked == [{"alert": "volume_spike-whatsapp", "action": "snooze", **asked}]
    row = page.locator("#alerts li", has_text="Volume spike")
    await expect(row).to_contain_text("Sent")
    quiet = {**wall.organisation.alerts["volume_spike-whatsapp"], "state": "snoozed"}
    wall.say("delta", views=[], gone=[], alerts=[quiet])
    await expect(page.locator("#alerts")).to_contain_text("3 firing")


async def test_until_tomorrow_is_tomorrow_where_the_screen_hangs(
    wall: WallServer, screens: Screens
) -> None:
    page = await screens.open("?lang=de&zone=Europe/Berlin")
    await page.get_by_role("button", name="Zurückstellen: Mengenspitze WhatsApp").focus()
    await page.keyboard.press("Enter")
    before = wall.now
    await page.get_by_role("button", name="bis morgen 08:00").press("Enter")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    (asked,) = wall.asked
    eight = parse_ms("2026-03-03T07:00:00Z")
    minutes = int(asked["for"].removesuffix("m"))
    assert (eight - wall.now) / 60_000 <= minutes <= (eight - before) / 60_000 + 1


async def test_without_a_reason_nothing_is_sent_and_escape_closes(
    wall: WallServer, screens: Screens
) -> None:
    page = await screens.open()
    await alert_button(page)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert wall.asked == []


@pytest.mark.parametrize(("status", "said"), [(403, "not act"), (503, "HTTP 503")])
async def test_a_refused_acknowledgement_is_said_in_the_dialog(
    status: int, said: str, wall: WallServer, screens: Screens
) -> None:
    wall.answer = status
    page = await screens.open()
    await alert_button(page)
    await page.keyboard.type("mine")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(said)


async def test_who_may_only_look_sees_no_button(wall: WallServer, screens: Screens) -> None:
    wall.role = "view"
    page = await screens.open()
    await expect(page.locator("#alerts li").first).to_be_visible()
    await expect(page.get_by_role("button")).to_have_count(0)


async def test_a_resolved_alert_leaves_the_list(wall: WallServer, screens: Screens) -> None:
    page = await screens.open()
    over = {**wall.organisation.alerts["volume_spike-whatsapp"], "state": "resolved"}
    wall.say("delta", views=[], gone=[], alerts=[over])
    await expect(page.locator("#alerts li", has_text="Volume spike")).to_have_count(0)


async def test_a_wall_with_tokens_asks_for_one(browser: Browser) -> None:
    async with WallServer(Organisation(), token="s3cret") as wall:
        async for screens in guarded(browser, wall.url):
            page = await screens.open(ready="dialog[open]")
            await page.keyboard.type("wrong")
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("dialog")).to_contain_text("was not accepted")
            await page.get_by_role("textbox").fill("s3cret")
            await page.keyboard.press("Enter")
            await expect(page.locator("article")).to_have_count(8)
            await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_a_token_in_the_address_logs_in_and_leaves_the_address(browser: Browser) -> None:
    async with WallServer(Organisation(), token="s3cret") as wall:
        async for screens in guarded(browser, wall.url):
            page = await screens.open("?lang=en#token=s3cret")
            await expect(page.locator("article")).to_have_count(8)
            assert "s3cret" not in page.url
            await page.reload()
            await expect(page.locator("article")).to_have_count(8)
