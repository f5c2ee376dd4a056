"""A headless Chromium, driven over its debugging protocol: open a page, ask it things, look at it."""

import asyncio
import base64
import json
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.support import parts
from tests.support.process import ServerProcess


class Browser:
    """One browser with one page. Use as an async context manager."""

    def __init__(self, home: Path, width: int = 1920, height: int = 1080) -> None:
        self._profile = home / "profile"
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--disable-background-networking", "--disable-dev-shm-usage", "--mute-audio",
            f"--window-size={width},{height}", f"--user-data-dir={self._profile}",
            "--remote-debugging-port=0", "about:blank",
        ]  # fmt: skip
        program = parts.find("chromium", "chromium-browser", "google-chrome", package="chromium")
        self._process = ServerProcess("chromium", [program, *flags], home / "chromium.log")
        self._numbers = count(1)
        self._session: ClientSession | None = None
        self._socket: ClientWebSocketResponse | None = None

    async def __aenter__(self) -> Self:
        port_file = self._profile / "DevToolsActivePort"
        await asyncio.to_thread(
            self._process.start, lambda: port_file.exists() and port_file.read_text().strip()
        )
        port = port_file.read_text().split()[0]
        self._session = ClientSession()
        async with self._session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = [target for target in await answer.json() if target["type"] == "page"]
        self._socket = await self._session.ws_connect(
            pages[0]["webSocketDebuggerUrl"], max_msg_size=0
        )
        await self._call("Page.enable")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()
        await asyncio.to_thread(self._process.stop)

    async def open(self, url: str) -> None:
        """Go to a page; it may still be loading afterwards."""
        await self._call("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        found = await self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def screenshot(self, path: Path) -> None:
        """Write what the page looks like as a PNG."""
        shot = await self._call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        assert self._socket is not None, "the browser has not been started"
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            message = json.loads(await self._socket.receive_str(timeout=30))
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                return dict(message["result"])
