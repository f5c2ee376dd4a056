"""Collecting cycles seldom is a setting of the process and can be taken back."""

import gc
from collections.abc import Iterator

import pytest

from stream_app.cli.collector import collect_seldom


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_cycles_are_looked_for_seldom_but_not_never() -> None:
    collect_seldom()
    youngest, *_ = gc.get_threshold()
    assert 10_000 < youngest < 1_000_000
    assert gc.isenabled()
