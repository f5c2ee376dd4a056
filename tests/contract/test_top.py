"""`pegel top` against a real wall: one look, JSON, tokens, a live terminal, and a wall that goes away."""

import asyncio
import hashlib
import json
import os
import pty
import signal
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from stream_app.cli.main import run
from stream_app.wall.gate import Admission
from stream_app.wall.tokens import VIEW, Caller, Token, Tokens
from tests.support.wait import eventually_async
from tests.support.wall import PaperWall, alert, paper_wall, served, view

SECRET = "secret-of-the-lobby"
LEFT = b"\x1b[?1049l"
PATIENCE = 50.0  # a busy machine starts a process slowly
Captured = pytest.CaptureFixture[str]


@pytest.fixture
async def wall() -> AsyncIterator[PaperWall]:
    async with served(filled(paper_wall())) as paper:
        yield paper


def filled(paper: PaperWall) -> PaperWall:
    team = view(scope={"channel": "email", "team": "billing"})
    paper.feed.put(view(None), view("email", levels={"overdue": 2}), view("phone"), team)
    paper.feed.put_alerts(alert(1))
    return paper


async def pegel(*arguments: str) -> int:
    """The command in a thread of its own, because the wall runs in this one."""
    return await asyncio.to_thread(run, ["top", *arguments])


async def refused(captured: Captured, *arguments: str) -> str:
    assert await pegel(*arguments) == 1
    written = captured.readouterr()
    assert written.out == ""
    (line,) = written.err.strip().splitlines()
    return line


async def test_one_look_ends_by_itself(wall: PaperWall, capsys: Captured) -> None:
    assert await pegel("--once", "--wall", wall.url) == 0
    shown = capsys.readouterr().out
    assert "acme" in shown
    assert "■ Overdue" in shown
    assert "First reply overdue" in shown


async def test_programs_get_the_same_as_json(wall: PaperWall, capsys: Captured) -> None:
    assert await pegel("--json", "--wall", wall.url) == 0
    look: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (look["tenant"], look["line"]) == ("acme", "live")
    assert [row["condition"] for row in look["rows"]] == ["overdue", "on_time"]
    assert look["rows"][0]["in_target_1h"] == 0.876
    assert [each["rule"] for each in look["alerts"]] == ["first_reply_breached"]


async def test_an_address_without_its_scheme_will_do(wall: PaperWall, capsys: Captured) -> None:
    assert await pegel("--json", "--wall", wall.url.removeprefix("http://") + "/") == 0
    assert json.loads(capsys.readouterr().out)["tenant"] == "acme"


async def test_one_channel_is_shown_with_its_teams(wall: PaperWall, capsys: Captured) -> None:
    assert await pegel("--once", "--wall", wall.url, "--channel", "email", "--lang", "de") == 0
    shown = capsys.readouterr().out
    assert "E-Mail" in shown
    assert "billing" in shown
    assert "Telefon" not in shown


@pytest.mark.parametrize(("option", "known"), [("--tenant", "acme"), ("--channel", "email, phone")])
async def test_a_name_that_is_not_there_is_answered_with_those_that_are(
    wall: PaperWall, capsys: Captured, option: str, known: str
) -> None:
    line = await refused(capsys, "--once", "--wall", wall.url, option, "nowhere")
    assert f"no {option[2:]} nowhere — there are: {known}" in line


async def test_where_no_wall_is_one_line_says_so(unused_tcp_port: int, capsys: Captured) -> None:
    line = await refused(capsys, "--once", "--wall", f"127.0.0.1:{unused_tcp_port}")
    assert "no wall answers" in line
    assert "pegel wall" in line


@pytest.mark.parametrize("address", ["http://", "nonsense://x", "http://[1"])
async def test_what_is_no_address_is_said_in_one_line(address: str, capsys: Captured) -> None:
    assert "--wall" in await refused(capsys, "--once", "--wall", address)


