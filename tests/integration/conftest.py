"""Fixtures of the integration tier."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.engine_harness import Broker, Toy


@pytest.fixture
def make_toy(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Toy]]:
    """Makes installations of toy agents, on the shared broker or on a given one."""
    made: list[Toy] = []

    def make(kafka: Broker | None = None, **env: str) -> Toy:
        made.append(Toy(kafka or request.getfixturevalue("kafka"), tmp_path, **env))
        return made[-1]

    yield make
    for toy in made:
        toy.close()
