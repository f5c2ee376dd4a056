"""A child process with its own log file: started, watched, and ended for certain.

The child gets its own session, so that Ctrl-C reaches the parent alone, which then ends its children
in the right order.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path


class Child:
    """One child process. It is started once; what it writes goes to `log`."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        """`env` is added to the environment of this process."""
        self.name = name
        self.log = log
        self._command = list(command)
        self._env = {**os.environ, **(env or {})}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.returncode if self._process is not None else None

    async def start(self) -> None:
        """Start the process; does not wait for it to be ready."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
            )

    async def wait(self) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process is not None, f"{self.name} was not started"
        return await self._process.wait()

    async def stop(self, seconds: float) -> int | None:
        """SIGTERM, and SIGKILL when it has not ended after `seconds`; its exit code."""
        if self._process is not None and self.running:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), seconds)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        return self.code

    def last_words(self, lines: int = 1) -> str:
        """The last lines that it wrote."""
        if not self.log.exists():
            return ""
        written = self.log.read_text(errors="replace").strip().splitlines()
        return "\n".join(written[-lines:])
