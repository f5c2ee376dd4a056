"""Reading the alert topic for a command: how far it is, where that takes long."""

from collections.abc import AsyncIterator, Callable
from io import StringIO
from typing import cast

import pytest
from rich.console import Console
from rich.progress import Progress

from stream_app.adapters.alert_topic import AlertTopic, Told
from stream_app.cli import alert_reading
from stream_app.cli.event_files import progress_bar


class Topic:
    """A topic of so many records, read a thousand at a time, none of which is an alert."""

    def __init__(self, records: int) -> None:
        self._records = records

    async def everything(self, progress: Callable[[int], None]) -> AsyncIterator[Told]:
        for missing in range(self._records, 0, -1_000):
            progress(missing)
        nothing: tuple[Told, ...] = ()
        for told in nothing:
            yield told


@pytest.mark.parametrize(
    ("records", "said"), [(300_000, True), (alert_reading.LONG, False), (0, False)]
)
async def test_how_far_it_is_is_said_of_long_topics_only(
    records: int, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = StringIO()

    def on_a_terminal() -> Progress:
        columns = progress_bar().columns
        console = Console(file=terminal, force_terminal=True, width=100)
        return Progress(*columns, console=console, auto_refresh=False)

    monkeypatch.setattr(alert_reading, "progress_bar", on_a_terminal)
    assert await alert_reading.read(cast("AlertTopic", Topic(records))) == {}
    assert ("reading alerts" in terminal.getvalue()) is said
    assert ("1,000 records left" in terminal.getvalue()) is said
