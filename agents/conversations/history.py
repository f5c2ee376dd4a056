"""Which policy version holds in a source partition since when: activations in the order of the topic.

Rules:
1. What stands before the first activation is judged by the version that was activated first of all.
2. An activation holds for what happens after the tick that each tenant had reached there. A late event
   from before it is judged by the version of its own time, so that the order of arrival changes nothing.
3. A conversation adopts the version with its next event; alert rules hold for all of them at once.
4. Activations are kept for two days of the slowest tenant: nothing older is folded again.
5. Activating what is active already does nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from schemas.group_rows import PolicyRow
from stream_app.domain.clocks import CLOCK_NAMES
from stream_app.domain.policy import Policy
from stream_app.domain.rules import Change, Rulebook, Rules
from stream_app.domain.versions import Versions

KEPT_FOR: Final = 2 * 86_400_000
MOST: Final = 64
_ALWAYS: Final = -1  # before any instant
# Upper bounds of the durable histograms, in seconds; every target of the policy is one more.
BOUNDS: Final = (
    15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800, 604_800,
)  # fmt: skip


class History:
    """The activations of one partition; `rules` always has the active version."""

    def __init__(self, versions: Versions) -> None:
        self.rows: list[PolicyRow] = [PolicyRow(versions.initial.hash)]
        self.rules: Final = Rulebook(versions[versions.initial.hash], versions)
        self.changes_alerts = False  # whether the latest activation brought other alert rules
        self._versions: Final = versions

    def restore(self, rows: Sequence[PolicyRow]) -> None:
        """As the meta row has it; without any rows, as it was before the first activation."""
        self.rows = [row for row in rows if row.hash in self._versions] or self.rows
        self.rules.active = self._versions[self.rows[-1].hash]

    def ask(self, version: str) -> bool:
        """Whether a version can be activated; False: it is active. Raises when it is not known."""
        return version != self.rules.active.hash and bool(self._versions.ask(version))

    def activate(self, version: str, ticks: Mapping[str, int]) -> None:
        """From here on another version holds."""
        before, after = self.rules.active, self._versions[version]
        self.rules.active = after
        self.changes_alerts = (before.ages, before.clocks) != (after.ages, after.clocks)
        self.rows.append(PolicyRow(version, dict(ticks)))

    def book(self, tenant: str) -> Rulebook:
        """The versions as the conversations of a tenant see them."""
        changes = [Change(_ALWAYS, self._rules(self.rows[0]))]
        for row in self.rows[1:]:
            after = row.after.get(tenant, _ALWAYS)
            if after == changes[-1].after:
                changes.pop()  # nothing can have happened in between
            changes.append(Change(after, self._rules(row)))
        many = tuple(changes) if len(changes) > 1 else ()
        return Rulebook(self.rules.active, self._versions, many)

    def latest(self, tenant: str) -> Change:
        """The newest activation as a tenant sees it."""
        row = self.rows[-1]
        return Change(row.after.get(tenant, _ALWAYS), self._rules(row))

    def prune(self, watermarks: Mapping[str, int]) -> None:
        """Forget versions that were replaced long ago; conversations still know theirs by name."""
        while len(self.rows) > 1 and (len(self.rows) > MOST or self._is_old(watermarks)):
            del self.rows[0]

    def bounds(self) -> dict[str, tuple[int, ...]]:
        """Bucket bounds by clock under the active version."""
        return bucket_bounds(self.rules.active.policy)

    def _is_old(self, watermarks: Mapping[str, int]) -> bool:
        replaced = self.rows[1].after
        return all(replaced.get(t, 0) + KEPT_FOR < reached for t, reached in watermarks.items())

    def _rules(self, row: PolicyRow) -> Rules:
        return self._versions[row.hash]


def bucket_bounds(policy: Policy) -> dict[str, tuple[int, ...]]:
    """Bucket bounds by clock in ms: the common ones and each target that the policy sets."""
    bounds = {}
    for clock in CLOCK_NAMES:
        targets = {sla.targets[clock].within for sla in policy.sla if clock in sla.targets}
        bounds[clock] = tuple(sorted({*(b * 1000 for b in BOUNDS), *targets}))
    return bounds
