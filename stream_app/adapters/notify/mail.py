"""Receivers that are reached by e-mail: one message for each notice, an episode being one thread."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256

import aiosmtplib

from stream_app.adapters.notify.message import Message
from stream_app.adapters.notify.patience import Outcome
from stream_app.domain.policy import Receiver
from stream_app.errors import UserError


@dataclass(frozen=True, slots=True)
class MailServer:
    """How to reach it. `security`: starttls (must succeed), tls from the start, or none."""

    host: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = ""
    sender: str = ""
    trust: str = ""  # file with further certificates
    timeout: float = 20.0


class Mail:
    """Sends the messages of one receiver."""

    def __init__(self, receiver: Receiver, server: MailServer) -> None:
        self._receiver, self._server = receiver, server
        self._sender = receiver.sender or server.sender
        if not self._sender:
            raise UserError(
                f"receivers.{receiver.name}: nobody to send e-mail from",
                "set PEGEL_SMTP_FROM, or `from` of the receiver",
            )

    async def send(self, message: Message, now: int) -> Outcome:
        """One attempt."""
        server = self._server
        try:
            async with asyncio.timeout(server.timeout):
                await aiosmtplib.send(
                    self.letter(message, now),
                    hostname=server.host,
                    port=server.port,
                    use_tls=server.security == "tls",
                    start_tls=server.security == "starttls",
                    username=server.user or None,
                    password=server.password or None,
                    cert_bundle=server.trust or None,
                    timeout=server.timeout,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            return Outcome(
                False, "recipients refused", all(r.code >= 500 for r in error.recipients)
            )
        except aiosmtplib.SMTPResponseException as error:
            login = isinstance(error, aiosmtplib.SMTPAuthenticationError)  # may be mended
            return Outcome(False, f"SMTP {error.code}", error.code >= 550 and not login)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return Outcome(False, f"mail server: {type(error).__name__}")
        return Outcome(True)

    async def close(self) -> None:
        """Nothing is kept open."""

    def letter(self, message: Message, now: int) -> EmailMessage:
        """Plain text and HTML. Its id is that of the notice, however often it is sent."""
        found, first = EmailMessage(), self._id(message.thread)
        found["From"], found["To"] = self._sender, ", ".join(self._receiver.to)
        found["Subject"] = message.words.subject
        found["Date"] = format_datetime(datetime.fromtimestamp(now / 1000, UTC))
        found["Message-ID"] = first if message.starts else self._id(message.identity)
        if not message.starts:
            found["In-Reply-To"] = found["References"] = first
        found["Auto-Submitted"] = "auto-generated"
        found["X-Auto-Response-Suppress"] = "All"
        found["X-Pegel-Alert"] = message.thread
        found["X-Pegel-Severity"] = str(message.facts["severity"])
        found.set_content(message.words.long)
        found.add_alternative(message.words.html, subtype="html")
        return found

    def _id(self, identity: str) -> str:
        whom = sha256(f"{self._receiver.name}|{identity}".encode()).hexdigest()[:32]
        return f"<{whom}@{self._sender.rpartition('@')[2]}>"
