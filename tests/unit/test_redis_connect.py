"""Where Redis is: by address or through Sentinels, and never a password in a message."""

import pytest

from stream_app.adapters.redis_connect import connector
from stream_app.errors import UserError


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(UserError) as told:
        connector("http://:geheim@one", [], "mymaster")
    assert "geheim" not in f"{told.value} {told.value.remedy}"
    assert "redis://" in told.value.remedy


def test_a_sentinel_without_a_port_is_named() -> None:
    with pytest.raises(UserError, match="one"):
        connector("redis://x", ["one"], "mymaster")


async def test_the_address_says_database_and_password() -> None:
    async with connector("redis://me:word@one:7000/3", [], "x")() as client:
        options = client.connection_pool.connection_kwargs
    assert (options["host"], options["port"], options["db"]) == ("one", 7000, 3)
    assert (options["username"], options["password"]) == ("me", "word")


async def test_through_sentinels_the_password_still_comes_from_the_address() -> None:
    sentinels = ["one:26379", "two:26379"]
    async with connector("redis://:word@ignored/4", sentinels, "pegel")() as client:
        options = client.connection_pool.connection_kwargs
    assert (options["password"], options["db"]) == ("word", 4)
