"""Topics that were created are waited for: brokers hear of them from the controller, and clients ask brokers."""

from collections.abc import Sequence
from typing import cast

import pytest

from stream_app.adapters import provision
from stream_app.adapters.kafka import Actual, Admin
from stream_app.adapters.provision import apply
from stream_app.adapters.topics import Wanted, catalogue
from stream_app.errors import UserError
from stream_app.settings import Settings

WANTED = catalogue(Settings())


class Broker:
    """A broker that hears of one more of the new topics each time it is asked."""

    def __init__(self, hears: int) -> None:
        self._hears, self._new, self._seen = hears, list[str](), 0

    async def topics(self) -> dict[str, Actual]:
        return {}

    async def create(self, wanted: Sequence[Wanted]) -> list[str]:
        self._new = [topic.name for topic in wanted]
        return []

    async def names(self) -> set[str]:
        self._seen = min(self._seen + 1, self._hears)
        return set(self._new[: self._seen])

    @property
    def shows_all(self) -> bool:
        return self._seen == len(self._new)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "_LOOK_SECONDS", 0)


async def test_topics_are_there_when_they_are_said_to_be_created() -> None:
    broker = Broker(hears=len(WANTED))
    outcome = await apply(cast("Admin", broker), WANTED)
    assert {finding.state for finding in outcome.findings} == {"created"}
    assert broker.shows_all


async def test_a_broker_that_never_hears_of_a_topic_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provision, "_SEEN_SECONDS", 0)
    with pytest.raises(UserError, match="was created, but no broker shows it") as raised:
        await apply(cast("Admin", Broker(hears=len(WANTED) - 1)), WANTED)
    assert "pegel topics apply" in raised.value.remedy
