"""The wall page's views: by address, in two languages, in every size, by keyboard."""

import pytest
from playwright.async_api import expect

from tests.support.screen import Screens, tile
from tests.support.wall_data import scope_key, split
from tests.support.wall_server import WallServer

pytestmark = pytest.mark.asyncio(loop_scope="session")
SIZES = {
    "1080p": {"width": 1920, "height": 1080},
    "4K": {"width": 3840, "height": 2160},
    "portrait": {"width": 1080, "height": 1920},
}
# What is wider than its place, tiles that hold more than is seen, and a page that would have to scroll.
CUT = """() => {
    const wide = [...document.querySelectorAll(
        '.main, .times, .counts, .note, .said, #banner, #totals div, body > header')].filter(
        (e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1);
    const high = [...document.querySelectorAll('article')].filter(
        (e) => e.scrollHeight > e.clientHeight + 1);
    const over = [...document.querySelectorAll('article > *, .flow > *')].filter((e) => {
        const next = e.nextElementSibling;
        return e.checkVisibility() && next?.checkVisibility() && !next.matches('.replies') &&
            next.getBoundingClientRect().top < e.getBoundingClientRect().bottom - 2;
    });
    const root = document.documentElement;
    const page = root.scrollHeight > innerHeight || root.scrollWidth > innerWidth ? [root] : [];
    return [...wide, ...high, ...over, ...page].map((e) => `${e.tagName} ${e.className} ${e.textContent.slice(0, 60)}`);
}"""


@pytest.mark.parametrize("size", SIZES)
async def test_large_figures_fit_and_the_value_is_readable_from_six_metres(
    size: str, wall: WallServer, screens: Screens
) -> None:
    for view in wall.organisation.views.values():
        view["levels"] |= {"waiting": 888, "overdue": 77, "at_risk": 66}
        view["levels"]["oldest_waiting_since"] = "2026-03-01T11:00:00Z"
    page = await screens.open("?lang=de&theme=light", viewport=SIZES[size])
    assert await page.evaluate(CUT) == []
    height = SIZES[size]["height"]
    value, smallest = await page.evaluate(
        """() => {
            const size = (e) => parseFloat(getComputedStyle(e).fontSize);
            const texts = [...document.querySelectorAll('#stage *')].filter(
                (e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data));
            return [size(document.querySelector('.value')), Math.min(...texts.map(size))];
        }"""
    )
    assert value >= 0.08 * height
    assert smallest >= 0.016 * min(SIZES[size].values())


@pytest.mark.parametrize("size", ["1080p", "portrait"])
async def test_a_channel_and_its_teams_fit_too(
    size: str, wall: WallServer, screens: Screens
) -> None:
    split(wall.organisation, "whatsapp")
    page = await screens.open("?channel=whatsapp&lang=de", viewport=SIZES[size])
    assert await page.evaluate(CUT) == []


async def test_stale_notes_fit_with_a_banner_above(wall: WallServer, screens: Screens) -> None:
    for view in wall.organisation.views.values():
        view["complete"], view["missing_partitions"] = False, [3, 7, 11]
    page = await screens.open("?lang=de")
    await expect(page.locator("#banner")).to_be_visible()
    assert await page.evaluate(CUT) == []


async def test_a_channel_has_a_page_of_its_own_with_its_teams(
    wall: WallServer, screens: Screens
) -> None:
    split(wall.organisation, "whatsapp")
    page = await screens.open("?channel=whatsapp&lang=en")
    await expect(page.locator("article h2")).to_have_text(
        ["WhatsApp", "billing", "first line", "orders", "technical"]
    )
    large = tile(page, "WhatsApp")
    await expect(large.get_by_role("row", name="First reply")).to_be_visible()
    await expect(page.locator("#title")).to_have_text("demo · WhatsApp")
    await expect(page.locator("#urgent li").first).not_to_contain_text("Email")


async def test_teams_have_a_page_too(wall: WallServer, screens: Screens) -> None:
    page = await screens.open("?view=team&lang=en")
    await expect(page.locator("article h2")).to_have_text(
        ["billing", "claims", "first line", "orders", "technical"]
    )


