"""The wall page in a real browser: it shows what the worker holds, and never shows it as current later."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from schemas.instants import format_ms
from schemas.outputs import View
from stream_app.adapters.clock import now_ms
from stream_app.web.worker import WorkerServer
from tests.support.browser import Browser
from tests.support.wait import eventually_async
from tests.support.worker_fakes import BareJob, FakeChannels, FakeRuntime, partition, policy

TILE = "document.querySelector('article')"
LONGEST = f"{TILE}?.querySelector('.oldest').textContent"
STATE = f"{TILE}?.querySelector('.state').textContent"


def view(
    channel: str = "email", *, age_ms: int = 0, levels: Mapping[str, int] | None = None
) -> View:
    as_of = now_ms() - age_ms
    shown: dict[str, Any] = {"open": 9, "waiting": 4, "overdue": 0, "at_risk": 0} | dict(
        levels or {}
    )
    shown["oldest_waiting_since"] = format_ms(as_of - 600_000)
    return View(
        tenant="acme",
        scope={"channel": channel},
        as_of=format_ms(as_of),
        complete=True,
        missing_partitions=[],
        levels=shown,
        windows={"1h": {"messages_in": 1210, "first_reply_met_ratio": 0.876}},
        volume={},
        goals=[],
        top={},
    )


class Channels(BareJob):
    """A channels job: one channel's view, as fresh as the moment it is asked for, until it is frozen."""

    def __init__(self) -> None:
        self.frozen: View | None = None
        self.levels: dict[str, int] = {}
        self.incomplete = False
        self.more: list[View] = []

    @property
    def views(self) -> dict[tuple[str, str], View]:
        one = self.frozen or view(levels=self.levels)
        if self.incomplete:
            one.complete, one.missing_partitions = False, [3, 7]
        return {("acme", str(each.scope)): each for each in (one, *self.more)}


@pytest.fixture
def channels() -> Channels:
    return Channels()


@pytest.fixture
async def server(channels: Channels) -> AsyncIterator[WorkerServer]:
    runtime = FakeRuntime(
        [partition("channels", 0, channels)], policy=policy(tenants={"acme": "live"})
    )
    server = WorkerServer(runtime, "127.0.0.1", 0)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def page(server: WorkerServer, tmp_path: Path) -> AsyncIterator[Browser]:
    async with Browser(tmp_path) as browser:
        await browser.open(f"http://127.0.0.1:{server.port}/")
        await eventually_async(lambda: browser.evaluate(STATE), 20, what="a tile is drawn")
        yield browser


async def state(page: Browser) -> str:
    return str(await page.evaluate(STATE))


async def test_a_tile_shows_the_figures_of_its_channel(page: Browser) -> None:
    text = await page.evaluate(f"{TILE}.innerText")
    assert {"email", "4", "9", "1,210", "87 %"} <= set(text.split("\n"))
    assert "ON TIME" in await state(page)


async def test_the_state_has_a_word_and_a_shape_for_each_degree(
    page: Browser, channels: Channels
) -> None:
    for levels, shown in (
        ({"at_risk": 1}, "▲ AT RISK"),
        ({"at_risk": 1, "overdue": 2}, "■ OVERDUE"),
        ({}, "● ON TIME"),
    ):
        channels.levels = levels

        async def said(expected: str = shown) -> bool:
            return await state(page) == expected

        await eventually_async(said, 8, what=shown)


async def test_the_longest_wait_counts_up(page: Browser) -> None:
    before = await page.evaluate(LONGEST)
    assert before.startswith("10:0")

    async def moved() -> bool:
        return bool(await page.evaluate(LONGEST) != before)

    await eventually_async(moved, 5, what="the longest wait moves")


async def test_a_view_that_stops_moving_greys_and_its_wait_stops_counting(
    page: Browser, channels: Channels
) -> None:
    channels.frozen = view()

    async def stale() -> bool:
        return "STALEsince" in await state(page)

    await eventually_async(stale, 15, what="the tile is stale")
    assert await page.evaluate(f"{TILE}.className") == "stale"
    assert await page.evaluate(LONGEST) == "10:00"
    assert "STALE" in await page.evaluate("document.getElementById('fresh').textContent")


async def test_old_figures_are_stale_at_first_sight(page: Browser, channels: Channels) -> None:
    channels.frozen = view(age_ms=3_600_000)
    await page.evaluate("location.reload()")

    async def first() -> str:
        return str(await page.evaluate(STATE) or "")

    assert "STALEsince" in await eventually_async(first, 10, what="a tile after the reload")


async def test_a_missing_partition_is_named_and_nothing_is_called_on_time(
    page: Browser, channels: Channels
) -> None:
    channels.incomplete = True

    async def incomplete() -> bool:
        return "INCOMPLETEmissing 3, 7" in await state(page)

    await eventually_async(incomplete, 8, what="the gap is named")
    assert await page.evaluate(f"{TILE}.className") == "stale"


async def test_a_lost_connection_is_said_within_five_seconds(
    page: Browser, server: WorkerServer
) -> None:
    await server.stop()

    async def banner() -> bool:
        shown = await page.evaluate("document.getElementById('banner').innerText")
        return str(shown).startswith("Connection to the worker lost since")

    await eventually_async(banner, 5.5, what="the banner is shown")


async def test_all_that_the_page_needs_is_served_and_applied(page: Browser) -> None:
    failed = await page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.responseStatus !== 200)"
        ".map(e => e.name).join()"
    )
    assert failed == ""
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(12, 15, 20)"


async def test_large_figures_of_nine_channels_stay_inside_their_tiles(
    page: Browser, channels: Channels
) -> None:
    large = {"open": 23_456, "waiting": 999, "overdue": 888, "at_risk": 777}
    channels.levels = large
    channels.more = [view(f"channel number {n}", age_ms=0, levels=large) for n in range(8)]
    for each in channels.more:
        each.levels["oldest_waiting_since"] = format_ms(now_ms() - 86_000_000)

    async def nine() -> bool:
        return bool(await page.evaluate("document.querySelectorAll('article').length") == 9)

    await eventually_async(nine, 8, what="nine tiles")
    outside = await page.evaluate(
        "[...document.querySelectorAll('.inside, .main, .figures, .share')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)"
        ".map(e => e.className).join()"
    )
    assert outside == ""
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")


async def test_what_comes_from_outside_is_text_and_never_markup(
    page: Browser, channels: Channels
) -> None:
    odd = "<img src=x onerror=document.title='owned'>"
    channels.frozen = view(odd)

    async def shown() -> bool:
        return bool(await page.evaluate(f"{TILE}.querySelector('h2').textContent") == odd)

    await eventually_async(shown, 8, what="the odd name is drawn")
    assert await page.evaluate("document.title") == "Pegel"


async def test_without_views_the_page_says_so(server: WorkerServer, tmp_path: Path) -> None:
    empty = FakeRuntime([partition("channels", 0, FakeChannels())])
    other = WorkerServer(empty, "127.0.0.1", 0)
    await other.start()
    async with Browser(tmp_path) as browser:
        await browser.open(f"http://127.0.0.1:{other.port}/")

        async def said() -> bool:
            text = await browser.evaluate("document.getElementById('tiles').innerText")
            return "holds no views yet" in str(text)

        await eventually_async(said, 20, what="the page explains itself")
    await other.stop()
