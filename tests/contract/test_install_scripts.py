"""An unfit machine is told so in one line, before anything is made."""

import os
import subprocess
from pathlib import Path

from tests.support.sources import ROOT


def _run(script: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "scripts" / script), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **env},
    )


def _program(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_the_python_of_this_environment_will_do() -> None:
    assert _run("check_python.sh", "python3").returncode == 0


def test_an_old_python_is_named_with_the_remedy_in_one_line(tmp_path: Path) -> None:
    # Answers the question for its version, and fails the one whether it is new enough.
    old = _program(tmp_path / "python3", 'case "$2" in *print*) echo 3.9 ;; *) exit 1 ;; esac')
    said = _run("check_python.sh", old)
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer" in said.stderr
    assert "is 3.9" in said.stderr
    assert "PYTHON=" in said.stderr


def test_a_missing_python_is_said_in_one_line() -> None:
    said = _run("check_python.sh", "python-that-is-not-here")
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "python-that-is-not-here" in said.stderr


def test_missing_programs_are_named_one_line_each_and_do_not_stop_a_desk(tmp_path: Path) -> None:
    said = _run("ensure_parts.sh", PATH=_bare_path(tmp_path), CI="")
    assert said.returncode == 0
    assert "redis-server is missing" in said.stderr
    assert "promtool is missing" in said.stderr


def test_missing_programs_stop_ci(tmp_path: Path) -> None:
    said = _run("ensure_parts.sh", PATH=_bare_path(tmp_path), CI="true")
    assert said.returncode == 1
    assert "redis-server is missing" in said.stderr


def _bare_path(tmp_path: Path) -> str:
    # A machine with a shell and nothing that the tests want; no apt-get either.
    for name in ("bash", "env"):
        found = next(p for p in (Path("/bin") / name, Path("/usr/bin") / name) if p.exists())
        (tmp_path / name).symlink_to(found)
    return str(tmp_path)
