"""The files of the wall page: texts complete in both languages, few bytes, nothing inline, licences."""

import json
import re

import pytest

from tests.support.sources import ASSETS, ROOT, packed_assets

SCRIPTS = {path.name: path.read_text() for path in ASSETS.glob("*.js") if "min" not in path.name}
TEXTS = {
    path.name.split(".")[1]: json.loads(path.read_text()) for path in ASSETS.glob("texts.*.json")
}
MOST_GZIP_BYTES = 120_000
_KEY = re.compile(r"""\bt\(\s*(?:\w+ \? )?["'`]([a-z_]+(?:\.[\w$\{\}.]+)?)["'`]""")


def _names(text: object) -> set[str]:
    """The `{names}` that a text wants filled in."""
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for name in re.findall(r"\{(\w+)\}", str(form))}


def test_both_languages_have_the_same_texts() -> None:
    assert set(TEXTS) == {"de", "en"}
    assert TEXTS["de"].keys() == TEXTS["en"].keys()


@pytest.mark.parametrize("lang", ["de", "en"])
def test_no_text_is_empty_and_each_wants_the_same_names(lang: str) -> None:
    for key, text in TEXTS[lang].items():
        assert text, key
        assert _names(text) == _names(TEXTS["en"][key]), key
        if isinstance(text, dict):
            assert set(text) == {"one", "other"}, key


def test_every_key_that_the_page_names_has_a_text() -> None:
    used = {key for script in SCRIPTS.values() for key in _KEY.findall(script)}
    assert len(used) > 40
    patterns = [re.escape(key) if "$" not in key else _pattern(key) for key in used]
    missing = [p for p in patterns if not any(re.fullmatch(p, key) for key in TEXTS["en"])]
    assert not missing


def _pattern(key: str) -> str:
    return ".+".join(re.escape(part) for part in re.split(r"\$\{[^}]*\}", key))


def test_a_key_without_a_text_would_be_seen() -> None:
    assert _KEY.findall('words.t("no.such.text")') == ["no.such.text"]
    assert _pattern("state.${condition.name}") == r"state\..+"


def test_the_whole_page_weighs_less_than_120_kilobytes() -> None:
    weight = packed_assets()
    assert sum(weight.values()) < MOST_GZIP_BYTES, weight


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    page = (ASSETS / "wall.html").read_text()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    for name, text in {**SCRIPTS, "wall.html": page}.items():
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", text), name
        assert set(re.findall(r"https?://[^\s\"'`/?]+", text)) <= {"http://www.w3.org"}, name


def test_the_page_asks_this_machine_for_no_time_of_day() -> None:
    asking = [name for name, text in SCRIPTS.items() if re.search(r"Date\.now|new Date\(", text)]
    assert not asking


def test_what_is_not_ours_has_its_licence_beside_it() -> None:
    assert "MIT License" in (ASSETS / "uplot.LICENSE").read_text()
    assert "SIL OPEN FONT LICENSE" in (ASSETS / "inter.LICENSE").read_text().upper()
    axe = ROOT / "tests" / "support" / "vendor" / "axe"
    assert "Mozilla Public License" in (axe / "LICENSE").read_text()


def test_no_script_is_longer_than_a_module_may_be() -> None:
    assert not {name for name, text in SCRIPTS.items() if len(text.splitlines()) > 300}
