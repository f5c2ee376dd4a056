"""Lets callers in: by bearer token, by the session of a login, or because this wall is open.

1. Without tokens the wall is open to this machine alone. The name by which it is called must then be
   one of this machine, or a foreign page could reach it by a name that it makes point here.
2. A session is a signed name and an end, so that it needs no memory; whose token is gone is out.
3. Whatever changes something must be JSON and must not come from another site's page.
4. Wrong secrets and commands are counted by caller, and slowed down.
"""

import base64
import hashlib
import hmac
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from stream_app.wall.answers import Refusal
from stream_app.wall.tokens import ACT, VIEW, Caller, Tokens

COOKIE: Final = "pegel_session"
SESSION_SECONDS: Final = 30 * 86_400
_MOST_ADDRESSES: Final = 4_096
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LOGIN: Final = "POST /api/v1/session, or the header Authorization: Bearer …"


class Budget:
    """So many within a minute for each caller; what was used comes back steadily."""

    def __init__(self, a_minute: int, now_ms: Callable[[], int]) -> None:
        self._most = float(a_minute)
        self._now_ms = now_ms
        self._left: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def spend(self, who: str) -> bool:
        """Whether there was something left."""
        now = self._now_ms()
        left, at = self._left.pop(who, (self._most, now))
        left = min(self._most, left + max(0, now - at) * self._most / 60_000)
        self._left[who] = (max(0.0, left - 1), now) if left >= 1 else (left, now)
        if len(self._left) > _MOST_ADDRESSES:
            self._left.popitem(last=False)
        return left >= 1


@dataclass(frozen=True, slots=True)
class Admission:
    """What the gate goes by."""

    tokens: Tokens
    key: bytes
    open_role: str | None = None  # of those without a token; None: nobody is let in without
    only_here: bool = False  # open to this machine alone


class Gate:
    """One for each wall."""

    def __init__(self, admission: Admission, now_ms: Callable[[], int]) -> None:
        self._admission = admission
        self._now_ms = now_ms
        self._logins = Budget(10, now_ms)
        self._commands = Budget(120, now_ms)
        self._clicks = Budget(120, now_ms)

    def require(self, request: web.Request, role: str) -> Caller:
        """Who asks; 401 or 403 for those who may not."""
        if self._admission.only_here:
            _require_local_name(request)
        caller = self.caller(request)
        if caller is None:
            raise Refusal(401, "a valid token is required", _LOGIN)
        if not caller.may(role):
            raise Refusal(
                403, f"{caller.name} may {caller.role} only", f"use a token of role {role}"
            )
        return caller

    def require_act(self, request: web.Request) -> Caller:
        """Who wants to change something, and is allowed to."""
        caller = self.require(request, ACT)
        require_own_page(request)
        if not self._commands.spend(caller.name):
            raise Refusal(429, "too many commands", "wait a moment").retry_after(2)
        return caller

    def may_click(self, receiver: str) -> bool:
        """Whether the links of a receiver may act once more; who holds one was let in by it."""
        return self._clicks.spend(receiver)

    def caller(self, request: web.Request) -> Caller | None:
        """Who asks, if that can be told."""
        given = request.headers.get("Authorization", "")
        if given:
            return self._by_secret(request, given.removeprefix("Bearer ").strip())
        session = request.cookies.get(COOKIE)
        found = self._by_session(session) if session else None
        if found is None and self._admission.open_role is not None:
            return Caller("anyone", self._admission.open_role)
        return found

    def log_in(self, request: web.Request, secret: str) -> tuple[Caller, str]:
        """The caller and the session for a token's secret."""
        require_own_page(request)
        caller = self._by_secret(request, secret)
        if caller is None:
            raise Refusal(401, "this token is not known here", "check it for typing errors")
        return caller, self._sign(caller.name, self._now_ms() // 1000 + SESSION_SECONDS)

    def _by_secret(self, request: web.Request, secret: str) -> Caller | None:
        found = self._admission.tokens.caller(secret)
        if found is None and not self._logins.spend(request.remote or ""):
            raise Refusal(429, "too many wrong tokens", "wait a minute").retry_after(60)
        return found

    def _by_session(self, session: str) -> Caller | None:
        name, _, rest = session.rpartition("~")[0].rpartition("~")
        if not name or not rest.isdecimal() or not rest.isascii():
            return None
        if not hmac.compare_digest(self._sign(name, int(rest)), session):
            return None
        if int(rest) * 1000 < self._now_ms():
            return None
        return self._admission.tokens.named(name)

    def _sign(self, name: str, until: int) -> str:
        text = f"{name}~{until}"
        seal = hmac.new(self._admission.key, text.encode(), hashlib.sha256).digest()
        return f"{text}~{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


def require_own_page(request: web.Request) -> None:
    """Refuse what a page of another site sends in the name of somebody who is logged in here."""
    if request.content_type != "application/json":
        raise Refusal(
            415, "the body must be JSON", "Content-Type: application/json", "header: Content-Type"
        )
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and urlsplit(origin).netloc != request.host
    if foreign:
        raise Refusal(403, "this comes from a page of another site", "use the wall's own page")


def is_here(host: str) -> bool:
    """Whether an address or name to listen on can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def admission_of(tokens: Tokens, key: bytes, host: str, wall_open: str) -> Admission | None:
    """What the settings amount to; None when they would leave the wall open to other machines."""
    if wall_open != "no":
        return Admission(tokens, key, wall_open)
    if len(tokens):
        return Admission(tokens, key)
    return Admission(tokens, key, ACT, only_here=True) if is_here(host) else None


def _require_local_name(request: web.Request) -> None:
    name = (urlsplit(f"//{request.host}").hostname or "").rstrip(".")
    if name not in _LOCAL_NAMES:
        raise Refusal(
            403, f"an open wall does not answer to the name {name}", "configure tokens",
            "header: Host",
        )  # fmt: skip


__all__ = ["ACT", "VIEW", "Admission", "Budget", "Gate", "admission_of", "is_here"]
