"""Signed one-click links: who may do what until when, and what is refused."""

import base64
import json

import pytest

from stream_app.links import BadLinkError, Click, Links, addresses

NEW, OLD = b"n" * 32, b"o" * 32
CLICK = Click("acknowledge", "rule|acme|zendesk/acme/T-1", "v1-abc", "support", 1_000)


def test_a_token_says_what_it_was_made_for() -> None:
    links = Links([NEW])
    assert links.read(links.token(CLICK), 999) == CLICK


def test_a_token_ends() -> None:
    links = Links([NEW])
    with pytest.raises(BadLinkError, match="has ended"):
        links.read(links.token(CLICK), 1_000)


def test_a_token_of_the_former_secret_is_accepted_while_both_are_active() -> None:
    token = Links([OLD]).token(CLICK)
    assert Links([NEW, OLD]).read(token, 0) == CLICK
    with pytest.raises(BadLinkError, match="its secret has changed"):
        Links([NEW]).read(token, 0)


@pytest.mark.parametrize("position", range(2, 200, 7))
def test_no_part_of_a_token_can_be_changed(position: int) -> None:
    links = Links([NEW])
    token = links.token(CLICK)
    position %= len(token)
    other = "A" if token[position] != "A" else "B"
    # The last character of an encoding has bits that mean nothing; but the text is what is signed.
    with pytest.raises(BadLinkError):
        links.read(token[:position] + other + token[position + 1 :], 0)


@pytest.mark.parametrize("token", ["", "1", "1..", "2.a.b", "1.a.b", "ü" * 10, "1." + "a" * 3_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadLinkError):
        Links([NEW]).read(token, 0)


def test_a_signed_token_with_an_unknown_action_is_refused() -> None:
    links = Links([NEW])
    with pytest.raises(BadLinkError, match="not known"):
        links.read(links.token(CLICK._replace(action="delete")), 0)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Links([b"short"])


def test_there_is_an_address_for_each_action_and_a_snooze_says_how_long() -> None:
    links = Links([NEW])
    found = addresses(links, "https://wall.example/", CLICK)
    assert found.keys() == {"acknowledge", "snooze"}
    token = found["snooze"].removeprefix("https://wall.example/a/")
    read = links.read(token, 0)
    assert (read.action, read.snooze_for) == ("snooze", 3_600_000)


def test_a_token_holds_no_more_than_it_says() -> None:
    body = Links([NEW]).token(CLICK).split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(body + "==")) == list(CLICK)
