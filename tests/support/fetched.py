"""Fetches what tests need from elsewhere: once, whole or not at all, also when two runs start at once."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


class FetchFailed(Exception):
    """What is needed is not here and can not be had; the text says why, in one line."""


@dataclass(frozen=True)
class Fetcher:
    """A program that fetches something, and the Debian package that has it."""

    program: str
    package: str
    seconds: int

    def run(
        self, arguments: Sequence[str], what: str, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Let it run to its end. Raises FetchFailed when it is not here or takes too long."""
        found = shutil.which(self.program)
        if found is None:
            raise FetchFailed(f"{self.program} is not installed (Debian package: {self.package})")
        try:
            return subprocess.run(
                [found, *arguments],
                cwd=cwd,
                capture_output=True,
                text=True,
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            message = f"{self.program} did not fetch {what} in {self.seconds} s"
            raise FetchFailed(message) from None


def fetched(home: Path, fetch: Callable[[Path], None]) -> Path:
    """The folder `home`; when it is not there yet, `fetch` makes it under the name that it is given."""
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with (home.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may start at once
            if not home.exists():
                partial = home.with_name(f"{home.name}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                fetch(partial)
                partial.rename(home)  # whole or not at all
    return home


def ahead(fetch: Callable[[], object], without: str) -> int:
    """Fetch before a test run; a failure is one line, and an error only where all has to be tested."""
    try:
        fetch()
    except FetchFailed as failure:
        sys.stderr.write(f"{failure}: tests with {without} can not run\n")
        return int(os.environ.get("CI") == "true")
    return 0
