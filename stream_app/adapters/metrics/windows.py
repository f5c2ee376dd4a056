"""Rolling windows and goals of the tenants that this worker's channels agent keeps, as gauges."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from schemas.outputs import View
from stream_app.adapters.metrics import declared_views as declared
from stream_app.adapters.metrics.families import Families
from stream_app.adapters.metrics.folding import Folding
from stream_app.adapters.metrics.labels import CLOCKS
from stream_app.adapters.metrics.sources import FeedTotals, ViewsSource

_SHOWN: Final = (set[str](), {"channel"}, {"team"})  # the scopes that become series


def add_windows(out: Families, jobs: Iterable[ViewsSource], folding: Folding) -> None:
    """Add what the views of all owned tenants say; nothing of a tenant that is not complete."""
    for view in _views(jobs):
        if not view.scope:
            out.add(declared.VIEWS_COMPLETE, (view.tenant,), float(view.complete))
        team = view.scope.get("team", declared.ALL)
        if not view.complete or (team != declared.ALL and team not in folding.teams):
            continue
        scope = (view.tenant, view.scope.get("channel", declared.ALL), team)
        for window, figures in view.windows.items():
            _add_window(out, scope, window, figures)
        _add_goals(out, view)


def _views(jobs: Iterable[ViewsSource]) -> Iterator[View]:
    for job in jobs:
        yield from (view for view in job.views.values() if set(view.scope) in _SHOWN)


def _add_window(
    out: Families, scope: tuple[str, str, str], window: str, figures: Mapping[str, Any]
) -> None:
    for direction in ("in", "out"):
        count = figures.get(f"messages_{direction}")
        if count is not None:
            out.add(declared.WINDOW_MESSAGES, (*scope, direction, window), count)
    for clock in CLOCKS:
        ratio = figures.get(f"{clock}_met_ratio")
        if ratio is not None:
            out.add(declared.WINDOW_MET, (*scope, clock, window), ratio)
        seconds = figures.get(f"{clock}_seconds", {})
        for rank in declared.RANKS:
            if rank in seconds:
                out.add(declared.WINDOW_RESPONSE, (*scope, clock, window, rank), seconds[rank])


def _add_goals(out: Families, view: View) -> None:
    if view.scope:
        return
    for goal in view.goals:
        out.add(declared.GOAL_TARGET, (view.tenant, goal["name"]), goal["target"])
        if goal.get("value") is not None:
            out.add(declared.GOAL, (view.tenant, goal["name"]), goal["value"])


def add_feed(out: Families, feed: FeedTotals | None) -> None:
    """Add what became of the feed's writes since this worker started; nothing without a feed."""
    if feed is None:
        return
    out.add(declared.FEED_WRITES, (), feed.written)
    out.add(declared.FEED_CHANGES, (), feed.changes)
    out.add(declared.FEED_FAILURES, (), feed.failures)
    if feed.last_ok_ms:
        out.add(declared.FEED_LAST, (), feed.last_ok_ms / 1000)
