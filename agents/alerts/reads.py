"""What other parts of the worker may read of an alerts job: only what is committed."""

from collections.abc import Iterable

from agents.alerts.shown import Shown
from schemas.alert_rows import AlertRow
from stream_app.domain.alert_view import AlertView, Sum, Summary
from stream_app.domain.policy import Policy


class AlertReads:
    """Read-only views for sinks, gauges and commands."""

    _shown: Shown
    _policy: Policy

    @property
    def version(self) -> int:
        """Another one whenever there may be something else to tell."""
        return self._shown.version

    def notifiable(self) -> Iterable[AlertView]:
        """Episodes that Alertmanager hears of by themselves, and those that ended lately."""
        return self._shown.singles()

    def summaries(self) -> Iterable[tuple[Summary, Sum]]:
        """Episodes that Alertmanager hears of together."""
        return self._shown.summaries()

    def firing(self) -> Iterable[tuple[str, str, str, int]]:
        """(rule, tenant, severity, episodes) of what fires, acknowledged and snoozed included."""
        return self._shown.firing()

    def episodes(self) -> Iterable[AlertRow]:
        """Every row that is committed. Not to be changed by the reader."""
        return self._shown.rows()

    @property
    def policy_version(self) -> str:
        """The version whose rules hold."""
        return self._policy.hash
