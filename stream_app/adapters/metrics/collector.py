"""Reads the worker's state at the moment of a scrape; nothing is updated per event.

Call `collect` on the thread of the event loop, where no job is in the middle of a batch. What it
returns is detached from the state and may be written out in another thread.
"""

import platform
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from stream_app.adapters.metrics import catalogue
from stream_app.adapters.metrics.families import Families
from stream_app.adapters.metrics.folding import Folding
from stream_app.adapters.metrics.levels import add_levels
from stream_app.adapters.metrics.notifications import NotificationsSource, add_notifications
from stream_app.adapters.metrics.pipeline import add_clocks, add_counters, add_worker
from stream_app.adapters.metrics.promises import add_firing, add_policy, add_versions
from stream_app.adapters.metrics.sources import (
    CountersSource,
    FeedSource,
    FiringSource,
    MetricsSource,
    PartitionStatus,
    TotalsSource,
    ViewsSource,
    VolumeSource,
)
from stream_app.adapters.metrics.totals import add_totals
from stream_app.adapters.metrics.volumes import add_volumes
from stream_app.adapters.metrics.windows import add_feed, add_windows


class MetricsCollector(Collector):
    """All metrics of one worker. A partition that it no longer owns leaves no series behind."""

    def __init__(self, source: MetricsSource, now_ms: Callable[[], int]) -> None:
        self._source = source
        self._now_ms = now_ms
        self._build = tuple(_version(name) for name in ("pegel", "faust-streaming", "aiokafka"))

    def collect(self) -> list[Family]:
        """Build every family from the state as it is now.

        1. What the engine says of the process and of each owned partition.
        2. Counters, histograms and clocks per source partition; levels over all of them.
        3. Volumes, alerts, rolling windows, feeds, targets and versions.
        """
        out, policy = Families(), self._source.policy
        worker = self._source.status()
        add_worker(out, worker)
        owned = [status for status in worker.partitions if status.owned]
        now_ms, folding = self._now_ms(), Folding(policy)
        sources = list(_sources(owned))
        for partition, job in sources:
            add_totals(out, partition, job, policy)
            add_clocks(out, partition, job, folding, now_ms)
            if isinstance(job, CountersSource):
                add_counters(out, partition, job)
        add_levels(out, (job for _, job in sources), policy)
        add_volumes(out, _volumes(owned))
        add_firing(out, _firing(owned), policy)
        if isinstance(self._source, NotificationsSource):
            add_notifications(out, self._source.notifications())
        add_windows(out, _views(owned), folding)
        if isinstance(self._source, FeedSource):
            add_feed(out, self._source.feed())
        add_policy(out, policy)
        add_versions(out, owned)
        pegel, faust, aiokafka = self._build
        out.add(catalogue.BUILD_INFO, (pegel, platform.python_version(), faust, aiokafka), 1)
        return out.finish()


def _sources(owned: Iterable[PartitionStatus]) -> Iterable[tuple[int, TotalsSource]]:
    for status in owned:
        # Half a recovery would show as a drop to almost nothing; better no series than a wrong one.
        if not status.recovering and isinstance(status.job, TotalsSource):
            yield status.partition, status.job


def _firing(owned: Iterable[PartitionStatus]) -> Iterable[FiringSource]:
    for status in owned:
        if not status.recovering and isinstance(status.job, FiringSource):
            yield status.job


def _views(owned: Iterable[PartitionStatus]) -> Iterable[ViewsSource]:
    for status in owned:
        if not status.recovering and isinstance(status.job, ViewsSource):
            yield status.job


def _volumes(owned: Iterable[PartitionStatus]) -> Iterable[VolumeSource]:
    for status in owned:
        if not status.recovering and isinstance(status.job, VolumeSource):
            yield status.job


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"
