"""What the alerts of a rule show at an instant: of one conversation, or of all that match."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.alert_rows import AlertRow
from stream_app.scenario.alerting import Episode, Subject
from stream_app.scenario.model import Instant
from stream_app.scenario.showing import shown_instant
from stream_app.scenario.world import World

# The most pressing first: where several conversations match, that is the one that is shown.
_URGENCY: Final = ("firing", "acknowledged", "snoozed", "pending", "resolved", "none")


@dataclass(frozen=True, slots=True)
class AlertSight:
    """The state of a rule's alerts; `since` in ms, None where there is no episode."""

    state: str = "none"
    since: int | None = None
    severity: str = ""
    times: int = 0
    fired: tuple[tuple[str, int], ...] = ()  # conversation and instant of every episode

    def story(self, beside: Instant) -> list[str]:
        """When it has fired, for whom."""
        return [f"{who} fired {shown_instant(at, beside)}" for who, at in self.fired[:5]]


def alert_sight(world: World, fields: Mapping[str, Any]) -> AlertSight:
    """What an expectation about an alert looks at."""
    episodes = list(_episodes(world, fields, fields["alert"]))
    fired = tuple((subject.key.id, episode.fired_at) for subject, episode in episodes)
    rows = [row for subject, row in world.alerts.rows.items() if _wanted(world, subject, fields)]
    rows = [row for row in rows if row.rule == fields["alert"] and not _never_fired(row)]
    if not rows:
        return AlertSight(times=len(fired), fired=fired)
    row = min(rows, key=lambda row: (_URGENCY.index(row.state), -row.since))
    since = row.fired_at if row.state == "firing" else row.since
    return AlertSight(row.state, since, row.severity, len(fired), fired)


def fired_between(
    world: World, fields: Mapping[str, Any], start: int, end: int
) -> Iterator[tuple[Subject, Episode]]:
    """Episodes that fired within [start, end]."""
    rule = None if fields["no_alert"] == "any" else fields["no_alert"]
    for subject, episode in _episodes(world, fields, rule):
        if start <= episode.fired_at <= end:
            yield subject, episode


def _episodes(
    world: World, fields: Mapping[str, Any], rule: str | None
) -> Iterator[tuple[Subject, Episode]]:
    for subject, episode in world.alerts.all_episodes():
        if (rule is None or subject.rule == rule) and _wanted(world, subject, fields):
            yield subject, episode


def _wanted(world: World, subject: Subject, fields: Mapping[str, Any]) -> bool:
    key = subject.key
    if (
        fields.get("conversation", key.id) != key.id
        or fields.get("tenant", key.tenant) != key.tenant
    ):
        return False
    row = world.alerts.rows.get(subject)
    return "channel" not in fields or (
        row is not None and row.subject.get("channel") == fields["channel"]
    )


def _never_fired(row: AlertRow) -> bool:
    """Late input showed that there was nothing: to people it is as if it had never been."""
    return row.void and row.episode <= 1
