"""Episodes that are told together: which summaries there are, and what each stands for."""

from collections.abc import Collection, Iterator, Mapping

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_delivery import BACKLOG, FLOOD
from stream_app.domain.alert_options import Life, escalations, gravest
from stream_app.domain.alert_table import FIRED
from stream_app.domain.alert_view import Sum, Summary, calendars
from stream_app.domain.policy import Calendar, Policy

_NO_RULE = Life()


class Sums:
    """Counts what these sinks hear of in summaries.

    With `apart` each receiver has summaries of its own; without, all share that of a flood.
    """

    def __init__(
        self,
        policy: Policy,
        lives: Mapping[str, Life],
        sinks: Mapping[str, Calendar],
        apart: bool = False,
    ) -> None:
        self._lives, self._sinks, self._apart = lives, sinks, apart
        self._gravest = {name: gravest(_severities(policy, name)) for name in sinks}
        self._sums: dict[Summary, dict[bytes, Sum]] = {}
        self._added: dict[Summary, Sum] = {}  # what has not changed since it was asked for

    def show(self, key: bytes, row: AlertRow) -> None:
        """A row is as it is now."""
        if row.state in FIRED:
            for summary, heard in self._of(row):
                one = Sum(1, row.opened_at, row.told_at, heard)
                self._sums.setdefault(summary, {})[key] = one
                self._added.pop(summary, None)

    def hide(self, key: bytes, row: AlertRow) -> None:
        """A row is no longer as it was."""
        if row.state not in FIRED:
            return
        for summary, _ in self._of(row):
            members = self._sums.get(summary, {})
            members.pop(key, None)
            self._added.pop(summary, None)
            if not members:
                self._sums.pop(summary, None)

    def clear(self) -> None:
        """Forget everything."""
        self._sums.clear()
        self._added.clear()

    def totals(self) -> Iterator[tuple[Summary, Sum]]:
        """Every summary with what it stands for."""
        for summary, members in self._sums.items():
            total = self._added.get(summary)
            if total is None:
                total = self._added[summary] = _added(members.values())
            yield summary, total

    def _of(self, row: AlertRow) -> list[tuple[Summary, tuple[Calendar, ...]]]:
        if row.delivery not in (FLOOD, BACKLOG):
            return []
        life = self._lives.get(row.rule, _NO_RULE)
        names = [name for name in life.everybody if name in self._sinks]
        if row.delivery == BACKLOG:
            return [(self._backlog(row.tenant, name), (self._sinks[name],)) for name in names]
        flood = Summary(row.tenant, row.rule, row.label_channel, "", life.severity)
        if self._apart:
            return [(flood._replace(receiver=name), (self._sinks[name],)) for name in names]
        return [(flood, calendars(names, self._sinks))] if names else []

    def _backlog(self, tenant: str, receiver: str) -> Summary:
        # A severity that never changes, and that is no lower than what the summary stands for.
        return Summary(tenant, "", "", receiver, self._gravest[receiver])


def _added(members: Collection[Sum]) -> Sum:
    since = min(member.since for member in members)
    told_at = min(member.told_at for member in members)
    return Sum(len(members), since, told_at, next(iter(members)).calendars)


def _severities(policy: Policy, name: str) -> list[str]:
    found = [rule.severity for rule in policy.alerts if name in rule.to]
    for rule in policy.alerts:
        found += [step.severity for step in escalations(rule) if name in step.to]
    return found
