"""What the engine needs of a log: claim a partition, and write a flush to it as one.

Kafka is one implementation (writer.py), the in-memory broker of `stream_app.testing` another; claims,
flushes and recovery are written against this page alone.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from stream_app.engine.job import Output

Rows = list[tuple[bytes, bytes | None]]


class Changelog(NamedTuple):
    """The changelog topic of a table."""

    table: str
    topic: str


@dataclass(slots=True)
class Flush:
    """All that is written at once. `changelogs` maps topics to rows, the meta row last."""

    partition: int
    changelogs: dict[str, Rows]
    outputs: list[Output] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)  # next source offsets once it is written
    events: int = 0

    @property
    def rows(self) -> int:
        """How many changelog rows this is, the engine's own included."""
        return sum(map(len, self.changelogs.values()))


class Writer(Protocol):
    """The one writer of a partition of an agent."""

    fencing: bool  # whether a former owner is kept from writing by the log itself

    async def claim(self) -> None:
        """Become the owner: what any former owner had open is aborted when this returns."""
        ...

    async def write(self, flush: Flush) -> None:
        """Write it all or nothing. Raises FencedError or FatalError; retries what can be retried."""
        ...

    async def close(self) -> None:
        """Give the writer back; never raises."""
        ...
