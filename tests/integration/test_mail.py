"""Alerts by e-mail, to a real mail server: threads, both texts, encryption, refusals."""

import asyncio
import email
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from stream_app.adapters.notify.desk import Deal
from stream_app.adapters.notify.mail import Mail, MailServer
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import Receiver
from stream_app.errors import UserError
from stream_app.policyfile import voice_of
from stream_app.texts import Texts
from tests.support.alerts import Partition, command, signal
from tests.support.webhooks import messaging, telling

TEAM = Receiver("team", "email", ALWAYS, to=("a@example.org", "b@example.org"), language="de")


class Inbox:
    """What the server has taken; `answer` may refuse."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.encrypted: list[bool] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            letter = email.message_from_bytes(content, policy=default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
            self.envelopes.append(envelope)
            self.encrypted.append(session.ssl is not None)
        return self.answer


Start = Callable[..., Awaitable[tuple[Inbox, int]]]


@pytest.fixture
async def mail_server() -> AsyncIterator[Start]:
    started: list[asyncio.Server] = []

    async def start(secure: ssl.SSLContext | None = None, **options: Any) -> tuple[Inbox, int]:
        inbox, loop = Inbox(), asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(inbox, hostname="mail.example.org", loop=loop, **options),
            "127.0.0.1",
            0,
            ssl=secure,
        )
        started.append(server)
        return inbox, int(server.sockets[0].getsockname()[1])

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", "-", "-out", "-"),
        ],
        capture_output=True,
        check=True,
        timeout=60,
    )
    path.write_bytes(made.stdout)
    return path


def context(certificate: Path) -> ssl.SSLContext:
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.load_cert_chain(certificate)
    return found


def deal(port: int, **more: Any) -> Deal:
    values = {"security": "none", "sender": "pegel@example.org", "timeout": 5.0, **more}
    server = MailServer("127.0.0.1", port, **values)
    return Deal(TEAM, Mail(TEAM, server), Texts(voice_of(TEAM)))


async def test_an_episode_is_one_thread_in_plain_text_and_html(mail_server: Start) -> None:
    inbox, port = await mail_server()
    partition = Partition(telling(TEAM)).feed(signal(True, 0, 1))
    async with messaging(partition, deal(port)) as running:
        await running.quiet("team")
        partition.feed(command("acknowledge", partition.alerts[-1].alert, 50))
        await running.quiet("team")
        partition.feed(signal(False, 60, 2))
        await running.quiet("team")
    first, second, last = inbox.letters
    assert first["Subject"] == "[Warnung] ticket unresolved: zendesk/acme/T-1"
    assert second["Subject"].startswith("Übernommen: ")
    assert last["Subject"].startswith("Erledigt: ")
    assert first["In-Reply-To"] is None
    assert first["Message-ID"] == second["In-Reply-To"] == last["In-Reply-To"] == last["References"]
    assert len({each["Message-ID"] for each in inbox.letters}) == 3
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"] is not None
    plain, html = first.get_body(("plain",)), first.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "Endet durch: das Lösen der Konversation" in plain.get_content()
    assert '<html lang="de">' in html.get_content()
    assert inbox.envelopes[0].rcpt_tos == ["a@example.org", "b@example.org"]


async def test_a_letter_that_is_sent_again_keeps_its_id(mail_server: Start) -> None:
    inbox, port = await mail_server()
    partition = Partition(telling(TEAM)).feed(signal(True, 0, 1))
    for _ in range(2):
        async with messaging(partition, deal(port)) as running:
            await running.until(lambda: bool(running.messenger.notifications()[0].sent))
        partition = Partition(telling(TEAM)).feed(signal(True, 0, 1))  # as after a crash
    assert len(inbox.letters) == 2
    assert inbox.letters[0]["Message-ID"] == inbox.letters[1]["Message-ID"]


async def test_starttls_is_used_and_insisted_upon(mail_server: Start, certificate: Path) -> None:
    inbox, port = await mail_server(tls_context=context(certificate))
    partition = Partition(telling(TEAM)).feed(signal(True, 0, 1))
    async with messaging(
        partition, deal(port, security="starttls", trust=str(certificate))
    ) as running:
        await running.quiet("team")
    assert inbox.encrypted == [True]
    bare, port = await mail_server()
    partition = Partition(telling(TEAM)).feed(signal(True, 0, 1))
    async with messaging(partition, deal(port, security="starttls")) as running:
        await running.until(lambda: running.messenger.notifications()[0].failed > 1)
    assert bare.letters == []


# The test's server does not know that its connection is encrypted from the start.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_tls_from_the_start_with_a_login(mail_server: Start, certificate: Path) -> None:
    def check(*found: Any) -> AuthResult:
        data = found[4]
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login, data.password) == (b"pegel", b"hunter2"))

    options = {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    inbox, port = await mail_server(context(certificate), **options)
    partition = Partition(telling(TEAM)).feed(signal(True, 0, 1))
    access = {"security": "tls", "trust": str(certificate), "user": "pegel"}
    async with messaging(partition, deal(port, **access, password="hunter2")) as running:
        await running.quiet("team")
    assert len(inbox.letters) == 1


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    mail_server: Start, certificate: Path
) -> None:
    inbox, port = await mail_server(context(certificate))
    partition = Partition(telling(TEAM)).feed(signal(True, 0, 1))
    async with messaging(partition, deal(port, security="tls")) as running:
        await running.until(lambda: running.messenger.notifications()[0].failed > 0)
    assert inbox.letters == []


@pytest.mark.parametrize(("answer", "letters"), [("451 later", 0), ("554 never", 1)])
async def test_a_passing_refusal_is_tried_again_and_a_lasting_one_is_a_dead_letter(
    mail_server: Start, answer: str, letters: int
) -> None:
    inbox, port = await mail_server()
    inbox.answer = answer
    partition = Partition(telling(TEAM)).feed(signal(True, 0, 1))
    async with messaging(partition, deal(port)) as running:
        await running.until(lambda: running.messenger.notifications()[0].failed > 1 - letters)
        inbox.answer = "250 OK"
        await running.quiet("team")
    assert len([out for out in partition.written if out.topic.endswith(".dlq")]) == letters
    assert len(inbox.letters) == 1 - letters


def test_somebody_has_to_send_it() -> None:
    with pytest.raises(UserError, match="PEGEL_SMTP_FROM"):
        Mail(TEAM, MailServer("127.0.0.1"))
