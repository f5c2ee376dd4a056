"""Who is who among alerts: the identity of an episode as a versioned value.

An identity is made of what cannot change while the episode lasts. A conversation is a conversation
in whatever channel or team, so those are no part of it; of a channel alert they are the subject.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Final

IDENTITY_VERSION: Final = "v1"
_REMEMBERED: Final = 4096  # the record, the log line and each sink ask within moments
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "conversation": ("source", "id", "clock", "instance"),
    "channel": ("channel",),
    "group": ("channel", "team", "priority"),
    "source": ("source",),
}
_text = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_ALL: Final = ("source", "id", "channel", "team", "priority", "clock", "instance", "name")


def subject_identity(subject: Mapping[str, str]) -> tuple[str, ...]:
    """The parts of a subject that tell it from all others of its rule and tenant."""
    kind = subject.get("kind", "")
    return (kind, *[subject.get(field, "") for field in _FIELDS.get(kind, _ALL)])


def alert_identity(rule: str, tenant: str, subject: Mapping[str, str], episode: int) -> str:
    """The `alert` of an episode: the same after any crash, different for any other episode."""
    return _digest((rule, tenant, *subject_identity(subject), str(episode)))


@lru_cache(_REMEMBERED)
def _digest(parts: tuple[str, ...]) -> str:
    # JSON keeps parts apart whatever characters they contain.
    digest = blake2b(_text(parts).encode(), digest_size=12).hexdigest()
    return f"{IDENTITY_VERSION}-{digest}"
