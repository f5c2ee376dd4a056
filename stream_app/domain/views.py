"""Builds the view of one scope of a tenant, as it is written for screens and feeds."""

from typing import Any

from schemas.instants import format_ms
from schemas.outputs import View
from stream_app.domain.figures import window_figures
from stream_app.domain.group_levels import level_figures, most_urgent
from stream_app.domain.scopes import Scope
from stream_app.domain.tenant import Tenant


def view_of(tenant: Tenant, scope: Scope) -> View | None:
    """What is to be shown of a scope; None while nothing is known, or when it is out of use."""
    as_of = tenant.as_of
    if as_of is None or not tenant.in_use(scope):
        return None
    return View(
        tenant=tenant.name,
        scope=dict(scope.parts),
        as_of=format_ms(as_of),
        complete=not tenant.missing,
        missing_partitions=list(tenant.missing),
        levels=level_figures(tenant.levels(scope), as_of),
        windows=_windows(tenant, scope),
        volume=_volume(tenant),
        goals=[],
        top=most_urgent(tenant.level_rows(tenant.board.tallies[scope].groups)),
    )


def _windows(tenant: Tenant, scope: Scope) -> dict[str, dict[str, Any]]:
    shown: dict[str, dict[str, Any]] = {}
    totals = tenant.board.tallies[scope].totals
    for span, total in zip(tenant.board.spans, totals, strict=True):
        if total.rendered is None:
            total.rendered = window_figures(total.values)
        shown[span_name(span)] = total.rendered
    return shown


def _volume(tenant: Tenant) -> dict[str, Any]:
    if not tenant.missing:
        return {}
    names = ", ".join(map(str, tenant.missing))
    return {"verdict": "unknown", "explain": f"nothing current from source partition {names}"}


def span_name(ms: int) -> str:
    """A span as the policy writes it: 300000 is `5m`, 86400000 is `24h`."""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms}ms"
