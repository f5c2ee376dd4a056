"""What the wall knows: the newest view of each scope, unresolved alerts, and those resolved lately.

Bounded: what does not fit is counted and said. Remembers what has changed since it was last asked, for
the live stream. Knows neither Kafka nor HTTP; the time is an argument.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final

from stream_app.wall.held import (
    RESOLVED,
    HeldAlert,
    HeldView,
    Place,
    hold_alert,
    hold_view,
    read_alert,
)

MOST_VIEWS: Final = 20_000
MOST_ALERTS: Final = 50_000
MOST_RESOLVED: Final = 2_000


@dataclass(slots=True)
class Changed:
    """What has come since the last time."""

    views: dict[Place, HeldView] = field(default_factory=dict)
    gone: set[Place] = field(default_factory=set)
    alerts: dict[str, HeldAlert] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.views or self.gone or self.alerts)


class Store:
    """The newest of everything."""

    def __init__(self) -> None:
        self.refused = 0  # records that are no view or alert
        self.left_out = 0  # that there was no room for
        self._views: dict[bytes, HeldView] = {}
        self._places: dict[Place, HeldView] = {}
        self._unresolved: dict[str, HeldAlert] = {}
        self._resolved: OrderedDict[str, HeldAlert] = OrderedDict()
        self._changed = Changed()

    # -- what comes in ------------------------------------------------------------------------------

    def put_view(self, key: bytes, value: bytes | None, received_ms: int) -> None:
        """Take over a record of the view topic; without a value the scope is gone."""
        if value is None:
            self._drop_view(key)
            return
        if key not in self._views and len(self._views) >= MOST_VIEWS:
            self.left_out += 1
            return
        try:
            held = hold_view(value, received_ms)
        except ValueError:
            self.refused += 1
            return
        self._views[key] = self._places[held.place] = held
        self._changed.views[held.place] = held
        self._changed.gone.discard(held.place)

    def put_alert(self, key: bytes, value: bytes | None) -> None:
        """Take over a record of the alert topic."""
        if value is None:
            return
        try:
            alert = read_alert(value)
        except ValueError:
            self.refused += 1
            return
        name = alert.alert
        held = hold_alert(key, value, alert, self.alert(name))
        if held.alert.state == RESOLVED:
            self._resolve(name, held)
        elif name in self._unresolved or len(self._unresolved) < MOST_ALERTS:
            self._resolved.pop(name, None)
            self._unresolved[name] = held
        else:
            self.left_out += 1
            return
        self._changed.alerts[name] = held

    def take_alerts(self, other: "Store") -> None:
        """Take over the alerts that another store has read; they are no news, but a new picture."""
        self._unresolved, self._resolved = other._unresolved, other._resolved
        self.refused += other.refused
        self.left_out += other.left_out
        self._changed.alerts.clear()

    def _drop_view(self, key: bytes) -> None:
        held = self._views.pop(key, None)
        if held is not None:
            self._places.pop(held.place, None)
            self._changed.views.pop(held.place, None)
            self._changed.gone.add(held.place)

    def _resolve(self, name: str, held: HeldAlert) -> None:
        self._unresolved.pop(name, None)
        self._resolved[name] = held
        self._resolved.move_to_end(name)
        if len(self._resolved) > MOST_RESOLVED:
            self._resolved.popitem(last=False)

    # -- what is asked ------------------------------------------------------------------------------

    def take_changed(self) -> Changed:
        """What has come since the last call."""
        changed, self._changed = self._changed, Changed()
        return changed

    def tenants(self) -> list[str]:
        """Everybody of whom there is a view or an alert."""
        found = {held.view.tenant for held in self._views.values()}
        return sorted(found | {held.alert.tenant for held in self._unresolved.values()})

    def views(self, tenant: str) -> list[HeldView]:
        """Every view of a tenant, wide scopes first."""
        mine = [held for held in self._views.values() if held.view.tenant == tenant]
        return sorted(mine, key=lambda held: (len(held.view.scope), held.place))

    def view(self, place: Place) -> HeldView | None:
        """The view of one scope."""
        return self._places.get(place)

    def alerts(self, tenant: str, *, resolved: bool = False) -> Iterator[HeldAlert]:
        """The unresolved alerts of a tenant; with `resolved` also those that were, lately."""
        held = [*self._unresolved.values(), *(self._resolved.values() if resolved else ())]
        return (each for each in held if each.alert.tenant == tenant)

    def gravest(self, tenant: str, most: int) -> tuple[int, list[HeldAlert]]:
        """How many unresolved alerts there are, and the first of them."""
        mine = list(self.alerts(tenant))
        return len(mine), nsmallest(most, mine, key=lambda held: held.urgency)

    def alert(self, name: str) -> HeldAlert | None:
        """One alert, while it is known."""
        return self._unresolved.get(name) or self._resolved.get(name)
