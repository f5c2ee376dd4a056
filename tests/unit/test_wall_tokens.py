"""Tokens: read from a file or the environment, mistakes told by their place, secrets never."""

import hashlib
from pathlib import Path

import pytest

from stream_app.errors import UserError
from stream_app.wall.gate import admission_of, is_here
from stream_app.wall.tokens import Caller, Tokens, read_tokens, session_key

SECRET = "correct-horse-battery"
DIGEST = hashlib.sha256(b"another-good-secret").hexdigest()


def read(tmp_path: Path, text: str) -> Tokens:
    path = tmp_path / "tokens"
    path.write_text(text)
    return read_tokens({"PEGEL_WALL_TOKENS_FILE": str(path)})


def test_a_file_names_roles_and_secrets_plain_or_hashed(tmp_path: Path) -> None:
    tokens = read(
        tmp_path, f"# who\n\nview lobby {SECRET}  # ground floor\nact lead sha256:{DIGEST}\n"
    )
    assert tokens.caller(SECRET) == Caller("lobby", "view")
    assert tokens.caller("another-good-secret") == Caller("lead", "act")
    assert tokens.caller(f"sha256:{DIGEST}") is None
    assert tokens.caller("") is None


def test_the_environment_has_them_with_semicolons() -> None:
    tokens = read_tokens({"PEGEL_WALL_TOKENS": f"view a {SECRET}; act b {SECRET}-2"})
    assert tokens.caller(SECRET + "-2") == Caller("b", "act")
    assert len(tokens) == 2


def test_without_any_there_are_none() -> None:
    assert len(read_tokens({})) == 0


def test_to_act_covers_to_view_and_not_the_other_way_round() -> None:
    assert Caller("a", "act").may("view")
    assert not Caller("a", "view").may("act")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("view lobby", "2 words instead of three"),
        (f"admin lobby {SECRET}", "must be one of view, act"),
        (f"view lob/by {SECRET}", "a name has"),
        ("view lobby short", "shorter than 16"),
        ("view lobby sha256:12", "64 hexadecimal"),
        (f"view lobby {SECRET}\nact lobby {SECRET}", "has a token already"),
    ],
)
def test_a_mistake_is_told_by_its_line_and_without_the_secret(
    tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(UserError) as wrong:
        read(tmp_path, line)
    assert said in str(wrong.value)
    assert f"tokens:{len(line.splitlines())}" in str(wrong.value)
    assert SECRET not in str(wrong.value)
    assert "short " not in str(wrong.value).replace("shorter", "")


def test_a_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UserError, match="cannot read"):
        read_tokens({"PEGEL_WALL_TOKENS_FILE": "/nowhere/at-all"})


def test_neither_tokens_nor_a_token_show_their_secret(tmp_path: Path) -> None:
    tokens = read(tmp_path, f"view lobby {SECRET}")
    assert SECRET not in repr(tokens) + repr(vars(tokens))


def test_sessions_are_signed_with_a_key_of_the_start_or_of_the_environment() -> None:
    assert session_key({}) != session_key({})
    key = {"PEGEL_WALL_SESSION_KEY": "x" * 32}
    assert session_key(key) == session_key(key) == b"x" * 32
    with pytest.raises(UserError, match="shorter than 32"):
        session_key({"PEGEL_WALL_SESSION_KEY": "short"})


def test_the_key_of_sessions_may_stand_in_a_file(tmp_path: Path) -> None:
    place = tmp_path / "key"
    named = {"PEGEL_WALL_SESSION_KEY_FILE": str(place)}
    with pytest.raises(UserError, match="PEGEL_WALL_SESSION_KEY_FILE: cannot read"):
        session_key(named)
    place.write_text("k" * 32 + "\n")
    assert session_key(named) == b"k" * 32


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_without_tokens_a_wall_is_open_to_this_machine_alone(host: str) -> None:
    assert is_here(host)
    admission = admission_of(Tokens([]), b"", host, "no")
    assert admission is not None
    assert (admission.open_role, admission.only_here) == ("act", True)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "wall.example.org", ""])
def test_without_tokens_no_wall_is_open_to_others_unless_it_is_said(host: str) -> None:
    assert admission_of(Tokens([]), b"", host, "no") is None
    said = admission_of(Tokens([]), b"", host, "view")
    assert said is not None
    assert (said.open_role, said.only_here) == ("view", False)


def test_with_tokens_nobody_gets_in_without_one(tmp_path: Path) -> None:
    admission = admission_of(read(tmp_path, f"view lobby {SECRET}"), b"", "127.0.0.1", "no")
    assert admission is not None
    assert admission.open_role is None
