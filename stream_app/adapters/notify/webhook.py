"""One receiver that is reached by HTTP: what is sent, how it is signed, and what answers mean."""

import asyncio
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver
from jinja2 import TemplateError
from yarl import URL

from stream_app.adapters.notify.guard import CheckedResolver, ForbiddenAddressError, check_literal
from stream_app.adapters.notify.message import Message, secret_text
from stream_app.adapters.notify.patience import Outcome
from stream_app.adapters.notify.presets import PAGERDUTY, PRESETS, UNHEARD
from stream_app.adapters.notify.signing import secret_of, signed
from stream_app.domain.policy import Receiver
from stream_app.errors import UserError
from stream_app.texts import Body, Voice

_PASSING: Final = frozenset({408, 409, 421, 423, 425, 429})
_MOST_OF_AN_ANSWER: Final = 300
_TEMPLATE_FAULTS: Final = (
    TemplateError,
    msgspec.DecodeError,
    ArithmeticError,
    TypeError,
    ValueError,
)
_BASICS: Final = {"content-type": "application/json", "user-agent": "Pegel"}
_OWN: Final = ("webhook-", "content-length", "transfer-encoding", "host")


class Webhook:
    """Sends the messages of one receiver. Files are read at each attempt: secrets may be replaced."""

    def __init__(
        self,
        receiver: Receiver,
        voice: Voice,
        allow_private: bool = False,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._receiver = receiver
        self._private = allow_private or receiver.allow_private
        self._resolver = resolver
        self._body = Body(voice, receiver.template)
        self._session: aiohttp.ClientSession | None = None
        (
            self._key(),
            self._keys(),
            self._headers(),
            self._address({}),
        )  # to fail at start, not at 3 a.m.

    async def send(self, message: Message, now: int) -> Outcome:
        """One attempt."""
        if message.kind in UNHEARD.get(self._receiver.preset, ()):
            return Outcome(True)
        try:
            url, body = self._request(message)
            headers = {**_BASICS, **self._headers()}
            headers |= signed(self._keys(), message.identity, now, body)
            headers["idempotency-key"] = message.identity
            if not self._private:
                check_literal(url)
            return await self._post(url, body, headers)
        except _TEMPLATE_FAULTS as error:
            return Outcome(False, f"template: {type(error).__name__}: {error}", permanent=True)
        except UserError as error:
            return Outcome(False, str(error))  # a file that is being replaced comes back

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()

    def _request(self, message: Message) -> tuple[URL, bytes]:
        url = self._address(message.facts)
        if not self._receiver.template:
            made = PRESETS[self._receiver.preset](message, url, self._key())
            return made.url, msgspec.json.encode(made.body)
        facts = {**message.facts, "text": message.words.facts(), "links": message.links}
        body = self._body.render(facts).encode()
        msgspec.json.decode(body)  # half a body must not go out
        return url, body

    async def _post(self, url: URL, body: bytes, headers: Mapping[str, str]) -> Outcome:
        try:
            async with asyncio.timeout(self._receiver.timeout / 1000):
                async with self._connected().post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as answer:
                    text = await answer.content.read(_MOST_OF_AN_ANSWER)
                    return _judged(answer.status, answer.headers, text)
        except ForbiddenAddressError as error:
            return Outcome(False, str(error), permanent=True)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.__cause__, ForbiddenAddressError):
                return Outcome(False, str(error.__cause__), permanent=True)
            return Outcome(False, f"no connection: {error.os_error.strerror or 'refused'}")
        except TimeoutError:
            return Outcome(False, f"no answer within {self._receiver.timeout / 1000:g} s")
        except (aiohttp.ClientError, OSError, ssl.SSLError, ValueError) as error:
            return Outcome(False, type(error).__name__)  # its text may hold the address

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = self._resolver if self._private else CheckedResolver(self._resolver)
            connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=8)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        return self._session

    def _address(self, facts: Mapping[str, object]) -> URL:
        receiver = self._receiver
        if receiver.url_file:
            text = secret_text(receiver.url_file, "the address of a webhook")
        else:
            text = receiver.url or PAGERDUTY
        url = URL(
            self._body.address(text, facts) if facts else text.partition("{{")[0], encoded=True
        )
        if url.scheme not in ("http", "https") or not url.host:
            raise UserError(
                f"receivers.{receiver.name}: no web address in {receiver.url_file or 'url'}",
                "write https://host/path",
            )
        return url

    def _key(self) -> str:
        path = self._receiver.key_file
        return secret_text(path, "a routing key") if path else ""

    def _keys(self) -> list[bytes]:
        files = self._receiver.secret_files
        return [secret_of(secret_text(path, "a webhook secret"), path) for path in files]

    def _headers(self) -> dict[str, str]:
        path = self._receiver.headers_file
        lines = secret_text(path, "headers").splitlines() if path else []
        found = {}
        for number, line in enumerate(lines, start=1):
            name, colon, value = line.partition(":")
            name = name.strip().lower()
            sound = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
            if line.strip() and (not colon or not sound or name.startswith(_OWN)):
                raise UserError(f"{path}:{number}: no header of yours", "write `Name: value`")
            if line.strip():
                found[name] = value.strip()
        return found


def _judged(status: int, headers: Mapping[str, str], text: bytes) -> Outcome:
    if 200 <= status < 300:
        return Outcome(True)
    problem = f"HTTP {status} {text.decode(errors='replace')}".strip()
    if 300 <= status < 400:
        return Outcome(False, f"HTTP {status}: redirects are not followed", permanent=True)
    permanent = 400 <= status < 500 and status not in _PASSING
    return Outcome(False, problem, permanent, retry_after(headers.get("Retry-After"), headers))


def retry_after(text: str | None, headers: Mapping[str, str]) -> float | None:
    """Seconds; a date counts from the answer's own date, for clocks differ."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        return max(0.0, (until - parsedate_to_datetime(headers.get("Date", ""))).total_seconds())
    except (ValueError, TypeError):
        return None
