"""Builds the view of one scope of a tenant, as it is written for screens and feeds."""

from typing import Any

from schemas.instants import format_ms
from schemas.outputs import View
from stream_app.domain.figures import window_figures
from stream_app.domain.goals import Ground, progress, together
from stream_app.domain.group_levels import level_figures, most_urgent
from stream_app.domain.panes import Values
from stream_app.domain.policy import Goal
from stream_app.domain.scopes import WHOLE_TENANT, Scope
from stream_app.domain.spans import span_name
from stream_app.domain.staff import withheld
from stream_app.domain.tenant import Tenant
from stream_app.domain.volume_season import TOTAL
from stream_app.domain.volume_words import unknown_volume


def view_of(tenant: Tenant, scope: Scope) -> View | None:
    """What is to be shown of a scope; None while nothing is known, or when it is out of use."""
    as_of = tenant.as_of
    if as_of is None or not tenant.in_use(scope):
        return None
    return View(
        tenant=tenant.name,
        scope=dict(scope.parts),
        as_of=format_ms(as_of),
        mode=tenant.mode,
        complete=not tenant.missing,
        missing_partitions=list(tenant.missing),
        levels=level_figures(tenant.levels(scope), as_of),
        windows=_windows(tenant, scope),
        volume=volume_of(tenant, scope),
        goals=goals_of(tenant, scope),
        top=most_urgent(tenant.level_rows(tenant.board.tallies[scope].groups)),
    )


def window_of(tenant: Tenant, scope: Scope, window: int) -> dict[str, Any]:
    """The figures of one window of a scope, by its place among the spans."""
    total = tenant.board.tallies[scope].totals[window]
    if total.rendered is None:
        total.rendered = window_figures(total.values)
    return total.rendered


def goals_of(tenant: Tenant, scope: Scope) -> list[dict[str, Any]]:
    """How far the goals are: those of the whole tenant, in the order of the policy."""
    as_of = tenant.as_of
    if scope != WHOLE_TENANT or as_of is None:
        return []
    ground = Ground(as_of, tenant.began, not tenant.missing)
    return [progress(goal, _counted(tenant, goal, as_of), ground) for goal in tenant.goals]


def _counted(tenant: Tenant, goal: Goal, as_of: int) -> Values:
    """What was counted over the span of a goal; past the longest window by the hour."""
    spans, totals = tenant.board.spans, tenant.board.tallies[WHOLE_TENANT].totals
    if goal.over in spans:
        return totals[spans.index(goal.over)].values
    if tenant.ledger is None:
        return {}
    return together(totals[-1].values, tenant.ledger.since(as_of - goal.over))


def volume_of(tenant: Tenant, scope: Scope) -> dict[str, Any]:
    """What is to be said of the number of messages in a scope."""
    if tenant.missing:
        names = ", ".join(map(str, tenant.missing))
        return unknown_volume(f"nothing current from source partition {names}")
    parts = dict(scope.parts)
    channel = parts.pop("channel", TOTAL)
    if channel == TOTAL and parts:
        return {}  # a team has no volume of its own
    shown = tenant.volume.screen.show(channel)
    if not parts:
        return shown
    return {name: value for name, value in shown.items() if name != "history"}


def _windows(tenant: Tenant, scope: Scope) -> dict[str, dict[str, Any]]:
    spans = tenant.board.spans
    least = tenant.too_small(scope)
    windows = {span_name(span): window_of(tenant, scope, n) for n, span in enumerate(spans)}
    if not least:
        return windows
    return {name: withheld(figures, least) for name, figures in windows.items()}
