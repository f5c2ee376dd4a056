"""The page's modules by themselves, in the browser that will run them: addresses, words, lines, verdicts."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.support.screen import guarded
from tests.support.wall_data import Organisation
from tests.support.wall_server import WallServer

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """One page for all: the modules keep nothing."""
    async with WallServer(Organisation()) as wall:
        async for screens in guarded(browser, wall.url):
            yield await screens.open(ready="")


async def run(page: Page, module: str, code: str, *arguments: Any) -> Any:
    """The value of some code that sees a module as `m` and the arguments as `a`."""
    return await page.evaluate(
        "async (a) => { const m = await import('/assets/" + module + "'); return (" + code + "); }",
        list(arguments),
    )


async def test_an_address_becomes_options(page: Page) -> None:
    found = await run(
        page,
        "options.js",
        "m.parseOptions('?playlist=overview,b/channel:email&tenant=a&every=9&lang=de', 'en-US')",
    )
    assert found["playlist"] == [
        {"tenant": "a", "view": "overview", "name": None},
        {"tenant": "b", "view": "channel", "name": "email"},
    ]
    assert (found["every"], found["lang"], found["problems"]) == (9, "de", [])


async def test_every_mistake_in_an_address_is_kept(page: Page) -> None:
    query = "?playlist=x&every=1&lang=fr&theme=pink&zone=Nowhere"
    found = await run(page, "options.js", "m.parseOptions(a[0], 'de')", query)
    assert {problem["key"] for problem in found["problems"]} == {
        f"problem.{name}" for name in ("view", "every", "lang", "theme", "zone")
    }
    assert (found["lang"], found["every"]) == ("de", 20)


async def test_a_stream_may_be_cut_anywhere(page: Page) -> None:
    text = "retry: 700\n\nid: 1\nevent: snapshot\ndata: {}\n\r\nevent: beat\r\ndata: 1\r\ndata: 2\r\n\r\n: x\n"
    code = """a[1].map((size) => {
        const seen = [];
        const lines = new m.Lines((type, data) => seen.push([type, data]), (ms) => seen.push(ms));
        for (let at = 0; at < a[0].length; at += size) lines.feed(a[0].slice(at, at + size));
        return seen;
    })"""
    whole = [700, ["snapshot", "{}"], ["beat", "1\n2"]]
    assert await run(page, "feed.js", code, text, [1, 2, 3, 7, 1000]) == [whole] * 5


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", ["0:00", "4:07", "1:02:03", "2 d 3 h", "99%", "1.2k", "999"]),
        ("de", ["0:00", "4:07", "1:02:03", "2 T 3 h", "99\xa0%", "1,2k", "999"]),
    ],
)
async def test_durations_shares_and_counts_are_short_and_never_rounded_up(
    lang: str, expected: list[str], page: Page
) -> None:
    code = """m.loadWords(a[0]).then((w) => [w.span(-5), w.span(247_999), w.span(3_723_000),
        w.span(183_700_000), w.percent(0.9999), w.count(1_234), w.count(999)])"""
    assert await run(page, "words.js", f"await {code}", lang) == expected


async def test_staleness_comes_before_every_other_condition(page: Page) -> None:
    code = """a.map(([age, lag, complete, overdue, risk, mode]) => m.conditionOf({
        receivedAt: 1e12 - age, asOf: 1e12 - lag, complete, missing_partitions: [1], mode,
        levels: { overdue, at_risk: risk } }, 1e12, { interval: 2000 }).name)"""
    cases = [
        [6_001, 90_000, False, 1, 1, "event"],
        [6_000, 90_000, False, 1, 1, "event"],
        [0, 60_001, True, 1, 1, "live"],
        [0, 60_000, True, 1, 1, "live"],
        [0, 0, True, 0, 1, None],
        [0, 0, True, 0, 0, "catchup"],
        [0, 10**10, True, 1, 1, "event"],
        [0, 0, True, 0, 0, "event"],
    ]
    assert await run(page, "judge.js", code, *cases) == [
        "stale", "partial", "behind", "overdue", "at_risk", "on_time", "replay", "replay",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "zone", "minutes"),
    [
        ("2026-03-02T10:47:12Z", "UTC", 21 * 60 + 13),
        ("2026-03-02T00:00:00Z", "UTC", 32 * 60),
        ("2026-03-28T22:30:00Z", "Europe/Berlin", 8 * 60 - 30),  # clocks go forward in the night
        ("2026-10-24T22:30:00Z", "Europe/Berlin", 32 * 60 + 30),  # half past midnight of the 25th
        ("2026-10-24T10:00:00Z", "Europe/Berlin", 21 * 60),  # and back in this one
        ("2026-12-31T23:59:59Z", "America/New_York", 13 * 60 + 1),
    ],
)
async def test_a_snooze_until_tomorrow_ends_at_eight_on_the_clocks_there(
    now: str, zone: str, minutes: int, page: Page
) -> None:
    code = "m.minutesToMorning(Date.parse(a[0]), a[1])"
    assert await run(page, "morning.js", code, now, zone) == minutes


async def test_the_most_urgent_are_told_once_and_the_undue_come_last(page: Page) -> None:
    item = {"source": "s", "since": "2026-03-02T10:00:00Z"}
    top = {
        "waiting": [{**item, "conversation": "w"}, {**item, "conversation": "b"}],
        "overdue": [{**item, "conversation": "b", "due": "2026-03-02T10:05:00Z"}],
        "at_risk": [{**item, "conversation": "a", "due": "2026-03-02T10:09:00Z"}],
    }
    code = "m.mostUrgent([{ top: a[0] }, { top: a[0] }], 10).map((one) => one.conversation)"
    assert await run(page, "judge.js", code, top) == ["b", "a", "w"]


async def test_columns_fit_the_screen(page: Page) -> None:
    code = "a.map(([cells, wide, high]) => m.columnsFor(cells, wide, high))"
    cases = [[8, 64, 42], [1, 64, 42], [4, 49, 53], [6, 49, 56], [3, 64, 42]]
    assert await run(page, "slides.js", code, *cases) == [4, 1, 2, 2, 3]


async def test_an_unknown_volume_is_never_called_usual(page: Page) -> None:
    code = """a.map(([verdict, complete, fresh]) => m.volumeOf(
        { complete, volume: { verdict, observed: 3 } }, fresh).name)"""
    cases = [
        ["normal", True, True],
        ["normal", False, True],
        ["spike", True, False],
        ["quiet", True, True],
        [None, True, True],
    ]
    expected = ["usual", "unknown", "unknown", "quiet", "none"]
    assert await run(page, "judge.js", code, *cases) == expected


async def test_a_team_of_a_channel_has_no_verdict_of_its_own(page: Page) -> None:
    code = """m.volumeOf({ complete: true, scope: { channel: "chat", team: "a" },
        volume: { verdict: "spike", observed: 90 } }, true)"""
    found = await run(page, "judge.js", code)
    assert (found["name"], found.get("observed")) == ("none", None)
