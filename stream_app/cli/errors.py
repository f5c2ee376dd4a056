"""What a failure means to the person who typed the command: readable words, and an exit code.

Libraries are looked at only if they were imported already, so that telling an error costs nothing.
"""

import errno
import sys
from collections.abc import Callable
from typing import Any

import typer

from stream_app.errors import UserError

FAILED, USAGE = 1, 2


def failure(error: BaseException) -> tuple[str, int]:
    """The text for stderr and the exit code."""
    for explain in _EXPLANATIONS:
        found = explain(error)
        if found is not None:
            return found
    text = str(error).strip() or "no further words"
    line = f"pegel: internal error: {type(error).__name__}: {text}"
    return f"{line} — run it again with --debug, and report what that prints", FAILED


def _usage(error: BaseException) -> tuple[str, int] | None:
    if not isinstance(error, typer.TyperException):
        return None
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "pegel"
    message = error.format_message().rstrip(".")
    return f"{command}: {message} — see `{command} --help`", error.exit_code


def _user_error(error: BaseException) -> tuple[str, int] | None:
    return (f"pegel: {error}", FAILED) if isinstance(error, UserError) else None


def _validation(error: BaseException) -> tuple[str, int] | None:
    """A setting that is out of range, said with the name of its environment variable."""
    kind = _loaded("pydantic", "ValidationError")
    if kind is None or not isinstance(error, kind):
        return None
    found: Any = error
    parts = [
        f"{_variable(problem['loc'])}: {problem['msg']} (is {problem['input']!r})"
        for problem in found.errors()
    ]
    return "pegel: " + "; ".join(parts), USAGE


def _variable(location: tuple[Any, ...]) -> str:
    return "PEGEL_" + "_".join(str(part) for part in location).upper()


def _settings(error: BaseException) -> tuple[str, int] | None:
    kind = _loaded("pydantic_settings", "SettingsError")
    if kind is None or not isinstance(error, kind):
        return None
    hint = "lists are written as JSON, e.g. PEGEL_ALERTMANAGER_URLS='[\"http://host:9093\"]'"
    return f"pegel: {error} — {hint}", USAGE


def _kafka(error: BaseException) -> tuple[str, int] | None:
    kind = _loaded("aiokafka.errors", "KafkaError")
    if kind is None or not isinstance(error, kind):
        return None
    return f"pegel: the broker: {error} — `pegel doctor` looks closer", FAILED


def _http(error: BaseException) -> tuple[str, int] | None:
    kind = _loaded("aiohttp", "ClientError")
    if kind is None or not isinstance(error, kind):
        return None
    return f"pegel: HTTP: {error} — is that the address of a worker? (--worker URL)", FAILED


def _os_error(error: BaseException) -> tuple[str, int] | None:
    if not isinstance(error, OSError):
        return None
    if error.errno == errno.EADDRINUSE:
        return f"pegel: {error.strerror} — end what uses the port, or take another one", FAILED
    where = f"{error.filename}: " if error.filename else ""
    return f"pegel: {where}{error.strerror or error}", FAILED


def _missing_module(error: BaseException) -> tuple[str, int] | None:
    if not isinstance(error, ModuleNotFoundError):
        return None
    return f"pegel: the Python package {error.name} is missing — pip install pegel[demo]", FAILED


def _loaded(module: str, name: str) -> type[BaseException] | None:
    loaded = sys.modules.get(module)
    found = getattr(loaded, name, None) if loaded is not None else None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


_EXPLANATIONS: tuple[Callable[[BaseException], tuple[str, int] | None], ...] = (
    _usage,
    _user_error,
    _validation,
    _settings,
    _kafka,
    _http,
    _os_error,
    _missing_module,
)
