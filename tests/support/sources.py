"""The repository's own files, and what can be measured on Python sources without running them."""

import ast
import gzip
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
ASSETS: Final = ROOT / "stream_app" / "wall" / "assets"
PRODUCT: Final = ("agents", "schemas", "stream_app")
_SERVED: Final = {".css", ".html", ".js", ".json", ".svg", ".woff2"}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that is, or would be, under version control."""
    names = _listed_by_git()
    paths = [ROOT / name for name in names] if names else list(_visible(ROOT))
    return tuple(sorted(path for path in paths if path.is_file()))


def _listed_by_git() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []  # an unpacked archive, or a checkout that belongs to somebody else
    return [name for name in listed.stdout.split("\0") if name]


def _visible(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from _visible(path)
        else:
            yield path


def python_files(*folders: str) -> list[Path]:
    """The Python files below these folders of the repository; all of them without an argument."""
    inside = tuple(ROOT / folder for folder in folders) or (ROOT,)
    return [
        path
        for path in repository_files()
        if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in inside)
    ]


def packed_assets() -> dict[str, int]:
    """The bytes of each file of the wall's page, compressed as it is sent."""
    served = [path for path in ASSETS.iterdir() if path.suffix in _SERVED]
    return {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in served}


def relative(path: Path) -> str:
    """The path as a person would write it."""
    return path.relative_to(ROOT).as_posix()


def function_lengths(source: str) -> Iterator[tuple[str, int]]:
    """Name and number of lines of each function, nested ones too."""
    for node in _statements(ast.parse(source)):
        if isinstance(node, _Function):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Every statement below a node; expressions, which are most of a tree, are left out."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        inside = getattr(node, name, ())
        for statement in inside if isinstance(inside, list) else ():
            yield statement
            yield from _statements(statement)


def imported_modules(source: str) -> set[str]:
    """Every module that the source imports, with its full dotted name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def coroutines(source: str) -> list[str]:
    """The names of the functions that are `async def`."""
    tree = ast.walk(ast.parse(source))
    return [node.name for node in tree if isinstance(node, ast.AsyncFunctionDef)]


def sleeps(source: str) -> list[int]:
    """Lines that sleep for a while; `asyncio.sleep(0)`, a turn for the others, is none."""
    if "sleep" not in source:
        return []
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "sleep"
        and ast.unparse(node.func.value) in {"asyncio", "time"}
        and not (node.args and ast.unparse(node.args[0]) == "0")
    ]
