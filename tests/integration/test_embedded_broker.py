"""The broker that a demo brings along, and child processes in general."""

import os
import sys
from pathlib import Path

import pytest

from stream_app.adapters import embedded_broker
from stream_app.adapters.child import Child
from stream_app.adapters.embedded_broker import EmbeddedBroker, free_port, taken
from stream_app.adapters.kafka import connect, keeps_transactions
from stream_app.errors import UserError
from tests.support.ports import is_listening
from tests.support.wait import eventually_async


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_it_starts_answers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with EmbeddedBroker(tmp_path / "log") as broker:
        pid = broker.child.pid
        async with connect(broker.address) as admin:
            described = await admin.describe()
        assert "without transactions" in described.version
        assert not await keeps_transactions(broker.address, "pegel")
    assert not alive(pid)
    assert not is_listening(broker.port)


async def test_two_of_them_do_not_meet(tmp_path: Path) -> None:
    async with EmbeddedBroker(tmp_path / "a") as one, EmbeddedBroker(tmp_path / "b") as two:
        assert one.port != two.port


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    async with EmbeddedBroker(tmp_path / "a") as one:
        with pytest.raises(UserError, match="another program listens"):
            await EmbeddedBroker(tmp_path / "b", port=one.port).start()
        assert taken(one.port)
    assert not taken(free_port())


async def test_a_program_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    program = tmp_path / "tansu"
    program.write_text("#!/bin/sh\necho cannot do this\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(UserError, match="exit code 3: cannot do this"):
        await EmbeddedBroker(tmp_path / "log", program=program).start()


async def test_a_missing_wheel_is_one_line_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_broker, "_PACKAGE", "no_such_wheel")
    with pytest.raises(UserError) as raised:
        EmbeddedBroker(tmp_path / "log")
    assert "pegel[demo]" in str(raised.value)
    assert "--broker" in str(raised.value)


async def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal\nsignal.signal(15, signal.SIG_IGN)\nprint('up', flush=True)\ninput()"
    body = f"{stubborn.replace('input()', 'signal.pause()')}"
    child = Child("stubborn", [sys.executable, "-c", body], tmp_path / "log")
    await child.start()
    await eventually_async(lambda: child.last_words() == "up")
    assert await child.stop(0.2) == -9
    assert not alive(child.pid)


async def test_a_child_gets_the_environment_and_its_own_session(tmp_path: Path) -> None:
    body = "import os; print(os.environ['PEGEL_X'], os.getsid(0) == os.getpid())"
    child = Child("c", [sys.executable, "-c", body], tmp_path / "log", {"PEGEL_X": "7"})
    await child.start()
    assert await child.wait() == 0
    assert child.last_words() == "7 True"
    assert "PEGEL_X" not in os.environ
    assert await child.stop(1) == 0  # ending what has ended does nothing
