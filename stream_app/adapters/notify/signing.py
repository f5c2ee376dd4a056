"""Signatures of webhooks as Standard Webhooks 1.x has them: `id.timestamp.body`, HMAC-SHA256."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from stream_app.errors import UserError

PREFIX: Final = "whsec_"
LEAST_BYTES: Final = 16


def secret_of(text: str, where: str) -> bytes:
    """The key in a secret: base64 behind `whsec_`, any other text as it stands."""
    remedy = f"a secret has at least {LEAST_BYTES} bytes; `whsec_` and base64, or plain text"
    try:
        coded = text.startswith(PREFIX)
        key = base64.b64decode(text[len(PREFIX) :], validate=True) if coded else text.encode()
    except binascii.Error:
        raise UserError(f"{where}: no base64 behind {PREFIX}", remedy) from None
    if len(key) < LEAST_BYTES:
        raise UserError(f"{where}: the secret is too short", remedy)
    return key


def signed(keys: Sequence[bytes], identity: str, now: int, body: bytes) -> Mapping[str, str]:
    """The headers of a request; one signature for each active key. `now` is in ms."""
    stamp = str(now // 1000)
    headers = {"webhook-id": identity, "webhook-timestamp": stamp}
    if keys:
        content = b".".join((identity.encode(), stamp.encode(), body))
        digests = (hmac.new(key, content, sha256).digest() for key in keys)
        marks = (f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
        headers["webhook-signature"] = " ".join(marks)
    return headers
