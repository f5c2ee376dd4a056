"""The compiled build (`make compile`): whether there is one of the present sources, and how to run it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.sources import ROOT

BUILD = ROOT / ".cache" / "compiled"
SCRIPTS = ROOT / "scripts"
_NO_COMPILER = 3


def has_build() -> bool:
    """Whether what lies there was made of the sources as they are."""
    stamp, wanted = BUILD / "stamp", [str(SCRIPTS / "compile.sh"), "stamp"]
    said = subprocess.run(wanted, capture_output=True, text=True, timeout=60, check=True).stdout
    return stamp.exists() and stamp.read_text() == said


def make_build() -> None:
    """Compile, unless that has been done. Without a compiler the test is skipped, but not in CI."""
    said = subprocess.run(
        [SCRIPTS / "compile.sh"], capture_output=True, text=True, timeout=1200, check=False
    )
    if said.returncode == _NO_COMPILER and not os.environ.get("CI"):
        pytest.skip(said.stderr.strip())
    assert said.returncode == 0, said.stderr


def run_compiled(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """`pegel` on the compiled build."""
    return subprocess.run(
        [SCRIPTS / "compiled.sh", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=cwd,
    )
