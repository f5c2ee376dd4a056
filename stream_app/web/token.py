"""Who may change something on a worker: holders of the token, or, without one, this machine."""

import hmac
import ipaddress
import os
from collections.abc import Mapping

from aiohttp import web

from stream_app.credentials import credential
from stream_app.web.answers import Refusal
from stream_app.web.runtime import TOKEN

_NAME = "PEGEL_ADMIN_TOKEN"


def admin_token(environment: Mapping[str, str] = os.environ) -> str | None:
    """The token of `PEGEL_ADMIN_TOKEN` or of the file `PEGEL_ADMIN_TOKEN_FILE`, or None."""
    return credential(_NAME, environment)


def require_authority(request: web.Request) -> None:
    """Answer 401 or 403 unless the caller may change something."""
    token = request.app[TOKEN]
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(errors="surrogateescape"), token.encode()):
            raise Refusal(401, "a valid token is required", "Authorization: Bearer …")
    elif "Origin" in request.headers or not _from_here(request.remote):
        # A page that somebody on this machine looks at comes from here too; browsers say so.
        raise Refusal(403, "only for programs on this machine", f"set {_NAME} to allow others")


def _from_here(remote: str | None) -> bool:
    try:
        address = ipaddress.ip_address(remote or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
