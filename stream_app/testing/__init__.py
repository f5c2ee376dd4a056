"""Doubles for tests, ours and yours: a log in memory, and a job small enough to see through."""

from stream_app.testing.counting import CountEvent, CountingJob, counting_spec
from stream_app.testing.memory import Crashed, MemoryBroker, MemoryRecord, MemoryWriter

__all__ = [
    "CountEvent",
    "CountingJob",
    "Crashed",
    "MemoryBroker",
    "MemoryRecord",
    "MemoryWriter",
    "counting_spec",
]
