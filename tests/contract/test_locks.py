"""The lock files pin, with hashes, everything that pyproject.toml asks for."""

import re
import tomllib
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.sources import ROOT

LOCKS: Final = ("bootstrap", "runtime", "dev", "mutation")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def _lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.lock").read_text()


def _pins(name: str) -> dict[str, str]:
    return {canonicalize_name(pin[0]): pin[1] for pin in _PIN.findall(_lock(name))}


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _unmet(wanted: list[str], pins: dict[str, str]) -> list[str]:
    requirements = [Requirement(line) for line in wanted]
    return [
        str(r)
        for r in requirements
        if not r.specifier.contains(pins.get(canonicalize_name(r.name), "0.dev0"))
    ]


def test_the_runtime_lock_meets_what_pegel_depends_on() -> None:
    project = _pyproject()["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["demo"]
    assert not _unmet(wanted, _pins("runtime")), "run `make lock`"


def test_the_development_lock_meets_the_development_group() -> None:
    assert not _unmet(_pyproject()["dependency-groups"]["dev"], _pins("dev")), "run `make lock`"


def test_a_requirement_that_the_lock_does_not_meet_is_seen() -> None:
    assert _unmet(["msgspec>=99"], {"msgspec": "0.22.0"}) == ["msgspec>=99"]
    assert _unmet(["absent>=1"], {}) == ["absent>=1"]


def test_development_runs_on_the_versions_that_are_shipped() -> None:
    shipped = _pins("runtime").items()
    assert dict(shipped) == {name: v for name, v in _pins("dev").items() if name in dict(shipped)}


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_carries_hashes(name: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", _lock(name), flags=re.MULTILINE)
    pinned = [block for block in blocks if _PIN.match(block)]
    assert pinned
    assert not [block.splitlines()[0] for block in pinned if "--hash=sha256:" not in block]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_no_file(name: str) -> None:
    foreign = r"https?://|file:|--(extra-)?index-url|--find-links|(^|\s)/\w"
    assert not re.search(foreign, _lock(name))
