"""The layers of import-linter cover the whole product, so that nothing new stands outside of them."""

import re
import tomllib
from typing import Any, Final

from tests.support.sources import PRODUCT, ROOT, python_files

# What every layer above the core may use.
FREE: Final = frozenset(
    {
        f"stream_app.{name}"
        for name in ("credentials", "errors", "links", "logs", "settings", "testing")
    }
)


def _contracts() -> dict[str, dict[str, Any]]:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    return {contract["id"]: contract for contract in tool["importlinter"]["contracts"]}


def _modules() -> set[str]:
    parts = [path.relative_to(ROOT).with_suffix("").parts for path in python_files(*PRODUCT)]
    return {
        ".".join(names[:2]) if names[0] == "stream_app" else names[0]
        for names in parts
        if names != ("stream_app", "__init__")
    }


def test_every_part_of_the_product_stands_in_a_layer() -> None:
    layers = " ".join(_contracts()["layers"]["layers"])
    outside = _modules() - set(re.findall(r"[\w.]+", layers)) - FREE
    assert not outside


def test_the_core_is_kept_from_every_library_that_pegel_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[^\w-]", line)[0] for line in project["dependencies"]}
    modules = {"faust-streaming": "faust", "mode-streaming": "mode", "pyyaml": "yaml"}
    wanted = {modules.get(name, name).replace("-", "_") for name in names}
    # msgspec is how the wire types of `schemas` are made; tzdata is data.
    forbidden = set(_contracts()["pure-core"]["forbidden_modules"])
    forgotten = wanted - forbidden - {"msgspec", "tzdata"}
    assert not forgotten
