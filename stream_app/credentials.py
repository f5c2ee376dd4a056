"""Secrets of a process, from the environment or from the files that the environment names."""

import os
from collections.abc import Mapping
from pathlib import Path

from stream_app.errors import UserError


def credential(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The value of `name`, or what stands in the file `{name}_FILE`; None without either."""
    path = environment.get(name + "_FILE")
    if path is None:
        return environment.get(name) or None
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{name}_FILE: cannot read {path}", str(problem)) from problem
    if not text:
        raise UserError(f"{name}_FILE: {path} is empty", "write it into the file")
    return text
