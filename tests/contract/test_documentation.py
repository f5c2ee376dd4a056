"""The pages that people read hold what they promise: links lead somewhere, commands exist."""

import re
import tomllib
from pathlib import Path

import pytest

from stream_app.adapters.metrics.catalogue import CATALOGUE
from stream_app.cli.main import COMMANDS
from tests.support.sources import ROOT, relative, repository_files

PAGES = [path for path in repository_files() if path.suffix == ".md"]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)


def _broken_links(page: Path, text: str) -> list[str]:
    links = [link for link in _LINK.findall(text) if "://" not in link]
    return [link for link in links if not _leads_somewhere(page, link)]


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return False
    return not anchor or anchor in {_slug(h) for h in _HEADING.findall(target.read_text())}


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    assert not _broken_links(page, page.read_text())


def test_a_link_that_leads_nowhere_is_seen() -> None:
    text = "[gone](docs/gone.md) [here](LICENSE) [part](docs/concepts.md#no-such-part)"
    assert _broken_links(ROOT / "README.md", text) == [
        "docs/gone.md",
        "docs/concepts.md#no-such-part",
    ]


def test_the_readme_begins_with_the_two_commands() -> None:
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert re.findall(r"\$ (make \w+)", blocks[0]) == ["make demo", "make test"]


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text()))
    assert set(re.findall(r"(?:`|\$ )pegel ([a-z]+)", text)) <= set(COMMANDS)
    assert set(re.findall(r"(?:`|\$ )make ([a-z]+)", text)) <= targets


def test_the_readme_lists_every_command_that_runs_feeds_or_asks() -> None:
    listed = set(re.findall(r"^\| `pegel ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert listed == set(COMMANDS) - {"version"}


def test_the_gauges_that_the_readme_shows_are_in_the_catalogue() -> None:
    shown = set(re.findall(r"^(engagement_\w+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert shown
    assert shown <= {metric.name for metric in CATALOGUE}


def test_decisions_are_numbered_without_gaps_and_all_listed() -> None:
    records = sorted(path.name for path in PAGES if path.parent.name == "adr")
    assert [name[:4] for name in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    index = (ROOT / "docs" / "index.md").read_text()
    assert not [name for name in records if f"(adr/{name})" not in index]


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    pages = [
        path.relative_to(ROOT / "docs").as_posix()
        for path in PAGES
        if ROOT / "docs" in path.parents
    ]
    assert not [name for name in pages if name != "index.md" and f"({name})" not in index]


def test_the_changelog_knows_the_version_or_keeps_it_unreleased() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in changelog or f"## [{version}]" in changelog
