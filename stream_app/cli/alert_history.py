"""Episodes as the alert topic tells of them: the newest state of each, and all that led to it.

Pure: records in, episodes out. Reading is done in `stream_app.adapters.alert_topic`, showing in
`stream_app.cli.alert_tables`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from schemas.commands import RELEASE, SNOOZE, Command
from schemas.instants import format_ms
from schemas.outputs import Alert
from stream_app.adapters.alert_topic import Told
from stream_app.errors import UserError

RESOLVED: Final = "resolved"
_GRAVITY: Final = {"critical": 0, "warning": 1, "info": 2}
_SET_ASIDE: Final = {"acknowledged", "snoozed"}
_FEWEST: Final = 4  # characters of a beginning that stands for an identity


@dataclass(slots=True)
class Episode:
    """One episode: its newest record, and every record of it that the topic still holds."""

    told: list[Told] = field(default_factory=list)

    @property
    def alert(self) -> Alert:
        """As it is now."""
        return self.told[-1].alert

    @property
    def key(self) -> bytes:
        """Of its records, hence of commands about it."""
        return self.told[-1].key

    @property
    def urgency(self) -> tuple[int, str, str]:
        """Gravest first, then the oldest."""
        alert = self.alert
        return _GRAVITY.get(alert.severity, len(_GRAVITY)), alert.opened_at, alert.alert

    def trail(self) -> list[dict[str, Any]]:
        """Each step: state, since when, who, why, who was told, and when it was written down."""
        steps: list[dict[str, Any]] = []
        for _, alert, written in self.told:
            step = {
                "state": alert.state,
                "since": alert.since,
                "actor": alert.actor,
                "reason": alert.reason,
                "notified": alert.notified,
            }
            # An unresolved alert is written again every day; that is no step.
            if not steps or steps[-1] != step | {"written": steps[-1]["written"]}:
                steps.append({**step, "written": format_ms(written)})
        return steps


class Filters(NamedTuple):
    """Which alerts are wanted; without a state those that are not over."""

    tenant: str | None = None
    rule: str | None = None
    state: str | None = None
    channel: str | None = None

    def fit(self, alert: Alert) -> bool:
        """Whether an alert is wanted."""
        wanted_state = alert.state == self.state if self.state else alert.state != RESOLVED
        return (
            wanted_state
            and self.tenant in (None, alert.tenant)
            and self.rule in (None, alert.rule)
            and self.channel in (None, alert.subject.get("channel"))
        )


def episodes(told: Iterable[Told]) -> dict[str, Episode]:
    """Every episode by its identity."""
    found: dict[str, Episode] = {}
    for each in told:
        found.setdefault(each.alert.alert, Episode()).told.append(each)
    return found


def chosen(found: Mapping[str, Episode], filters: Filters) -> list[Episode]:
    """Those that are wanted, the gravest and oldest first."""
    wanted = (episode for episode in found.values() if filters.fit(episode.alert))
    return sorted(wanted, key=lambda episode: episode.urgency)


def named(found: Mapping[str, Episode], name: str) -> Episode:
    """The episode that an identity, or the beginning of one, means. Raises UserError."""
    if name in found:
        return found[name]
    begin = name if name.startswith("v1-") else f"v1-{name}"
    matches = [each for each in found if each.startswith(begin)]
    if len(begin) < len("v1-") + _FEWEST or not matches:
        raise UserError(f"no alert {name}", "`pegel alerts list` shows those that are open")
    if len(matches) > 1:
        raise UserError(f"{len(matches)} alerts begin with {name}", "write more of its identity")
    return found[matches[0]]


def refusal(command: Command, alert: Alert) -> UserError | None:
    """Why a command would change nothing, if that is known beforehand."""
    nothing = "nothing is left to do"
    if alert.state == RESOLVED:
        return UserError(f"{alert.alert} is over since {alert.since}", nothing)
    if alert.state == "pending":
        problem = f"{alert.alert} is pending: its condition has not held for long enough"
        return UserError(problem, "nobody is told of it yet; wait until it fires")
    if command.action == RELEASE and alert.state not in _SET_ASIDE:
        return UserError(f"{alert.alert} is {alert.state}", "there is nothing to take back")
    return None


def shows(command: Command, alerts: Iterable[Alert]) -> Alert | None:
    """The alert that shows what became of a command: its effect, or that the alert is over."""
    for alert in alerts:
        if alert.alert == command.alert and (alert.state == RESOLVED or _effect(command, alert)):
            return alert
    return None


def _effect(command: Command, alert: Alert) -> bool:
    if command.action == RELEASE:
        return alert.state not in _SET_ASIDE
    wanted = "snoozed" if command.action == SNOOZE else "acknowledged"
    return alert.state == wanted and alert.actor == command.actor


def as_data(alert: Alert) -> dict[str, Any]:
    """An alert for programs, as the topic says it."""
    found: dict[str, Any] = msgspec.to_builtins(alert)
    return found
