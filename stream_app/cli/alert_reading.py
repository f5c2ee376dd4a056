"""Reads the whole alert topic for a command, and says how far it is when that takes long."""

from typing import Final

from stream_app.adapters.alert_topic import AlertTopic, alert_topic
from stream_app.cli.alert_history import Episode, episodes
from stream_app.cli.event_files import progress_bar
from stream_app.settings import Settings

LONG: Final = 20_000  # records; fewer are read before anybody could read a bar


async def read_all(settings: Settings) -> dict[str, Episode]:
    """Every episode that the topic knows, by its identity."""
    async with alert_topic(settings) as topic:
        return await read(topic)


async def read(topic: AlertTopic) -> dict[str, Episode]:
    """Every episode up to now; the topic can be followed from there."""
    with progress_bar() as bar:
        task = bar.add_task("reading alerts", total=None, events="", visible=False)

        def progress(missing: int) -> None:
            total = bar.tasks[task].total or missing
            left = f"{missing:,} records left"
            bar.update(
                task, total=total, completed=total - missing, events=left, visible=total > LONG
            )

        return episodes([told async for told in topic.everything(progress)])
