"""What rules see of one scope of a tenant: its figures as they are shown, made when they are asked for."""

from collections.abc import Mapping
from typing import Any, Final

from stream_app.domain.group_levels import level_figures
from stream_app.domain.scopes import Scope
from stream_app.domain.staff import withheld
from stream_app.domain.tenant import Tenant
from stream_app.domain.views import goals_of, volume_of, window_of


class ScopeSight:
    """One scope at the instant that its tenant has reached."""

    __slots__ = ("_scope", "_tenant", "as_of")

    def __init__(self, tenant: Tenant, scope: Scope) -> None:
        assert tenant.as_of is not None
        self._tenant: Final = tenant
        self._scope: Final = scope
        self.as_of: Final = tenant.as_of

    @property
    def complete(self) -> bool:
        """Whether no source partition is missing."""
        return not self._tenant.missing

    def window(self, over: int) -> Mapping[str, Any]:
        """The figures of one window."""
        figures = window_of(self._tenant, self._scope, self._tenant.board.spans.index(over))
        least = self._tenant.too_small(self._scope)
        return withheld(figures, least) if least else figures

    def levels(self) -> Mapping[str, Any]:
        """The levels now."""
        return level_figures(self._tenant.levels(self._scope), self.as_of)

    def goal(self, name: str) -> Mapping[str, Any] | None:
        """A goal by its name."""
        return next((g for g in goals_of(self._tenant, self._scope) if g["name"] == name), None)

    def volume(self) -> Mapping[str, Any]:
        """The verdict on the number of messages."""
        return volume_of(self._tenant, self._scope)
