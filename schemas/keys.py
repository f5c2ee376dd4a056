"""Record keys: `tenant|source|id`, each part percent-encoded for `%` and `|` alone."""

from typing import Final, NamedTuple

MISNAMED: Final = "data.conversation differs from the subject"


class ConversationKey(NamedTuple):
    """Identity of a conversation (or, with a pseudonym as `id`, of a customer)."""

    tenant: str
    source: str
    id: str


def is_misnamed(subject: str, named: str | None) -> bool:
    """Whether an event's `data.conversation` contradicts its subject: it belongs to neither then."""
    return named is not None and named != subject


def encode_key(tenant: str, source: str, native_id: str) -> bytes:
    """The Kafka record key of a conversation, UTF-8."""
    return f"{_escape(tenant)}|{_escape(source)}|{_escape(native_id)}".encode()


def decode_key(key: bytes) -> ConversationKey:
    """The three parts of a record key. Raises ValueError unless there are exactly three."""
    parts = key.decode().split("|")
    if len(parts) != 3:
        raise ValueError(f"a record key has three parts, tenant|source|id, found {len(parts)}")
    if b"%" in key:
        parts = [_unescape(part) for part in parts]
    return ConversationKey(*parts)


def tenant_of(key: bytes) -> str:
    """The first part of a record key."""
    return _unescape(key[: key.index(b"|")].decode())


def control_key(event_type: str, tenant: str) -> bytes:
    """The key of a control record; `control` is no valid tenant, so it meets no conversation."""
    return f"control|{_escape(event_type)}|{_escape(tenant)}".encode()


def join_parts(*parts: str) -> bytes:
    """Any number of parts as one key, escaped like a record key."""
    return "|".join(map(_escape, parts)).encode()


def split_parts(key: bytes) -> list[str]:
    """The inverse of `join_parts`."""
    return [_unescape(part) for part in key.decode().split("|")]


def _escape(part: str) -> str:
    return part.replace("%", "%25").replace("|", "%7C") if "%" in part or "|" in part else part


def _unescape(part: str) -> str:
    return part.replace("%7C", "|").replace("%7c", "|").replace("%25", "%") if "%" in part else part
