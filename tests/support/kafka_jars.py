"""Fetches the broker of the tests, once: Apache Kafka's jars by Maven into `.cache/kafka` (54 MB).

`python -m tests.support.kafka_jars` fetches them before a test run, so that no test's time-out has
to allow for a download.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

VERSION: Final = "4.1.0"
_CACHE: Final = Path(__file__).resolve().parents[2] / ".cache" / "kafka" / VERSION
_POM: Final = Path(__file__).with_name("kafka-pom.xml")
_SECONDS: Final = 300


class FetchFailed(Exception):
    """The jars are not here and can not be had; the text says why, in one line."""


def libraries() -> Path:
    """The directory with the broker's jars, fetched when it is not there yet."""
    if not _CACHE.exists():
        _CACHE.parent.mkdir(parents=True, exist_ok=True)
        with (_CACHE.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may start at once
            if not _CACHE.exists():
                _fetch()
    return _CACHE


def _fetch() -> None:
    partial = _CACHE.with_name(f"{VERSION}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    done = _maven("dependency:copy-dependencies", f"-DoutputDirectory={partial}")
    if done.returncode:
        reason = [line for line in done.stdout.splitlines() if "ERROR" in line] or [""]
        raise FetchFailed(f"mvn could not fetch Apache Kafka {VERSION}: {reason[0][:200]}")
    partial.rename(_CACHE)  # whole or not at all


def _maven(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("mvn")
    if program is None:
        raise FetchFailed("mvn is not installed (Debian package: maven)")
    command = [program, "-B", "-q", "-f", str(_POM), *arguments]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise FetchFailed(f"mvn did not fetch Apache Kafka {VERSION} in {_SECONDS} s") from None


def main() -> int:
    """Fetch; a failure is one line, and an error only where everything has to be tested."""
    try:
        libraries()
    except FetchFailed as failure:
        sys.stderr.write(f"{failure}: tests with Kafka can not run\n")
        return int(os.environ.get("CI") == "true")
    return 0


if __name__ == "__main__":
    sys.exit(main())
