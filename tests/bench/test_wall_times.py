"""How soon the wall shows what has happened: its API, its live stream, and the pixel in Chromium.

Prints figures and judges nothing; run it with `-s`, on a machine that has nothing else to do. A pixel
counts as shown when the frame after the one that drew it begins.
"""

import asyncio
import json
import threading
import time
import urllib.request
from contextlib import aclosing

import pytest

from stream_app.adapters.clock import now_ms
from stream_app.wall.client import follow
from tests.bench.test_pipeline_times import (
    PROBE,
    Seen,
    Sender,
    of,
    pipeline,
    sender,
    shown_by,
    watch,
)
from tests.support.pipeline import Pipeline
from tests.support.ports import free_port, is_listening
from tests.support.screen import Screens, chromium
from tests.support.sources import packed_assets

__all__ = ["pipeline", "sender"]  # fixtures
# Calls `told` with what the first tile says and the time, one frame after each change was drawn.
_WATCH = """() => {
    const tell = () => window.told(
        document.querySelector(".tile .value")?.textContent ?? "0", performance.timeOrigin + performance.now());
    const drawn = () => requestAnimationFrame(() => requestAnimationFrame(tell));
    const what = { childList: true, characterData: true, subtree: true };
    new MutationObserver(drawn).observe(document.getElementById("tiles"), what);
    tell();
}"""


@pytest.mark.parametrize("rate", [2_000, 20_000])
def test_event_to_wall(pipeline: Pipeline, sender: Sender, rate: int) -> None:
    worker, port = pipeline.worker().start(), free_port()
    pipeline.begin("wall", "--port", str(port)).wait_ready(lambda: is_listening(port), 60)
    url = f"http://127.0.0.1:{port}"
    stream, pixel = Stream(url), Pixel(url)
    try:
        api = of(seen_in_api, url)
        looks = {"gauge": of(shown_by, worker), "API": api, "SSE": stream.look, "pixel": pixel.look}
        watch(sender, rate, looks)
    finally:
        stream.close()
        pixel.close()


class Watcher:
    """Looks on in a thread of its own, and remembers when it saw how many probes."""

    def __init__(self, wall: str) -> None:
        self.wall = wall
        self.ended = threading.Event()
        self._seen: Seen = 0, 0.0
        self._thread = threading.Thread(target=lambda: asyncio.run(self.follow()))
        self._thread.start()

    def look(self) -> Seen:
        """The newest."""
        return self._seen

    def saw(self, count: int, at: float) -> None:
        """So many, at an instant of the steady clock."""
        self._seen = count, at

    def close(self) -> None:
        """Look no more."""
        self.ended.set()
        self._thread.join()

    async def follow(self) -> None:
        """Look until the end."""
        raise NotImplementedError


class Stream(Watcher):
    """Follows the live stream of a wall."""

    async def follow(self) -> None:
        async with aclosing(follow(self.wall, {})) as events:
            async for _, content in events:
                at = time.monotonic()
                for view in content.get("views", []):
                    if view["scope"] == {"channel": PROBE}:
                        self.saw(view["levels"]["open"], at)
                if self.ended.is_set():
                    return


class Pixel(Watcher):
    """Looks at the page of the probes' channel in Chromium."""

    async def follow(self) -> None:
        async with chromium() as browser:
            screens = Screens(browser, f"{self.wall}/")
            page = await screens.open(f"?channel={PROBE}&lang=en", ready="#tiles")
            await page.expose_function("told", self._told)
            await page.evaluate(_WATCH)
            await asyncio.to_thread(self.ended.wait)
            await screens.close()

    def _told(self, text: str, at: float) -> None:
        """Nobody answers the probes, so as many wait as there are."""
        self.saw(int(text), time.monotonic() - (now_ms() - at) / 1000)


def seen_in_api(wall: str) -> int:
    """How many probes the API of a wall knows."""
    try:
        with urllib.request.urlopen(f"{wall}/api/v1/channels/{PROBE}", timeout=10) as answer:
            return int(json.load(answer)["channel"]["open"])
    except OSError:  # no view of this channel has come yet
        return 0


def test_page_weight() -> None:
    weight = packed_assets()
    heaviest = sorted(weight, key=lambda name: -weight[name])[:3]
    parts = ", ".join(f"{name} {weight[name] / 1000:.1f}" for name in heaviest)
    print(f"\nthe whole page, packed: {sum(weight.values()) / 1000:.1f} kB ({parts})")
