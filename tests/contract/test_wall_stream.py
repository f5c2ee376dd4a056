"""The live stream: a snapshot first, then what changes, and nobody has to wait for a slow screen."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, ClientTimeout, TCPConnector

from stream_app.adapters.clock import now_ms
from stream_app.wall.frames import Frame, frame
from stream_app.wall.hub import MOST_ALERTS, MOST_FRAMES, Client
from tests.support.wait import eventually_async
from tests.support.wall import PaperWall, alert, paper_wall, served, view

SECONDS = 10.0
Event = tuple[str, dict[str, Any]]


class Screen:
    """Somebody who follows."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response

    async def event(self, *kinds: str) -> Event:
        """The next event of one of these kinds; without any, the next one."""
        async with asyncio.timeout(SECONDS):
            while True:
                fields = await self._fields()
                if "data" in fields and (not kinds or fields["event"] in kinds):
                    return fields["event"], json.loads(fields["data"])

    async def content(self, *kinds: str) -> dict[str, Any]:
        return (await self.event(*kinds))[1]

    async def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        lines = self.response.content
        while line := (await lines.readuntil(b"\n", max_size=2**22)).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        assert fields, "the stream ended"
        return fields


class Stand:
    """A wall, and screens that come and go."""

    def __init__(self, paper: PaperWall, session: ClientSession) -> None:
        self.paper, self.feed, self.session = paper, paper.feed, session
        self.screens: list[Screen] = []

    async def screen(self, query: str = "", **options: Any) -> Screen:
        url = f"{self.paper.url}/api/v1/stream{query}"
        screen = Screen(await self.session.get(url, **{"read_bufsize": 2**22, **options}))
        self.screens.append(screen)
        return screen


@asynccontextmanager
async def standing(most_clients: int = 500) -> AsyncIterator[Stand]:
    """A wall with nothing on it yet; every screen is taken down at the end."""
    async with (
        served(paper_wall(most_clients=most_clients)) as paper,
        ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout()) as session,
    ):
        stand = Stand(paper, session)
        try:
            yield stand
        finally:
            for screen in stand.screens:
                screen.response.close()


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        combined = view(scope={"channel": "email", "team": "billing"})
        stand.feed.put(view(None), view("email"), combined)
        yield stand


async def test_a_snapshot_comes_first_with_all_that_a_screen_needs(stand: Stand) -> None:
    stand.feed.put_alerts(alert(1))
    screen = await stand.screen()
    assert screen.response.content_type == "text/event-stream"
    kind, content = await screen.event()
    assert kind == "snapshot"
    assert content.keys() == {
        "version", "now", "interval_seconds", "tenant", "tenants", "views", "alerts",
        "alerts_total", "feed",
    }  # fmt: skip
    assert [each["scope"] for each in content["views"]] == [{}, {"channel": "email"}]
    assert all("received_at" in each for each in content["views"])
    assert [each["alert"] for each in content["alerts"]] == [alert(1).alert]
    assert (content["tenant"], content["tenants"]) == ("acme", ["acme"])


async def test_a_change_comes_as_a_delta_of_what_changed(stand: Stand) -> None:
    screen = await stand.screen()
    before = await screen.content("snapshot")
    await screen.content("beat")
    stand.feed.put(view("email", levels={"waiting": 5}))
    delta = await screen.content("delta")
    assert [each["levels"]["waiting"] for each in delta["views"]] == [5]
    assert delta["version"] > before["version"]
    assert (delta["gone"], delta["alerts"]) == ([], [])


async def test_a_scope_that_is_gone_is_named(stand: Stand) -> None:
    screen = await stand.screen()
    await screen.content("beat")
    stand.feed.remove(view("email"))
    assert (await screen.content("delta"))["gone"] == [{"channel": "email"}]


async def test_an_alert_is_told_when_it_fires_and_when_it_is_over(stand: Stand) -> None:
    screen = await stand.screen()
    await screen.content("beat")
    for state, total in (("firing", 1), ("resolved", 0)):
        stand.feed.put_alerts(alert(1, state))
        delta = await screen.content("delta")
        assert [each["state"] for each in delta["alerts"]] == [state]
        assert delta["alerts_total"] == total


async def test_of_very_many_alerts_the_gravest_are_told_and_the_rest_counted(
    stand: Stand,
) -> None:
    many = [alert(n, severity="info") for n in range(MOST_ALERTS + 50)]
    stand.feed.put_alerts(*many)
    screen = await stand.screen()
    content = await screen.content("snapshot")
    assert (len(content["alerts"]), content["alerts_total"]) == (MOST_ALERTS, MOST_ALERTS + 50)
    await screen.content("beat")
    stand.feed.put_alerts(alert(0, "resolved"), alert(7777))
    delta = await screen.content("delta")
    told = {each["subject"]["id"] for each in delta["alerts"]}
    assert {"0", "7777"} <= told
    assert len(told) < 5
    assert delta["alerts_total"] == MOST_ALERTS + 50


async def test_every_combination_is_told_to_those_who_ask_for_it(stand: Stand) -> None:
    content = await (await stand.screen("?scope=all")).content("snapshot")
    assert {"channel": "email", "team": "billing"} in [each["scope"] for each in content["views"]]


