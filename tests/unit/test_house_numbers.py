"""House numbers and house rules that no linter knows.

Each rule is one test over the whole repository that lists its offenders; the measures behind the
rules are tested on samples, so that a rule that sees nothing can not pass unnoticed.
"""

import re
import sys
import tomllib
from typing import Any

import pytest

from tests.conftest import TIERS
from tests.support import sources
from tests.support.sources import PRODUCT, ROOT, python_files, relative

MODULE_LINES = 300
FUNCTION_LINES = 40
# Modules of the standard library that do I/O, ask a clock, or run something beside.
IMPURE = frozenset(
    {"asyncio", "concurrent", "http", "io", "logging", "multiprocessing", "os", "pathlib",
     "random", "select", "shutil", "signal", "socket", "sqlite3", "subprocess", "tempfile",
     "threading", "time", "urllib"}
)  # fmt: skip
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home|Users|tmp/\w+)/[\w.]")
REGISTRIES = re.compile(
    r"pypi\.(?:org|python)|pythonhosted|repo1?\.maven|maven\.org|npmjs|index-url\s*[= ]\s*http"
)
_SELF = "tests/unit/test_house_numbers.py"


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_no_module_is_longer_than_three_hundred_lines() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in python_files()}
    assert not {name: lines for name, lines in lengths.items() if lines > MODULE_LINES}


def test_no_function_is_longer_than_forty_lines() -> None:
    offenders = [
        f"{relative(path)}: {name} has {lines} lines"
        for path in python_files()
        for name, lines in sources.function_lengths(path.read_text())
        if lines > FUNCTION_LINES
    ]
    assert not offenders


def test_every_module_says_what_it_is_responsible_for() -> None:
    silent = [
        relative(path)
        for path in python_files(*PRODUCT, "grafana", "scripts")
        if not path.read_text().lstrip().startswith('"""')
    ]
    assert not silent


def test_the_core_imports_nothing_but_pure_library_and_wire_types() -> None:
    allowed = {"schemas", "stream_app"} | (sys.stdlib_module_names - IMPURE)
    offenders = [
        f"{relative(path)}: {module}"
        for path in python_files("stream_app/domain")
        for module in sorted(sources.imported_modules(path.read_text()))
        if module.split(".")[0] not in allowed
        or (module.startswith("stream_app") and not module.startswith("stream_app.domain"))
    ]
    assert not offenders


def test_the_core_awaits_nothing() -> None:
    offenders = [
        f"{relative(path)}: {name}"
        for path in python_files("stream_app/domain", "schemas")
        for name in sources.coroutines(path.read_text())
    ]
    assert not offenders


def test_no_test_sleeps() -> None:
    offenders = [
        f"{relative(path)}:{line}"
        for path in python_files("tests")
        if relative(path) != "tests/support/wait.py"
        for line in sources.sleeps(path.read_text())
    ]
    assert not offenders


@pytest.mark.parametrize("pattern", [MACHINE_PATHS, REGISTRIES], ids=["path", "registry"])
def test_no_file_names_a_path_of_one_machine_or_a_package_registry(
    pattern: re.Pattern[str],
) -> None:
    offenders = [
        f"{relative(path)}: {found.group()}"
        for path in sources.repository_files()
        if relative(path) != _SELF
        for found in [pattern.search(path.read_text(errors="replace"))]
        if found
    ]
    assert not offenders


def test_every_test_stands_in_the_directory_of_a_tier() -> None:
    lost = [
        relative(path)
        for path in python_files("tests")
        if path.name.startswith("test_") and path.relative_to(ROOT / "tests").parts[0] not in TIERS
    ]
    assert not lost


def test_every_tier_has_its_directory_and_its_declared_marker() -> None:
    declared = {
        line.split(":")[0] for line in _pyproject()["tool"]["pytest"]["ini_options"]["markers"]
    }
    assert declared == TIERS
    assert {tier for tier in TIERS if (ROOT / "tests" / tier / "__init__.py").exists()} == TIERS


def test_a_test_carries_the_marker_of_its_directory(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("unit") is not None


def test_pyproject_is_the_only_configuration_of_the_python_tools() -> None:
    others = {
        "setup.cfg",
        "tox.ini",
        "pytest.ini",
        "mypy.ini",
        "ruff.toml",
        ".importlinter",
        "setup.py",
    }
    assert not {path.name for path in sources.repository_files()} & others


SAMPLE = """
import os.path
from asyncio import gather

async def outer():
    def inner():
        return 1
    await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    time.sleep(1)
"""


def test_without_git_the_same_python_files_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [p for p in sources.repository_files.__wrapped__() if p.suffix == ".py"]
    monkeypatch.setenv("PATH", "")
    found = sources.repository_files.__wrapped__()
    assert known == [path for path in found if path.suffix == ".py"]


def test_functions_are_measured_from_def_to_their_last_line() -> None:
    assert dict(sources.function_lengths(SAMPLE)) == {"outer": 6, "inner": 2}


def test_imports_of_both_forms_are_seen() -> None:
    assert sources.imported_modules(SAMPLE) == {"os.path", "asyncio"}


def test_giving_others_a_turn_is_no_sleep() -> None:
    assert sorted(sources.sleeps(SAMPLE)) == [9, 10]


@pytest.mark.parametrize(
    "text", ["see /home/erna/pegel", "cp /tmp/stage/x .", "path=/root/.cache", "/work/a"]
)
def test_paths_of_one_machine_are_recognised(text: str) -> None:
    assert MACHINE_PATHS.search(text)


@pytest.mark.parametrize("text", ["/var/lib/kafka", "frame/work/flow", "${HOME}/x", "a/tmp/b/c"])
def test_other_paths_are_left_alone(text: str) -> None:
    assert not MACHINE_PATHS.search(text)


@pytest.mark.parametrize("text", ["https://pypi.org/simple", "--index-url=https://x", "npmjs.com"])
def test_package_registries_are_recognised(text: str) -> None:
    assert REGISTRIES.search(text)
