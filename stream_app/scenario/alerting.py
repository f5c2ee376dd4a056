"""Alert episodes of a run: conditions of conversations in, the life of each episode out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.alert_rows import AlertRow
from schemas.keys import ConversationKey
from schemas.states import ConversationState
from stream_app.domain.alert_episode import STARTED, Change, Seen
from stream_app.domain.alert_options import Life, lives
from stream_app.domain.alerts import Ask, commanded, identity, next_wake_at, signalled, woken
from stream_app.domain.facts import ConditionChanged
from stream_app.domain.policy import Policy
from stream_app.domain.signalling import Said
from stream_app.records.outcomes import subject_of


class Subject(NamedTuple):
    """What an alert is about: a rule, and a conversation (or, as its id, what figures are of)."""

    rule: str
    key: ConversationKey


@dataclass(slots=True)
class Episode:
    """One episode of a subject; `resolved_at` 0: it still lasts."""

    number: int
    fired_at: int
    severity: str
    group: tuple[str, str, str]  # channel, team, priority when it fired
    resolved_at: int = 0


@dataclass(slots=True)
class Alerts:
    """The newest row of each subject, and all episodes that have fired."""

    policy: Policy
    rows: dict[Subject, AlertRow] = field(default_factory=dict)
    episodes: dict[Subject, list[Episode]] = field(default_factory=dict)
    _lives: dict[str, Life] = field(default_factory=dict)
    _seq: int = 0

    def __post_init__(self) -> None:
        self._lives = lives(self.policy)

    def changed(
        self, key: ConversationKey, state: ConversationState, fact: ConditionChanged, tick: int
    ) -> None:
        """A condition became true or false for a conversation."""
        about = subject_of(key, fact, state)
        self._hear(Subject(fact.rule, key), about, fact.active, fact.since, tick)

    def told(self, said: Said, about: dict[str, str], tick: int) -> None:
        """A rule on figures says something new of what it is judged for."""
        place = said.place
        key = ConversationKey(place.tenant, "", place.about)
        self._hear(Subject(place.rule, key), about, said.active, said.since, tick)

    def _hear(
        self, subject: Subject, about: dict[str, str], active: bool, since: int, tick: int
    ) -> None:
        self._seq += 1
        seen = Seen(
            rule=subject.rule,
            tenant=subject.key.tenant,
            subject=about,
            active=active,
            since=since,
            tick=tick,
            epoch=0,
            seq=self._seq,
            severity=self._lives[subject.rule].severity,
            explain={},
        )
        row, changes = signalled(self.rows.get(subject), seen, self._lives[subject.rule])
        self._keep(subject, row, changes)

    def command(self, subject: Subject, ask: Ask) -> bool:
        """A person acknowledges, snoozes or releases. False when there is nothing to be changed."""
        row = self.rows.get(subject)
        if row is None:
            return False
        row, changes = commanded(row, ask._replace(alert=identity(row)), self._lives[subject.rule])
        self._keep(subject, row, changes)
        return bool(changes)

    def wake(self, until: int) -> None:
        """Let time pass up to and including `until`."""
        for subject, row in list(self.rows.items()):
            life = self._lives[subject.rule]
            if next_wake_at(row, life) <= until:
                self._keep(subject, *woken(row, until, life))

    def all_episodes(self) -> Iterator[tuple[Subject, Episode]]:
        """Every episode that has fired and was not disproved, by subject."""
        for subject, episodes in self.episodes.items():
            for episode in episodes:
                yield subject, episode

    def _keep(self, subject: Subject, row: AlertRow | None, changes: Sequence[Change]) -> None:
        for change in changes:
            self._note(subject, change)
        if row is None:
            self.rows.pop(subject, None)
        else:
            self.rows[subject] = row

    def _note(self, subject: Subject, change: Change) -> None:
        row, episodes = change.row, self.episodes.setdefault(subject, [])
        if change.kind == STARTED:
            last = episodes[-1] if episodes else None
            # One that was resolved and fires from before that has gone on after all.
            if not last or last.number != row.episode or 0 < last.resolved_at <= row.fired_at:
                said = row.subject
                group = (said.get("channel", ""), said.get("team", ""), said.get("priority", ""))
                episodes.append(Episode(row.episode, row.fired_at, row.severity, group))
        current = episodes[-1] if episodes else None
        if current is None or current.number != row.episode:
            return
        if row.void:
            episodes.pop()
            return
        current.fired_at, current.severity = row.fired_at, row.severity
        current.resolved_at = row.since if row.state == "resolved" else 0
