"""What the collector reads. Jobs and the engine's status fit these shapes without knowing of metrics.

Everything is read on the event loop's thread between batches, so nothing changes under the reader.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from schemas.outputs import View
from stream_app.domain.policy import Policy
from stream_app.domain.volume_words import Reading

Group = tuple[str, str, str, str]
"""(tenant, channel, team, priority); an absent team or priority is an empty string."""


class Totals(Protocol):
    """What a source partition has counted for one group since its first event."""

    @property
    def counts(self) -> Mapping[str, int]:
        """By name: messages_in, messages_out, opened, solved, reopened, <clock>_met and so on.

        What late input took back stands under `corrections_` and the name, or <clock>_observed.
        """
        ...

    @property
    def buckets(self) -> Mapping[str, Sequence[int]]:
        """Per clock: observations per bound of `TotalsSource.bounds` and above, not cumulative."""
        ...

    @property
    def sums(self) -> Mapping[str, int]:
        """Per clock: the sum of all observations in milliseconds."""
        ...


@runtime_checkable
class TotalsSource(Protocol):
    """A conversations job: durable counters, levels and clocks of one source partition."""

    @property
    def bounds(self) -> Mapping[str, tuple[float, ...]]:
        """Upper bounds per clock in milliseconds, ascending; a last one of +Inf may be left out."""
        ...

    @property
    def last_event_ms(self) -> int:
        """Event time of the newest event applied; 0 before the first."""
        ...

    def totals(self) -> Iterable[tuple[Group, Totals]]: ...

    def levels(self) -> Iterable[tuple[Group, Mapping[str, int]]]:
        """open, waiting, overdue, at_risk, unassigned, unattended, oldest_waiting_since (epoch ms)."""
        ...

    def clocks(self) -> Mapping[str, tuple[int, int, str]]:
        """Per tenant: watermark and tick in epoch ms, and the mode."""
        ...


@runtime_checkable
class CountersSource(Protocol):
    """A job that keeps durable counts of what it noticed about its input, e.g. late events."""

    @property
    def counters(self) -> Mapping[str, int]: ...


@runtime_checkable
class FiringSource(Protocol):
    """An alerts job: how many episodes of each rule are firing."""

    def firing(self) -> Iterable[tuple[str, str, str, int]]:
        """(rule, tenant, severity, episodes)."""
        ...


@runtime_checkable
class ViewsSource(Protocol):
    """A channels job: the last view of each (tenant, scope)."""

    @property
    def views(self) -> Mapping[tuple[str, str], View]: ...


class FeedTotals(Protocol):
    """What became of a feed's writes since this worker started."""

    @property
    def written(self) -> int: ...
    @property
    def changes(self) -> int: ...
    @property
    def failures(self) -> int: ...
    @property
    def last_ok_ms(self) -> int: ...


@runtime_checkable
class FeedSource(Protocol):
    """A worker that may feed another system."""

    def feed(self) -> FeedTotals | None: ...


@runtime_checkable
class VersionSource(Protocol):
    """A job that follows policy activations."""

    @property
    def policy_version(self) -> str:
        """The version that holds in its partition."""
        ...


@runtime_checkable
class VolumeSource(Protocol):
    """A channels job: what is usual in each channel of its tenants."""

    def volumes(self) -> Iterable[tuple[str, str, Reading]]:
        """(tenant, channel, reading over 30 minutes)."""
        ...


class FlushTotals(Protocol):
    """What the flushes of one partition have done since this worker took it over."""

    @property
    def count(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def rows(self) -> int: ...
    @property
    def events(self) -> int: ...


class SourceTopic(Protocol):
    """One source topic of a partition."""

    @property
    def topic(self) -> str: ...


class PartitionStatus(Protocol):
    """How one partition of one agent fares in this process, as the engine tells it."""

    @property
    def agent(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def owned(self) -> bool: ...
    @property
    def recovering(self) -> bool: ...
    @property
    def sources(self) -> Sequence[SourceTopic]: ...
    @property
    def lag(self) -> int: ...
    @property
    def rows_restored(self) -> int: ...
    @property
    def last_progress_ms(self) -> int:
        """Wall clock at which the partition last moved on; 0 = not yet."""
        ...

    @property
    def dead_letters(self) -> Mapping[str, int]:
        """Records per code, over the life of the partition."""
        ...

    @property
    def flush(self) -> FlushTotals: ...
    @property
    def job(self) -> object: ...


class StepTimings(Protocol):
    """Seconds that the engine has spent by step, since the process started."""

    @property
    def fetch_seconds(self) -> float: ...
    @property
    def apply_seconds(self) -> float: ...
    @property
    def turn_seconds(self) -> float: ...
    @property
    def collect_seconds(self) -> float: ...
    @property
    def build_seconds(self) -> float: ...
    @property
    def commit_seconds(self) -> float: ...
    @property
    def restore_seconds(self) -> float: ...


class WorkerStatus(Protocol):
    """The whole worker, as the engine tells it."""

    @property
    def ready(self) -> bool: ...
    @property
    def fences(self) -> int: ...
    @property
    def partitions(self) -> Sequence[PartitionStatus]: ...
    @property
    def timings(self) -> StepTimings: ...


class MetricsSource(Protocol):
    """A running worker, as far as the collector needs it."""

    @property
    def policy(self) -> Policy: ...

    def status(self) -> WorkerStatus: ...
