"""Which agents a worker has, and which topics belong to which of them."""

from collections.abc import Iterable, Sequence

from faust.types import TP

from stream_app.engine.deadletters import Sender
from stream_app.engine.errors import FatalError
from stream_app.engine.job import AgentSpec
from stream_app.engine.limits import Limits
from stream_app.engine.log import Changelog
from stream_app.engine.partition import Setting


class Registry:
    """The agents by name and by topic. A source topic feeds one batch agent, a table belongs to one."""

    def __init__(
        self, app_id: str, specs: Sequence[AgentSpec], limits: Limits, version: str
    ) -> None:
        self.limits = limits
        self.settings: dict[str, Setting] = {}
        self.sources: dict[str, str] = {}  # topic -> agent
        self.changelogs: dict[str, str] = {}  # topic -> agent
        for spec in specs:
            logs = tuple(Changelog(table, changelog_topic(app_id, table)) for table in spec.tables)
            self.settings[spec.name] = Setting(spec, logs, limits, Sender(app_id, version))
            self._add(self.sources, spec.name, spec.sources)
            self._add(self.changelogs, spec.name, (changelog.topic for changelog in logs))

    def agent_of(self, topic: str) -> str | None:
        """The agent that a source or changelog belongs to."""
        return self.sources.get(topic) or self.changelogs.get(topic)

    def owned(self, assigned: set[TP]) -> set[tuple[str, int]]:
        """Agents and partition numbers of an assignment, which must be whole."""
        found: set[tuple[str, int]] = set()
        for name, setting in self.settings.items():
            topics = {*setting.spec.sources, *(log.topic for log in setting.changelogs)}
            numbers = {
                topic: {tp.partition for tp in assigned if tp.topic == topic} for topic in topics
            }
            whole = set.union(*numbers.values())
            for topic, have in numbers.items():
                if have != whole:
                    raise FatalError(
                        f"{topic} is not assigned like the other topics of {name} ({sorted(have)} of "
                        f"{sorted(whole)}): missing, or another number of partitions? See `pegel topics`"
                    )
            found.update((name, number) for number in whole)
        return found

    @staticmethod
    def _add(index: dict[str, str], agent: str, topics: Iterable[str]) -> None:
        for topic in topics:
            if topic in index:
                raise ValueError(f"{topic} belongs to {index[topic]} already, not to {agent}")
            index[topic] = agent


def changelog_topic(app_id: str, table: str) -> str:
    """The name that Faust gives to the changelog of a table."""
    return f"{app_id}-{table}-changelog"