async def test_a_wall_with_tokens_wants_the_one_of_the_environment(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    tokens = Tokens([Token(Caller("lobby", VIEW), hashlib.sha256(SECRET.encode()).digest())])
    async with served(filled(paper_wall(Admission(tokens, b"k" * 32, None)))) as paper:
        monkeypatch.delenv("PEGEL_WALL_TOKEN", raising=False)
        assert "PEGEL_WALL_TOKEN" in await refused(capsys, "--once", "--wall", paper.url)
        monkeypatch.setenv("PEGEL_WALL_TOKEN", SECRET + "x")
        line = await refused(capsys, "--once", "--wall", paper.url)
        assert SECRET not in line
        monkeypatch.setenv("PEGEL_WALL_TOKEN", SECRET)
        assert await pegel("--once", "--wall", paper.url) == 0
        file = tmp_path / "token"
        file.write_text(SECRET + "\n")
        monkeypatch.setenv("PEGEL_WALL_TOKEN_FILE", str(file))
        monkeypatch.delenv("PEGEL_WALL_TOKEN")
        assert await pegel("--once", "--wall", paper.url) == 0


class Terminal:
    """A terminal of 24 lines with `pegel top` in it."""

    def __init__(self, process: asyncio.subprocess.Process, keyboard: int) -> None:
        self.process, self.keyboard = process, keyboard
        self.output = bytearray()

    def read(self) -> None:
        try:
            self.output += os.read(self.keyboard, 65_536)
        except OSError:  # the other end is closed
            asyncio.get_running_loop().remove_reader(self.keyboard)

    async def shows(self, text: str) -> None:
        """Wait until a text is written that was not there before; what came before is forgotten."""
        await eventually_async(
            lambda: text.encode() in self.output, PATIENCE, what=f"it shows {text}"
        )
        self.output.clear()

    async def ends(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def terminal(*arguments: str) -> AsyncIterator[Terminal]:
    keyboard, screen = pty.openpty()
    termios.tcsetwinsize(keyboard, (24, 80))
    command = (sys.executable, "-m", "stream_app.cli", "top", *arguments)
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=screen,
        stdout=screen,
        stderr=screen,
        env=environment,
        start_new_session=True,
    )
    os.close(screen)
    opened = Terminal(process, keyboard)
    loop = asyncio.get_running_loop()
    loop.add_reader(keyboard, opened.read)
    try:
        yield opened
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        loop.remove_reader(keyboard)
        os.close(keyboard)


async def test_a_terminal_follows_until_q_is_pressed(wall: PaperWall) -> None:
    async with terminal("--wall", wall.url) as opened:
        await opened.shows("Live")
        wall.feed.put(view("phone", levels={"waiting": 4711}))
        await opened.shows("4,711")
        os.write(opened.keyboard, b"q")
        assert await opened.ends() == 0
        await eventually_async(lambda: LEFT in opened.output)


async def test_ctrl_c_ends_it_without_a_word(wall: PaperWall) -> None:
    async with terminal("--wall", wall.url) as opened:
        await opened.shows("Live")
        opened.process.send_signal(signal.SIGINT)
        assert await opened.ends() == 0
        await eventually_async(lambda: LEFT in opened.output)
        assert b"Traceback" not in opened.output


@pytest.mark.timeout(240)
async def test_a_wall_that_is_gone_is_said_and_taken_up_again_when_it_is_back() -> None:
    async with AsyncExitStack() as stack:
        async with served(filled(paper_wall())) as paper:
            opened = await stack.enter_async_context(terminal("--wall", paper.url))
            await opened.shows("Live")
        await opened.shows("Connection lost at")
        await opened.shows("Stale")
        async with served(filled(paper_wall()), int(paper.url.rpartition(":")[2])):
            await opened.shows("Live")


async def test_a_wall_that_was_never_there_ends_it_at_once(unused_tcp_port: int) -> None:
    async with terminal("--wall", f"127.0.0.1:{unused_tcp_port}") as opened:
        assert await opened.ends() == 1
        await opened.shows("no wall answers")
