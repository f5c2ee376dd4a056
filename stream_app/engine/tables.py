"""How batch agents and their tables look to Faust: real tables and agents, empty in the middle.

Faust lists, assigns and recovers them; the rows live in the jobs, and no event takes Faust's path.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import faust
from faust.types import TP

from stream_app.engine.job import AgentSpec

if TYPE_CHECKING:
    from stream_app.engine.runtime import Engine


class BatchTable(faust.Table[Any, Any]):
    """A Faust table whose rows are kept by the jobs of its agent."""

    engine: "Engine"

    def persisted_offset(self, tp: TP) -> int:
        """Where reading the changelog goes on; never None, or Faust would keep an old offset."""
        return self.engine.read_to(tp)

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Faust's own path of recovery, which batch tables do not take."""
        assert not list(batch), f"{self.name}: a changelog event came by the per-event path"


class BatchTopic(faust.Topic):
    """A topic of a batch agent, which may stand for several co-partitioned ones."""

    def get_topic_name(self) -> str:
        """The names, for `faust agents`."""
        return ",".join(self.topics)


def add_agent(app: faust.App, engine: "Engine", spec: AgentSpec, partitions: int) -> None:
    """Register an agent and its tables with Faust."""
    schema: faust.Schema[Any, Any] = faust.Schema(key_serializer="raw", value_serializer="raw")
    for name in spec.tables:
        table = BatchTable(
            app, name=name, partitions=partitions, schema=schema, help=f"state of {spec.name}"
        )
        table.engine = engine
        app.tables.add(table)
    topic = BatchTopic(
        app,
        topics=spec.sources,
        schema=schema,
        partitions=partitions,
        key_serializer="raw",
        value_serializer="raw",
    )
    app.agent(topic, name=spec.name)(_body(spec))


def _body(spec: AgentSpec) -> Any:
    async def never(stream: Any) -> None:
        async for _ in stream:
            raise RuntimeError("an event of a batch topic came by the per-event path")

    never.__doc__ = spec.help  # where Faust looks for it
    return never
