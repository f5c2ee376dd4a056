"""Fetches the broker of the tests, once: Apache Kafka's jars by Maven into `.cache/kafka` (54 MB).

`python -m tests.support.kafka_jars` fetches them before a test run, so that no test's time-out has
to allow for a download.
"""

import sys
from pathlib import Path
from typing import Final

from tests.support.fetched import Fetcher, FetchFailed, ahead, fetched

VERSION: Final = "4.1.0"
_CACHE: Final = Path(__file__).resolve().parents[2] / ".cache" / "kafka" / VERSION
_POM: Final = Path(__file__).with_name("kafka-pom.xml")
_MAVEN: Final = Fetcher("mvn", "maven", 300)
_WHAT: Final = f"Apache Kafka {VERSION}"


def libraries() -> Path:
    """The directory with the broker's jars, fetched when it is not there yet."""
    return fetched(_CACHE, _fetch)


def _fetch(into: Path) -> None:
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={into}"]
    done = _MAVEN.run(["-B", "-q", "-f", str(_POM), *goal], _WHAT)
    if done.returncode:
        reason = [line for line in done.stdout.splitlines() if "ERROR" in line] or [""]
        raise FetchFailed(f"mvn could not fetch {_WHAT}: {reason[0][:200]}")


def main() -> int:
    """Fetch; a failure is one line, and an error only where everything has to be tested."""
    return ahead(libraries, "Kafka")


if __name__ == "__main__":
    sys.exit(main())
