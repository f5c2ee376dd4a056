"""One-click links at the wall: a page that asks, a button that acts, and clear words when it cannot."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession

from schemas.instants import format_ms
from stream_app.links import Click, Links
from stream_app.wall.click_words import WORDS, preferred
from stream_app.wall.gate import Admission
from stream_app.wall.tokens import Tokens
from tests.support.wall import PaperWall, alert, alert_key, paper_wall, served
from tests.support.wall_api import NOW, Clock

LINKS = Links([b"n" * 32])
CLOSED = Admission(Tokens([]), b"k" * 32)  # nobody is let in without a token, and there is none
HOUR = 3_600_000


def token(action: str = "acknowledge", links: Links = LINKS, **changes: Any) -> str:
    key = alert_key(alert(1)).decode()
    snooze = HOUR if action == "snooze" else 0
    click = Click(action, key, alert(1).alert, "support", NOW + 1_000, snooze)
    return links.token(click._replace(**changes))


class Person:
    """Somebody who has got a message with a link, and no account here."""

    def __init__(self, paper: PaperWall, session: ClientSession) -> None:
        self.paper, self._session = paper, session

    async def open(self, text: str, method: str = "GET", language: str = "en") -> ClientResponse:
        headers = {"Accept-Language": language}
        url = f"{self.paper.url}/a/{text}"
        return await self._session.request(method, url, headers=headers)

    async def click(self, text: str) -> ClientResponse:
        return await self.open(text, "POST")


@asynccontextmanager
async def somebody(links: Links | None = LINKS) -> AsyncIterator[tuple[Person, Clock]]:
    clock = Clock()
    paper = paper_wall(CLOSED, clock, links=links)
    paper.feed.put_alerts(alert(1))
    async with served(paper), ClientSession() as session:
        yield Person(paper, session), clock


async def test_opening_a_link_asks_and_changes_nothing() -> None:
    async with somebody() as (person, _):
        for method in ("GET", "HEAD", "GET"):
            assert (await person.open(token(), method)).status == 200
        page = await (await person.open(token())).text()
        assert '<form method="post">' in page
        for words in ("Acknowledge this alert?", "first_reply_breached", "zendesk/acme 1 email"):
            assert words in page
        assert person.paper.commands.written == []


async def test_the_button_acknowledges_in_the_name_of_the_receiver() -> None:
    async with somebody() as (person, _):
        answer = await person.click(token())
        assert answer.status == 202
        assert "Acknowledged" in await answer.text()
        ((key, command),) = person.paper.commands.written
        assert key == alert_key(alert(1))
        assert (command.action, command.alert, command.actor, command.until) == (
            "acknowledge",
            alert(1).alert,
            "link/support",
            None,
        )


async def test_the_other_link_snoozes_for_as_long_as_it_says() -> None:
    async with somebody() as (person, _):
        assert "for 60 minutes?" in await (await person.open(token("snooze"))).text()
        assert (await person.click(token("snooze"))).status == 202
        ((_, command),) = person.paper.commands.written
        assert (command.action, command.until) == ("snooze", format_ms(NOW + HOUR))


async def test_a_link_that_was_used_says_by_whom_and_acts_no_more() -> None:
    async with somebody() as (person, _):
        person.paper.feed.put_alerts(alert(1, "acknowledged", actor="link/support"))
        for answer in (await person.open(token()), await person.click(token())):
            page = await answer.text()
            assert answer.status == 409
            assert "Acknowledged already" in page
            assert "link/support" in page
            assert "<form" not in page
        assert person.paper.commands.written == []
        assert (await person.click(token("snooze"))).status == 202


@pytest.mark.parametrize("state", ["resolved", "pending"])
async def test_an_alert_that_is_over_is_said_to_be_over(state: str) -> None:
    async with somebody() as (person, _):
        person.paper.feed.put_alerts(alert(1, state))
        answer = await person.click(token())
        assert answer.status == 410
        assert "is over" in await answer.text()
        assert person.paper.commands.written == []


async def test_a_link_for_an_earlier_episode_does_not_touch_the_next_one() -> None:
    async with somebody() as (person, _):
        answer = await person.click(token(alert=alert(7).alert))
        assert answer.status == 410
        assert person.paper.commands.written == []


async def test_a_link_that_has_ended_says_so() -> None:
    async with somebody() as (person, clock):
        clock.now += 1_000
        answer = await person.click(token())
        assert answer.status == 410
        assert "has ended" in await answer.text()
        assert person.paper.commands.written == []


@pytest.mark.parametrize(
    "text", [token()[:-1], token() + "x", token(links=Links([b"o" * 32])), "x", "<b>", "1.%2e%2e.x"]
)
async def test_a_forged_link_gets_a_page_and_no_command(text: str) -> None:
    async with somebody() as (person, _):
        for answer in (await person.open(text), await person.click(text)):
            assert answer.status == 403
            assert "not valid" in await answer.text()
        assert person.paper.commands.written == []


async def test_without_a_secret_there_are_no_links() -> None:
    async with somebody(links=None) as (person, _):
        assert (await person.click(token())).status == 404


async def test_a_wall_that_has_not_read_yet_asks_to_come_again() -> None:
    async with somebody() as (person, _):
        person.paper.feed.forget("the feed has not been read yet")
        answer = await person.open(token(alert=alert(2).alert))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_a_command_that_cannot_be_written_is_offered_again() -> None:
    async with somebody() as (person, _):
        person.paper.commands.broken = True
        answer = await person.click(token())
        assert answer.status == 503
        assert "<form" in await answer.text()
        person.paper.commands.broken = False
        assert (await person.click(token())).status == 202


async def test_a_link_that_is_clicked_all_the_time_is_slowed_down() -> None:
    async with somebody() as (person, _):
        statuses = [(await person.click(token())).status for _ in range(121)]
        assert (statuses[:120], statuses[120]) == ([202] * 120, 429)


async def test_the_page_runs_nothing_loads_nothing_foreign_and_is_kept_nowhere() -> None:
    async with somebody() as (person, _):
        answer = await person.open(token())
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"  # the address is the right to act
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script|style=|\son\w+=|https?://", page)
        for asset in re.findall(r'href="\.\.(/assets/[^"]+)"', page):
            async with ClientSession() as session:
                assert (await session.get(person.paper.url + asset)).status == 200


async def test_names_from_outside_are_text() -> None:
    async with somebody() as (person, _):
        person.paper.feed.put_alerts(alert(1, rule="<script>alert(1)</script>"))
        page = await (await person.open(token())).text()
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


async def test_the_page_speaks_the_language_of_the_browser() -> None:
    async with somebody() as (person, _):
        german = await person.open(token(), language="de-AT,de;q=0.9,en;q=0.5")
        page = await german.text()
        assert '<html lang="de">' in page
        assert "Diesen Alarm übernehmen?" in page
        assert german.headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("fr, de;q=0.8, en;q=0.3", "de"),
        ("en;q=0.3,de;q=0.2", "en"),
        ("de;q=x", "en"),
        ("fr", "en"),
    ],
)
def test_the_language_wanted_most_is_taken(header: str, language: str) -> None:
    assert preferred(header) == language


def test_both_languages_have_the_same_words_with_the_same_names() -> None:
    assert WORDS["de"].keys() == WORDS["en"].keys()
    for name, text in WORDS["en"].items():
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", WORDS["de"][name])
