"""Pieces of telling receivers: signatures, addresses that are refused, patience, what answers mean."""

import socket
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from stream_app.adapters.notify.guard import (
    CheckedResolver,
    ForbiddenAddressError,
    check_literal,
    is_public,
)
from stream_app.adapters.notify.message import secret_text
from stream_app.adapters.notify.patience import CLOSED, HALF_OPEN, OPEN, Breaker, Patience, pause
from stream_app.adapters.notify.signing import secret_of, signed
from stream_app.adapters.notify.webhook import Webhook, retry_after
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import Receiver
from stream_app.errors import UserError
from stream_app.texts import Voice

# ------------------------------------------------------------------------------ signatures


def test_the_signature_is_that_of_the_specification() -> None:
    key = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "test")
    found = signed([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330_000, b'{"test": 2432232314}')
    assert found == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_without_a_secret_there_is_an_identity_and_no_signature() -> None:
    assert signed([], "id", 1_000, b"{}").keys() == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize("text", ["hunter2", "whsec_!!!", "whsec_c2hvcnQ="])
def test_a_secret_that_is_none_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(UserError) as caught:
        secret_of(text, "/run/secret")
    assert text not in str(caught.value)
    assert "/run/secret" in str(caught.value)


# ------------------------------------------------------------------------------ addresses

PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
    *("100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0"),
    *("fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::"),
    *("64:ff9b::7f00:1", "192.0.2.1", "no address"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_this_machine_and_its_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f::1", "64:ff9b::5db8:d70e"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]:80/x", "http://10.0.0.1/"])
def test_an_address_that_is_written_as_a_number_is_checked_as_well(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        check_literal(URL(url))


def test_a_name_is_left_to_the_resolver() -> None:
    check_literal(URL("https://example.com/"))


class Rebinding(AbstractResolver):
    """A name that is public at first and private afterwards."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self.answers.pop(0)
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in found
        ]

    async def close(self) -> None:
        self.answers.clear()


async def test_every_address_of_a_name_is_checked_each_time_it_is_resolved() -> None:
    inner = Rebinding(["93.184.215.14"], ["93.184.215.14", "127.0.0.1"], ["10.0.0.1"])
    resolver = CheckedResolver(inner)
    assert len(await resolver.resolve("x.example")) == 1
    for _ in range(2):
        with pytest.raises(ForbiddenAddressError, match="allow_private"):
            await resolver.resolve("x.example")
    await resolver.close()
    assert inner.answers == []


# ------------------------------------------------------------------------------ patience


def longest(_low: float, high: float) -> float:
    return high


def test_pauses_double_up_to_a_cap_and_begin_at_nothing() -> None:
    patience = Patience(base=1, cap=10)
    assert [pause(patience, n, None, longest) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert pause(patience, 5, None, lambda low, _high: low) == 0


def test_nobody_is_asked_before_they_said_nor_too_late() -> None:
    patience = Patience(base=1, cap=10, most_retry_after=60)
    assert pause(patience, 1, 30, lambda low, _high: low) == 30
    assert pause(patience, 1, 86_400, lambda low, _high: low) == 60


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_probe_through() -> None:
    breaker = Breaker(Patience(trips=3, rest=10, longest=15, parallel=4))
    breaker.failed(0)
    breaker.failed(0)
    assert (breaker.state(0), breaker.room(0)) == (CLOSED, 4)
    breaker.failed(0)
    assert (breaker.state(9.9), breaker.room(9.9)) == (OPEN, 0)
    assert (breaker.state(10), breaker.room(10)) == (HALF_OPEN, 1)
    breaker.failed(10)
    assert breaker.state(24.9) == OPEN  # twice as long, but no longer than `longest`
    assert breaker.state(25) == HALF_OPEN
    breaker.succeeded()
    assert (breaker.state(25), breaker.room(25)) == (CLOSED, 4)


def test_a_success_in_between_keeps_the_breaker_closed() -> None:
    breaker = Breaker(Patience(trips=2))
    for _ in range(5):
        breaker.failed(0)
        breaker.succeeded()
    assert breaker.state(0) == CLOSED


def test_failures_of_requests_that_began_earlier_do_not_prolong_the_rest() -> None:
    breaker = Breaker(Patience(trips=1, rest=10))
    breaker.failed(0)
    breaker.failed(5)
    assert breaker.state(10) == HALF_OPEN


@pytest.mark.parametrize(
    ("text", "date", "seconds"),
    [
        (None, "", None),
        ("120", "", 120.0),
        ("Fri, 09 Jan 2026 12:00:30 GMT", "Fri, 09 Jan 2026 12:00:00 GMT", 30.0),
        ("Fri, 09 Jan 2026 11:00:00 GMT", "Fri, 09 Jan 2026 12:00:00 GMT", 0.0),
        ("soon", "", None),
        ("-5", "", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    text: str | None, date: str, seconds: float | None
) -> None:
    assert retry_after(text, {"Date": date}) == seconds


# ------------------------------------------------------------------------------ files


def receiver(**files: str) -> Receiver:
    return Receiver("team", "webhook", ALWAYS, **{"url": "https://x.example", **files})  # type: ignore[arg-type]


def test_a_file_that_is_missing_or_empty_is_said_at_start(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    with pytest.raises(UserError, match="No such file"):
        secret_text("/nowhere/secret", "a secret")
    with pytest.raises(UserError, match="is empty"):
        Webhook(receiver(headers_file=str(empty)), Voice())


@pytest.mark.parametrize(
    "line", ["Authorization", ": x", "webhook-id: 1", "Host: y", "na me: 1", "x\ty: 1"]
)
def test_a_header_that_is_none_or_is_ours_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "headers"
    path.write_text(f"Authorization: Bearer t\n\n{line}\n")
    with pytest.raises(UserError, match="headers:3: no header of yours"):
        Webhook(receiver(headers_file=str(path)), Voice())


def test_an_address_in_a_file_must_be_one_and_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text("hunter2")
    with pytest.raises(UserError) as caught:
        Webhook(receiver(url="", url_file=str(path)), Voice())
    assert "hunter2" not in str(caught.value)
