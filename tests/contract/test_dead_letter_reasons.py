"""Every code with which an agent can reject a record is a value of the label `reason`."""

import ast
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Final

import pytest

from stream_app.adapters.metrics.labels import REASONS_OF
from tests.support.sources import python_files, relative

_REFUSALS: Final = {"RejectedError", "RefusedError", "BadRecord"}  # code first
_REJECTED: Final = "Rejected"  # code second


def codes(agent: str) -> set[str]:
    """What stands in the place of the code wherever the agent or the engine rejects a record."""
    found: set[str] = set()
    for path in python_files(f"agents/{agent}", "stream_app/engine"):
        name = relative(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        module = importlib.import_module(name)
        found.update(_codes(ast.parse(path.read_text()), module))
    return found


def _codes(tree: ast.AST, module: ModuleType) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rsplit(".", 1)[-1]
        place = 0 if name in _REFUSALS else 1 if name == _REJECTED else None
        if place is None or len(node.args) <= place:
            continue
        code = _value(node.args[place], module)
        if code is not None:
            yield code


def _value(node: ast.expr, module: ModuleType) -> str | None:
    """The text of a literal or of a constant; None for what is only handed on."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    held: object = module
    for part in ast.unparse(node).split("."):
        held = getattr(held, part, None)
    return held if isinstance(held, str) else None


@pytest.mark.parametrize("agent", REASONS_OF)
def test_every_code_of_an_agent_has_its_series_from_the_start(agent: str) -> None:
    found = codes(agent)
    assert len(found) >= 4, "the codes were not found"
    assert found <= set(REASONS_OF[agent])
