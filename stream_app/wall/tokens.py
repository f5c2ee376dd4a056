"""Who may look and who may act: tokens with a name and a role, from the environment or a file.

One token a line, `#` begins a comment:

    view  lobby       sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    act   shift-lead  a-secret-of-16-characters-or-more

Secrets are kept as digests, compared in constant time, and never printed.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from stream_app.credentials import credential
from stream_app.errors import UserError

VIEW: Final = "view"
ACT: Final = "act"
ROLES: Final = (VIEW, ACT)  # each may do what those before it may
_VARIABLE: Final = "PEGEL_WALL_TOKENS"
_SHORTEST: Final = 16
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_NAME: Final = re.compile(r"[\w.-]{1,40}")
_FORM: Final = "one token a line: ROLE NAME SECRET, or sha256:DIGEST for the secret"


class Caller(NamedTuple):
    """Somebody who was let in."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether this caller's role covers another."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """One token; only the digest of its secret is known."""

    caller: Caller
    digest: bytes


class Tokens:
    """All tokens of this wall."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens

    def __len__(self) -> int:
        return len(self._tokens)

    def caller(self, secret: str) -> Caller | None:
        """Whose secret this is. Every token is compared, so that the time tells nothing."""
        digest = hashlib.sha256(secret.encode(errors="surrogateescape")).digest()
        found = None
        for token in self._tokens:
            if hmac.compare_digest(token.digest, digest):
                found = token.caller
        return found

    def named(self, name: str) -> Caller | None:
        """The caller of this name, as long as there is a token for it."""
        return next((t.caller for t in self._tokens if t.caller.name == name), None)


def read_tokens(environment: Mapping[str, str] = os.environ) -> Tokens:
    """The tokens of `PEGEL_WALL_TOKENS_FILE`, or of `PEGEL_WALL_TOKENS` with `;` between them."""
    path = environment.get(_VARIABLE + "_FILE")
    if path is not None:
        return Tokens(list(_parsed(_read(path).splitlines(), path)))
    return Tokens(list(_parsed(environment.get(_VARIABLE, "").split(";"), _VARIABLE)))


def session_key(environment: Mapping[str, str] = os.environ) -> bytes:
    """What sessions are signed with: `PEGEL_WALL_SESSION_KEY` or its file, else new at each start."""
    name = "PEGEL_WALL_SESSION_KEY"
    key = credential(name, environment)
    if key is None:
        return os.urandom(32)
    if len(key) < 2 * _SHORTEST:
        raise UserError(
            f"{name} is shorter than {2 * _SHORTEST} characters", "openssl rand -hex 32"
        )
    return key.encode()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"cannot read {path}", str(problem)) from problem


def _parsed(lines: list[str], where: str) -> Iterator[Token]:
    names: set[str] = set()
    for number, line in enumerate(lines, 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        place = f"{where}, token {number}" if where == _VARIABLE else f"{where}:{number}"
        token = _token(words, place)
        if token.caller.name in names:
            raise UserError(f"{place}: {token.caller.name} has a token already", _FORM)
        names.add(token.caller.name)
        yield token


def _token(words: list[str], place: str) -> Token:
    if len(words) != 3:
        raise UserError(f"{place}: {len(words)} words instead of three", _FORM)
    role, name, secret = words
    if role not in ROLES:
        raise UserError(f"{place}: the first word must be one of {', '.join(ROLES)}", _FORM)
    if not _NAME.fullmatch(name):
        raise UserError(f"{place}: a name has up to 40 letters, digits, dots and dashes", _FORM)
    if _DIGEST.fullmatch(secret):
        return Token(Caller(name, role), bytes.fromhex(secret.removeprefix("sha256:")))
    if secret.startswith("sha256:"):
        raise UserError(
            f"{place}: sha256: needs 64 hexadecimal digits", "printf %s SECRET | sha256sum"
        )
    if len(secret) < _SHORTEST:
        raise UserError(
            f"{place}: the secret is shorter than {_SHORTEST} characters", "openssl rand -hex 24"
        )
    return Token(Caller(name, role), hashlib.sha256(secret.encode()).digest())