async def test_a_playlist_turns_by_itself_and_can_be_held(
    wall: WallServer, screens: Screens
) -> None:
    page = await screens.open("?playlist=overview,team&every=30&lang=en", clock=True)
    title = page.locator("#title")
    await expect(title).to_have_text("demo · all channels")
    await page.clock.fast_forward(30_500)
    await expect(title).to_have_text("demo · all teams")
    await page.get_by_role("button", name="Hold").click()
    await page.clock.fast_forward(61_000)
    await expect(title).to_have_text("demo · all teams")
    await page.get_by_role("button", name="Go on").click()
    await page.clock.fast_forward(30_500)
    await expect(title).to_have_text("demo · all channels")


async def test_arrow_keys_turn_the_pages_and_space_holds_them(
    wall: WallServer, screens: Screens
) -> None:
    page = await screens.open("?playlist=overview,team:billing,channel:email&lang=en")
    title = page.locator("#title")
    await page.keyboard.press("ArrowRight")
    await expect(title).to_have_text("demo · billing")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(title).to_have_text("demo · Email")
    await page.keyboard.press(" ")
    await expect(page.get_by_role("button", name="Go on")).to_be_visible()


async def test_a_page_turns_with_the_next_frame_and_not_with_the_next_tick_of_the_clock(
    wall: WallServer, screens: Screens
) -> None:
    page = await screens.open("?playlist=overview,team:billing&lang=en")
    two_frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    press = "dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))"
    title = "document.getElementById('title').textContent"
    for expected in ("demo · billing", "demo · all channels"):
        seen = await page.evaluate(f"document.body.{press}, {two_frames}.then(() => {title})")
        assert seen == expected


async def test_more_than_eight_channels_are_spread_over_pages(
    wall: WallServer, screens: Screens
) -> None:
    one = wall.organisation.view(channel="phone")
    for number in range(3):
        scope = {"channel": f"kiosk {number}"}
        wall.organisation.views[scope_key(scope)] = {**one, "scope": scope}
    page = await screens.open()
    await expect(page.locator("article")).to_have_count(6)
    await expect(page.locator("#pages")).to_contain_text("1 / 2")
    await page.get_by_role("button", name="Next page").click()
    await expect(page.locator("article")).to_have_count(5)


async def test_german_is_german_in_words_numbers_and_names(
    wall: WallServer, screens: Screens
) -> None:
    page = await screens.open("?lang=de")
    assert await page.locator("html").get_attribute("lang") == "de"
    await expect(tile(page, "E-Mail")).to_contain_text("Am längsten")
    await expect(page.locator("#urgent")).to_contain_text("Am dringendsten")
    await expect(page.locator("#goals")).to_contain_text("4.310 / 4.200")


async def test_a_mistake_in_the_address_is_named(screens: Screens) -> None:
    page = await screens.open("?view=everything&lang=en")
    await expect(page.locator("#banner")).to_contain_text("“everything”, which is no view")
    await expect(page.locator("article")).to_have_count(8)


async def test_the_most_urgent_are_ten_counting_down_with_links(
    wall: WallServer, screens: Screens
) -> None:
    page = await screens.open()
    rows = page.locator("#urgent li:visible")
    await expect(rows).to_have_count(10)
    first = rows.first
    await expect(first).to_contain_text("late")
    href = await first.get_by_role("link").get_attribute("href")
    assert href is not None
    assert href.startswith("https://desk.example/conversations/")
    before = await first.locator(".time").inner_text()
    await expect(first.locator(".time")).not_to_have_text(before, timeout=2_000)


async def test_goals_are_bars_with_a_mark_and_a_word(screens: Screens) -> None:
    page = await screens.open()
    await expect(page.locator("#goals li").nth(0)).to_contain_text("87% of 90%")
    await expect(page.locator("#goals li").nth(0)).to_contain_text("short")
    await expect(page.locator("#goals li").nth(1)).to_contain_text("met")


async def test_after_an_upgrade_of_the_server_the_page_takes_its_new_self(
    wall: WallServer, screens: Screens
) -> None:
    page = await screens.open()
    await page.evaluate("document.body.dataset.old = 'yes'")
    wall.version = "2"
    wall.hang_up()
    await expect(page.locator("body[data-old]")).to_have_count(0, timeout=9_000)
    await expect(page.locator("article")).to_have_count(8)


async def test_a_page_without_texts_starts_over(wall: WallServer, screens: Screens) -> None:
    broken = {"now": True}
    page = await screens.open(ready="", clock=True)
    await page.route(
        "**/texts.*", lambda route: route.abort() if broken["now"] else route.continue_()
    )
    await page.reload()
    broken["now"] = False
    await page.clock.run_for(5_100)
    await expect(page.locator("article")).to_have_count(8)
