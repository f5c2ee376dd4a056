"""A server as a child process: start, wait until it is ready, signal, stop, show its last words.

The child gets its own session, so that a Ctrl-C in the terminal reaches pytest alone. A reaper, a
shell that reads from a pipe which only pytest holds open, kills the child when pytest itself is
killed. (Linux's parent death signal would not do: it goes off when the starting *thread* ends.)
"""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.wait import DeadlineExceeded, eventually


class ServerDied(AssertionError):
    """The child ended by itself before it was ready."""


class ServerProcess:
    """One child process with its log file; it can be started again with the same command."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.env = dict(env) if env is not None else None
        self._child: subprocess.Popen[bytes] | None = None
        self._reaper: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running child."""
        assert self._child is not None, f"{self.name} was never started"
        return self._child.pid

    @property
    def running(self) -> bool:
        """Has the child been started and not ended?"""
        return self._child is not None and self._child.poll() is None

    def start(self, ready: Callable[[], object], deadline: float = 30.0) -> None:
        """Start the child and wait until `ready()` is truthy. It is killed when that fails."""
        assert not self.running, f"{self.name} runs already"
        self._dismiss_reaper()  # of a child that has ended by itself
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.env,
                start_new_session=True,
            )
        self._reaper = subprocess.Popen(
            ["sh", "-c", 'read _; kill -KILL "$0"', str(self.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self.wait_ready(ready, deadline)
        except BaseException:
            self.kill()
            raise

    def wait_ready(self, ready: Callable[[], object], deadline: float = 30.0) -> None:
        """Wait until `ready()` is truthy; a failure carries the end of the child's log."""
        try:
            eventually(lambda: not self.running or ready(), deadline, what=f"{self.name} is ready")
        except DeadlineExceeded as error:
            raise DeadlineExceeded(f"{error}\n{self.tail()}") from None
        if not self.running:
            raise ServerDied(f"{self.name} ended with {self.wait(1)}\n{self.tail()}")

    def stop(self, deadline: float = 20.0) -> int:
        """SIGTERM, and SIGKILL when the deadline has passed; returns the exit code."""
        if self.running:
            self.resume()
            self.signal(signal.SIGTERM)
            try:
                return self.wait(deadline)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.wait(deadline)

    def kill(self) -> None:
        """SIGKILL: no drain, no farewell."""
        self.signal(signal.SIGKILL)
        if self._child is not None:
            self.wait(10)  # also what has ended by itself leaves somebody to be dismissed

    def pause(self) -> None:
        """SIGSTOP: the process is there and silent."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: goes on after `pause`."""
        self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        """Send a signal to the child; nothing happens when it has ended."""
        if self.running:
            os.kill(self.pid, number)

    def wait(self, deadline: float) -> int:
        """The exit code of the child, once it has ended."""
        assert self._child is not None, f"{self.name} was never started"
        code = self._child.wait(deadline)
        self._dismiss_reaper()
        return code

    def tail(self, lines: int = 30) -> str:
        """The last lines that the child wrote."""
        written = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return f"--- end of {self.name}'s log\n" + "\n".join(written[-lines:])

    def _dismiss_reaper(self) -> None:
        if self._reaper is None:
            return
        self._reaper.kill()
        self._reaper.wait(10)
        assert self._reaper.stdin is not None
        self._reaper.stdin.close()
        self._reaper = None