async def test_beats_come_when_nothing_else_does(stand: Stand) -> None:
    screen = await stand.screen()
    loop = asyncio.get_running_loop()
    await screen.content("beat")
    began = loop.time()
    for _ in range(3):
        assert (await screen.content("beat")).keys() == {"version", "now", "feed"}
    assert loop.time() - began < 6


async def test_a_lost_feed_is_told_at_once_and_its_return_with_a_new_picture(
    stand: Stand,
) -> None:
    screen = await stand.screen()
    await screen.content("beat")
    stand.feed.lose("the broker is gone")
    feed = (await screen.content("delta"))["feed"]
    assert (feed["connected"], feed["problem"]) == (False, "the broker is gone")
    assert feed["since"]
    assert not (await screen.content("beat"))["feed"]["connected"]
    stand.feed.read()
    assert (await screen.content("snapshot"))["feed"]["connected"]


async def test_who_comes_before_there_is_anything_is_told_when_there_is() -> None:
    async with standing() as stand:
        screen = await stand.screen()
        first = await screen.content("snapshot")
        assert (first["tenant"], first["tenants"], first["views"]) == ("", [], [])
        stand.feed.put(view("email"))
        while not (content := await screen.content("snapshot"))["views"]:
            pass
        assert content["tenant"] == "acme"


async def test_screens_of_one_tenant_see_nothing_of_another(stand: Stand) -> None:
    stand.feed.put(view("mail", tenant="globex"))
    screen = await stand.screen("?tenant=globex")
    content = await screen.content("snapshot")
    assert [each["tenant"] for each in content["views"]] == ["globex"]
    assert content["tenants"] == ["acme", "globex"]


async def test_those_who_take_gzip_get_the_same_in_fewer_bytes(stand: Stand) -> None:
    async with ClientSession(auto_decompress=False) as raw:
        url = f"{stand.paper.url}/api/v1/stream"
        async with raw.get(url, headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            unpacker, text = zlib.decompressobj(31), b""
            async with asyncio.timeout(SECONDS):
                while text.count(b"event: beat") < 2:
                    text += unpacker.decompress(await response.content.readany())
            assert b"event: snapshot" in text


def test_deflated_frames_make_one_stream_wherever_one_joins() -> None:
    frames = [frame("delta", n, b'{"n":%d}' % n * 50) for n in range(4)]
    for first in range(3):
        packed = b"".join(each.deflated for each in frames[first:])
        plain = b"".join(each.plain for each in frames[first:])
        assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed) == plain


async def test_a_screen_that_does_not_keep_up_gets_a_snapshot_instead_of_a_queue() -> None:
    client = Client()
    for number in range(10 * MOST_FRAMES):
        client.push(Frame(b"%d" % number))
    assert client.lagging
    assert client.resyncs == 1
    assert await client.take() == []


async def test_a_beat_is_not_queued_behind_news() -> None:
    client, news = Client(), Frame(b"news")
    client.push(news)
    client.beat(Frame(b"beat"))
    assert await client.take() == [news]


async def test_a_screen_that_stops_reading_keeps_nobody_waiting_and_catches_up(
    stand: Stand,
) -> None:
    slow = await stand.screen(read_bufsize=1, headers={"Accept-Encoding": "identity"})
    quick = await stand.screen()
    last = 0
    while not resyncs(stand):
        last += 1
        stand.feed.put(view("email", levels={"waiting": last, "note": "x" * 500_000}))
        await quick.content("delta", "snapshot")
        assert last < 500
    kinds: list[str] = []
    content: dict[str, Any] = {}
    while last not in [each["levels"]["waiting"] for each in content.get("views", [])]:
        kind, content = await slow.event()
        kinds.append(kind)
    assert kinds.count("snapshot") >= 2
    assert len(kinds) < last


def resyncs(stand: Stand) -> int:
    audiences = stand.paper.wall.hub._audiences.values()
    return sum(client.resyncs for each in audiences for client in each.clients)


async def test_two_hundred_screens_share_one_encoded_message(stand: Stand) -> None:
    screens = await asyncio.gather(*(stand.screen() for _ in range(200)))
    assert len(stand.paper.wall.hub) == 200
    await asyncio.gather(*(screen.content("snapshot") for screen in screens))
    began = now_ms()
    stand.feed.put(view("email", levels={"waiting": 123}))

    async def sees(screen: Screen) -> None:
        while not any(
            each["levels"]["waiting"] == 123 for each in (await screen.content("delta"))["views"]
        ):
            pass

    await asyncio.gather(*(sees(screen) for screen in screens))
    assert now_ms() - began < 5_000
    (audience,) = stand.paper.wall.hub._audiences.values()
    assert len(audience.clients) == 200


async def test_one_screen_too_many_is_asked_to_come_again() -> None:
    async with standing(most_clients=1) as stand:
        await (await stand.screen()).content("snapshot")
        refused = (await stand.screen()).response
        assert (refused.status, refused.headers["Retry-After"]) == (503, "10")


async def test_who_leaves_is_forgotten(stand: Stand) -> None:
    screen = await stand.screen()
    await screen.content("snapshot")
    screen.response.close()
    await eventually_async(lambda: len(stand.paper.wall.hub) == 0, SECONDS, what="nobody follows")
