"""What the web server needs of a running worker, so that it can be tested without one."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

from aiohttp import web

from schemas.keys import ConversationKey
from schemas.outputs import View
from stream_app.domain.policy import Policy
from stream_app.engine.status import EngineStatus, PartitionStatus


class RuntimeView(Protocol):
    """A worker as its web server sees it."""

    @property
    def policy(self) -> Policy: ...

    def status(self) -> EngineStatus: ...

    async def resume(self, agent: str, partition: int) -> None:
        """Lift the fuse; nothing happens when it has not tripped. LookupError: not owned here."""
        ...


@runtime_checkable
class TimelineSource(Protocol):
    """A conversations job that can tell the clock timeline of a conversation it holds."""

    def explain(self, tenant: str, source: str, id: str) -> Mapping[str, Any] | None: ...


@runtime_checkable
class FindSource(Protocol):
    """A conversations job that can look for a native id in all that it holds."""

    def find(self, native_id: str) -> Iterable[ConversationKey]: ...


@runtime_checkable
class ViewSource(Protocol):
    """A channels job that holds the newest view of each scope, by (tenant, scope)."""

    @property
    def views(self) -> Mapping[tuple[str, str], View]: ...


RUNTIME: web.AppKey[RuntimeView] = web.AppKey("runtime")
TOKEN: web.AppKey[str] = web.AppKey("token")


def restored(status: EngineStatus) -> Iterator[PartitionStatus]:
    """The owned partitions whose state is complete."""
    return (held for held in status.partitions if held.owned and not held.recovering)
