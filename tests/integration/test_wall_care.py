"""What the wall page owes to everybody: access for all, nothing from elsewhere, no growth over a day."""

from pathlib import Path

import pytest
from playwright.async_api import CDPSession, Page, expect

from schemas.instants import format_ms
from tests.support.screen import Screens
from tests.support.screenshots import IMAGES, MOST_BYTES, take
from tests.support.wait import eventually_async
from tests.support.wall_data import Json
from tests.support.wall_server import WallServer

pytestmark = pytest.mark.asyncio(loop_scope="session")
AXE = Path(__file__).parents[1] / "support" / "vendor" / "axe" / "axe.min.js"
DAY = 86_400_000
STEP = 60_000
BATCH = 48
TWO_FRAMES = "new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))"


async def violations(page: Page) -> list[str]:
    """What axe-core objects to; it is run beside the page, past its policy."""
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setBypassCSP", {"enabled": True})
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{broken['id']}: {node['target']} {node['failureSummary']}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]


@pytest.mark.parametrize("query", ["?theme=dark&lang=en", "?theme=light&lang=de"])
async def test_axe_finds_nothing_to_object_to(
    query: str, wall: WallServer, screens: Screens
) -> None:
    page = await screens.open(query)
    assert await violations(page) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_axe_finds_nothing_when_figures_are_stale_and_a_dialog_is_open(
    theme: str, wall: WallServer, screens: Screens
) -> None:
    for view in list(wall.organisation.views.values())[:4]:
        view["complete"], view["missing_partitions"] = False, [3]
    page = await screens.open(f"?theme={theme}&lang=en&playlist=overview,team&every=60")
    assert await violations(page) == []
    for name in ("Acknowledge", "Snooze"):
        await page.get_by_role("button", name=name).first.click()
        assert await violations(page) == []
        await page.keyboard.press("Escape")


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_axe_finds_nothing_in_a_replay(
    theme: str, wall: WallServer, screens: Screens
) -> None:
    for view in wall.organisation.views.values():
        view["mode"] = "event"
    assert await violations(await screens.open(f"?theme={theme}&lang=de")) == []


async def test_who_wants_less_motion_gets_none(screens: Screens) -> None:
    moving = "document.getAnimations().length + [...document.querySelectorAll('*')].filter(" \
        "(e) => parseFloat(getComputedStyle(e).transitionDuration) > 0).length"  # fmt: skip
    still = await screens.open(reduced_motion="reduce")
    assert await still.evaluate(moving) == 0
    lively = await screens.open(reduced_motion="no-preference")
    assert await lively.evaluate(moving) > 0


async def test_everything_that_takes_the_focus_shows_it(screens: Screens) -> None:
    page = await screens.open("?playlist=overview,team&lang=en")
    seen = set()
    for _ in range(18):
        await page.keyboard.press("Tab")
        name, outline = await page.evaluate(
            "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
        )
        if name != "BODY":
            seen.add(name)
            assert outline == "solid"
    assert seen == {"A", "BUTTON"}


async def test_a_day_of_deltas_leaves_nothing_behind(wall: WallServer, screens: Screens) -> None:
    page = await screens.open("?playlist=overview,team&every=3600&lang=en")
    wall.beating = False
    start = wall.now
    session = await page.context.new_cdp_session(page)
    await _pass_time(wall, page, start, start + DAY // 8)
    before = await _held(page, session)
    await _pass_time(wall, page, start + DAY // 8, start + DAY)

    async def holds_no_more() -> bool:
        """What is let go is not freed at once; what is kept stays for ever."""
        after = await _held(page, session)
        assert after["nodes"] <= before["nodes"] * 1.05 + 50
        assert after["heap"] <= before["heap"] * 1.05 + 300_000
        return True

    await eventually_async(holds_no_more, 30.0, every=1.0)


async def _pass_time(wall: WallServer, page: Page, start: int, end: int) -> None:
    for batch in range(start, end, STEP * BATCH):
        for now in range(batch, min(batch + STEP * BATCH, end), STEP):
            wall.now = now
            wall.say("delta", views=_moved(wall, now), gone=[], alerts=_alerts(wall, now))
        at = format_ms(wall.now)[11:19]
        await expect(page.locator("#time")).to_contain_text(at[:6], timeout=20_000)
        await page.keyboard.press("ArrowRight")


def _moved(wall: WallServer, now: int) -> list[Json]:
    views = list(wall.organisation.moved_to(now))
    for place, view in enumerate(views):
        view["levels"]["waiting"] = (now // STEP * 7 + place) % 300
    return views


def _alerts(wall: WallServer, now: int) -> list[Json]:
    """One alert opens, the one before is over."""
    model = wall.organisation.alerts["volume_spike-whatsapp"]
    return [
        {**model, "alert": f"one of {now}", "opened_at": format_ms(now)},
        {**model, "alert": f"one of {now - STEP}", "state": "resolved"},
    ]


async def _held(page: Page, session: CDPSession) -> dict[str, float]:
    """Bytes and nodes that are kept while the first page is up: others have more or fewer tiles."""
    await _turn_to_the_first(page)
    await session.send("Performance.enable")
    for _ in range(3):
        await session.send("HeapProfiler.collectGarbage")
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    found = {metric["name"]: metric["value"] for metric in metrics}
    return {"heap": found["JSHeapUsedSize"], "nodes": found["Nodes"]}


async def _turn_to_the_first(page: Page) -> None:
    """Key presses are painted with the next frame, so nothing is read before that."""
    place = page.locator("#pages .count")

    async def is_up() -> bool:
        await page.evaluate(TWO_FRAMES)
        if (await place.text_content() or "").startswith("1 "):
            return True
        await page.keyboard.press("ArrowRight")
        return False

    await eventually_async(is_up, 20.0, every=0.0)


async def test_the_pictures_of_the_documentation_can_be_taken_again(tmp_path: Path) -> None:
    for picture in await take(tmp_path):
        assert 20_000 < picture.stat().st_size < MOST_BYTES
        assert (IMAGES / picture.name).stat().st_size < MOST_BYTES
