"""Signed links by which somebody acknowledges or snoozes an alert with one click.

A token names an alert, an action, the receiver it was sent to and when it ends, and is signed; who
holds it may do this one thing until then. Making and checking tokens is all that happens here. Who
serves them must act on POST only, because chat and mail programs open links to show a preview.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from stream_app.errors import UserError

SECRETS: Final = "PEGEL_LINK_SECRETS"
ACKNOWLEDGE: Final = "acknowledge"
SNOOZE: Final = "snooze"
ACTIONS: Final = (ACKNOWLEDGE, SNOOZE)
LIFETIME: Final = 7 * 86_400_000
LEAST_SECRET: Final = 32
_VERSION: Final = "1"
_CONTEXT: Final = b"pegel one-click link\n"
_LONGEST: Final = 2_000


class BadLinkError(Exception):
    """The token was not made here, has been changed, or has ended; the message says which."""


class EndedLinkError(BadLinkError):
    """The token is sound, but its time is over."""


class Click(NamedTuple):
    """What a token lets its holder do. Durations and instants in ms."""

    action: str
    key: str  # the alert's row: `rule|tenant|subject`, as on the command topic
    alert: str
    receiver: str
    ends_at: int
    snooze_for: int = 0


class Links:
    """Makes and checks tokens. The first secret signs, all of them are accepted."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets or any(len(secret) < LEAST_SECRET for secret in secrets):
            raise ValueError(f"a secret for links has at least {LEAST_SECRET} bytes")
        self._secrets = tuple(secrets)

    def token(self, click: Click) -> str:
        """A text that is safe within an address."""
        body = _encoded(json.dumps(click, separators=(",", ":")).encode())
        return f"{_VERSION}.{body}.{self._signature(self._secrets[0], body)}"

    def read(self, token: str, now: int) -> Click:
        """What the token lets its holder do. Raises BadLinkError."""
        version, _, rest = token.partition(".")
        body, _, signature = rest.partition(".")
        if version != _VERSION or len(token) > _LONGEST or not token.isascii():
            raise BadLinkError("this link was not made here")
        # All are tried, so that the time says nothing about which one was right.
        sound = [hmac.compare_digest(self._signature(s, body), signature) for s in self._secrets]
        if not any(sound):
            raise BadLinkError("this link was not made here, or its secret has changed")
        click = _click(body)
        if now >= click.ends_at:
            raise EndedLinkError("this link has ended")
        return click

    def _signature(self, secret: bytes, body: str) -> str:
        return _encoded(hmac.new(secret, _CONTEXT + body.encode(), sha256).digest())


def addresses(links: Links, wall: str, click: Click, snooze_for: int = 3_600_000) -> dict[str, str]:
    """The links of one notification: what stands in the templates as `links`."""
    base = wall.rstrip("/")
    clicks = {
        ACKNOWLEDGE: click._replace(action=ACKNOWLEDGE),
        SNOOZE: click._replace(action=SNOOZE, snooze_for=snooze_for),
    }
    return {action: f"{base}/a/{links.token(each)}" for action, each in clicks.items()}


def links_of(text: str | None) -> Links | None:
    """Links with the secrets that worker and wall share, separated by white space; None without any."""
    try:
        return Links([secret.encode() for secret in text.split()]) if text else None
    except ValueError as error:
        raise UserError(f"{SECRETS}: {error}", "write a longer one") from None


def _click(body: str) -> Click:
    try:
        click = Click(*json.loads(_decoded(body)))
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadLinkError("this link says nothing that is understood") from error
    if click.action not in ACTIONS:
        raise BadLinkError("this link asks for something that is not known")
    return click


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
