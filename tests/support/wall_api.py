"""Somebody who asks a wall whose clock stands still until it is moved."""

from typing import Any

from aiohttp import ClientResponse, ClientSession

from tests.support.wall import PaperWall

NOW = 1_768_208_404_000  # 2026-01-12T09:00:04Z
AS_OF = "2026-01-12T09:00:03Z"
TOP = {
    "overdue": [
        {"conversation": str(n), "source": "zendesk/acme", "url": None, "clock": "first_reply", "due": AS_OF}
        for n in range(5)
    ]
}  # fmt: skip


class Api:
    """A wall whose clock stands still, and somebody who asks it."""

    def __init__(self, paper: PaperWall, session: ClientSession) -> None:
        self.paper = paper
        self.feed = paper.feed
        self._session = session

    async def ask(self, path: str, **headers: str) -> ClientResponse:
        return await self._session.get(f"{self.paper.url}/api/v1/{path}", headers=headers)

    async def get(self, path: str) -> Any:
        answer = await self.ask(path)
        content = await answer.json(content_type=None)
        assert answer.status == 200, content
        return content

    async def refused(self, path: str) -> tuple[int, dict[str, Any]]:
        answer = await self.ask(path)
        assert answer.content_type == "application/problem+json"
        problem = await answer.json(content_type=None)
        assert problem["status"] == answer.status
        return answer.status, problem


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now
