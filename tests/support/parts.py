"""Programs that a test needs but that Python does not bring: found, or said to be missing.

At a desk a missing program skips the test with one line; where `CI=true` it is a failure, so that
a green run there has really run everything.
"""

import os
import shutil
from typing import NoReturn

import pytest


def find(*names: str, package: str) -> str:
    """The path of the first of these programs that exists; else the test ends here."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    missing(f"{names[0]} is not installed (Debian package: {package})")


def missing(reason: str) -> NoReturn:
    """End the test: skipped at a desk, failed in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
