"""The version of a policy: a hash of what it means, whatever it looks like.

Order counts where it has a meaning (SLA entries; the first tenant is the default), and not where it
has none; `60m` and `1h`, a default that is written down, and comments make no difference. Resolved
holidays count, because other holidays are other promises.

What equals its default in `stream_app.domain.policy` is left out, so that a key that a later release
adds does not change the version of files without it. Whoever changes a default there raises
`EDITION`.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

from stream_app.domain.policy import Policy

EDITION: Final = 1
DIGITS: Final = 16
_NO_MEANING: Final = ("hash", "raw")


def version(policy: Policy) -> str:
    """Sixteen hex digits."""
    meaning = {
        "edition": EDITION,
        "default_tenant": next(iter(policy.tenants)),
        "policy": _meaning(policy),
    }
    text = json.dumps(meaning, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:DIGITS]


def _meaning(value: Any) -> Any:
    if is_dataclass(value):
        return {
            item.name: _part(value, item.name)
            for item in fields(value)
            if item.compare and item.name not in _NO_MEANING and not _is_default(value, item)
        }
    if isinstance(value, Mapping):
        return {str(key): _meaning(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, list | tuple):
        return [_meaning(item) for item in value]
    return str(value) if isinstance(value, date) else value


def _is_default(owner: Any, item: Field[Any]) -> bool:
    default = item.default if item.default_factory is MISSING else item.default_factory()
    return default is not MISSING and bool(getattr(owner, item.name) == default)


def _part(owner: Any, name: str) -> Any:
    """A field; calendars are spelt out once, under `calendars`, and named elsewhere."""
    value = getattr(owner, name)
    return value.name if name == "calendar" else _meaning(value)
