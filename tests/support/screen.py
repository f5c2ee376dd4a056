"""Screens for the wall page: pages of a headless Chromium that notice what a page must not do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    async_playwright,
    expect,
)

from tests.support import parts

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--mute-audio",
    "--disable-background-networking", "--disable-dev-shm-usage",
)  # fmt: skip
_WATCH = """
    addEventListener('securitypolicyviolation', (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
expect.set_options(
    timeout=20_000
)  # a busy machine is no reason to fail; limits are said where they count
WALL = {"width": 1920, "height": 1080}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser of this machine, without a window."""
    program = parts.find("chromium", "chromium-browser", "google-chrome", package="chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        await browser.close()


class Screens:
    """Opens pages, each in a context of its own, and remembers what went wrong in any of them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        self.outside: list[str] = []

    async def open(
        self, query: str = "?lang=en&theme=dark", *, script: str = "", ready: str = "article",
        clock: bool = False, **options: Any,
    ) -> Page:  # fmt: skip
        """Open the page, and wait until `ready` is there. With `clock` its time can be moved on."""
        context = await self._browser.new_context(**{"viewport": WALL, **options})
        self._contexts.append(context)
        await context.add_init_script(_WATCH + script)
        page = await context.new_page()
        if clock:
            await page.clock.install()
        page.on("console", lambda message: self._said(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._requested(request.url))
        await page.goto(self._url + query)
        if ready:
            await page.wait_for_selector(ready, timeout=20_000)
        return page

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    def _said(self, text: str) -> None:
        if text.startswith("policy:"):
            self.errors.append(text)

    def _requested(self, url: str) -> None:
        if not url.startswith(self._url):
            self.outside.append(url)


async def painted(page: Page, selector: str, text: str) -> None:
    """Return with the first frame in which an element has this text."""
    await page.evaluate(
        """([selector, text]) => new Promise((done) => {
            const look = () => document.querySelector(selector)?.textContent === text
                ? done() : requestAnimationFrame(look);
            look();
        })""",
        [selector, text],
    )


async def guarded(browser: Browser, url: str) -> AsyncIterator[Screens]:
    """Screens on a wall; at the end nothing may have gone wrong in any of them."""
    screens = Screens(browser, url)
    yield screens
    await screens.close()
    assert not screens.errors
    assert not screens.outside


def tile(page: Page, name: str) -> Locator:
    """The tile of a channel or team."""
    return page.locator("article", has=page.get_by_role("heading", name=name, exact=True))
