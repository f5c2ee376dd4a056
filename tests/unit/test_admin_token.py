"""The token comes from the environment or from a file, and a wrong path is an error, not "no token"."""

from pathlib import Path

import pytest

from stream_app.errors import UserError
from stream_app.web.token import admin_token


def test_without_a_setting_there_is_no_token() -> None:
    assert admin_token({}) is None
    assert admin_token({"PEGEL_ADMIN_TOKEN": ""}) is None


def test_the_token_stands_in_the_environment() -> None:
    assert admin_token({"PEGEL_ADMIN_TOKEN": "s3cret"}) == "s3cret"


def test_the_token_stands_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("s3cret\n")
    both = {"PEGEL_ADMIN_TOKEN": "old", "PEGEL_ADMIN_TOKEN_FILE": str(path)}
    assert admin_token(both) == "s3cret"


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        admin_token({"PEGEL_ADMIN_TOKEN_FILE": str(tmp_path / "none")})


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("\n")
    with pytest.raises(UserError, match="empty"):
        admin_token({"PEGEL_ADMIN_TOKEN_FILE": str(path)})
