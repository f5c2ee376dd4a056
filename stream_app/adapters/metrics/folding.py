"""Keeps label sets bounded: what the policy does not name becomes `other`, what is unset `none`."""

from typing import Final

from schemas.events import OTHER, PRIORITIES
from stream_app.adapters.metrics.labels import NONE
from stream_app.adapters.metrics.sources import Group
from stream_app.domain.policy import Policy


class Folding:
    """The allowed label values under one policy. Teams are those that a `match:` names.

    Team names come with the events, so their number has no limit of its own; only what an operator
    has written down becomes a series.
    """

    def __init__(self, policy: Policy) -> None:
        self._tenants = frozenset(policy.tenants)
        self._channels = policy.channels
        matches = [sla.match for sla in policy.sla] + [rule.match for rule in policy.alerts]
        self.teams: Final = frozenset[str]().union(*(match.team for match in matches))
        self._priorities = frozenset((*PRIORITIES, ""))
        self._known: dict[Group, Group] = {}

    def group(self, group: Group) -> Group:
        """The group with every value replaced by an allowed one."""
        known = self._known.get(group)
        if known is None:
            if len(self._known) >= 10_000:  # free text from events must not pile up here
                self._known.clear()
            known = self._known[group] = self._fold(*group)
        return known

    def tenant(self, tenant: str) -> str:
        return tenant if tenant in self._tenants else OTHER

    def _fold(self, tenant: str, channel: str, team: str, priority: str) -> Group:
        return (
            self.tenant(tenant),
            channel if channel in self._channels else OTHER,
            team if team in self.teams else (OTHER if team else NONE),
            (priority or NONE) if priority in self._priorities else OTHER,
        )
