"""`make screenshots`: the pictures of the wall in the documentation, from the simulator's organisation."""

import asyncio
from pathlib import Path

from tests.support.screen import Screens, chromium
from tests.support.sources import ROOT
from tests.support.wall_data import Organisation
from tests.support.wall_server import WallServer

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 300_000
PICTURES = {
    "wall-dark.png": ("?lang=en&theme=dark&zone=UTC", {"width": 1440, "height": 810}),
    "wall-light.png": ("?lang=de&theme=light&zone=UTC", {"width": 900, "height": 1600}),
}


async def take(folder: Path = IMAGES) -> list[Path]:
    """Write every picture and give their places."""
    made = []
    async with chromium() as browser, WallServer(Organisation()) as wall:
        screens = Screens(browser, wall.url)
        for name, (query, size) in PICTURES.items():
            page = await screens.open(query, viewport=size, reduced_motion="reduce")
            await page.wait_for_selector(".uplot")
            folder.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=folder / name)
            made.append(folder / name)
        await screens.close()
    return made


if __name__ == "__main__":
    asyncio.run(take())
