"""The partitions of this worker: claimed, kept, given back, lost."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator

import structlog
from faust.types import TP

from stream_app.engine.errors import FatalError, FencedError
from stream_app.engine.log import Writer
from stream_app.engine.owner import Fate, Owner, Probe
from stream_app.engine.partition import Partition, State
from stream_app.engine.registry import Registry
from stream_app.engine.status import Timings

log = structlog.get_logger("pegel.engine")

MakeWriter = Callable[[str, int], Writer]
Key = tuple[str, int]  # agent, partition


class Owners:
    """Owners by agent and partition number."""

    def __init__(
        self, registry: Registry, make_writer: MakeWriter, probe: Probe, timings: Timings
    ) -> None:
        self.by_key: dict[Key, Owner] = {}
        self.fences = 0
        self.on_lost: Callable[[], None] = _nothing  # have the group assign anew
        self.on_fatal: Callable[[FatalError], None] = _nothing
        self._registry = registry
        self._make_writer = make_writer
        self._probe = probe
        self._timings = timings
        self._closing: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Owner]:
        return iter(list(self.by_key.values()))

    def __len__(self) -> int:
        return len(self.by_key)

    def of(self, tp: TP) -> Owner | None:
        """Whom a source or changelog partition belongs to."""
        agent = self._registry.agent_of(tp.topic)
        return self.by_key.get((agent, tp.partition)) if agent is not None else None

    async def assign(self, wanted: set[Key]) -> None:
        """Keep those that can go on, drop the others, claim what is new."""
        self.drop(key for key in list(self.by_key) if key not in wanted)
        self.drop(key for key, owner in list(self.by_key.items()) if _unusable(owner))
        await asyncio.gather(*(self._claim(*key) for key in wanted if key not in self.by_key))

    async def finish(self, seconds: float) -> None:
        """Freeze all, and write everything that there is, in bounded time."""
        for owner in self:
            owner.freeze()
        tasks = [asyncio.ensure_future(owner.finish(self._timings)) for owner in self]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                log.warning("flushes still in flight", partitions=len(late), waited=seconds)

    def drop(self, keys: Iterable[Key]) -> None:
        """Give partitions back and forget them."""
        for key in list(keys):
            self._close(self.by_key.pop(key))

    async def close(self) -> None:
        """Give everything back."""
        self.drop(self.by_key)
        if self._closing:
            await asyncio.wait(self._closing, timeout=2)

    async def _claim(self, agent: str, number: int) -> None:
        started = time.monotonic()
        partition = Partition(self._registry.settings[agent], number)
        writer = self._make_writer(agent, number)
        owner = Owner(partition, writer, Fate(self._lost, self.on_fatal), self._probe)
        self.by_key[agent, number] = owner
        try:
            await owner.claim()
        except FencedError as exc:
            self._lost(owner, exc)
            return
        seconds = round(time.monotonic() - started, 3)
        log.info("claimed", agent=agent, partition=number, seconds=seconds)

    def _lost(self, owner: Owner, exc: FencedError) -> None:
        """Another worker has the partition, or nobody knows: drop it, and let the group decide."""
        key = (owner.partition.setting.spec.name, owner.partition.number)
        if self.by_key.get(key) is not owner:
            return
        self.fences += 1
        log.warning("fenced", agent=key[0], partition=key[1], cause=str(exc))
        self.drop([key])
        self.on_lost()

    def _close(self, owner: Owner) -> None:
        owner.lost = True
        owner.partition.close()
        task = asyncio.get_running_loop().create_task(owner.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def sources_of(owner: Owner) -> list[TP]:
    """The source partitions of an owner."""
    part = owner.partition
    return [TP(topic, part.number) for topic in part.setting.spec.sources]


def _unusable(owner: Owner) -> bool:
    return owner.lost or owner.partition.state in (State.CLAIMING, State.CLOSED)


def _nothing(*_: object) -> None:
    """Nobody listens."""
