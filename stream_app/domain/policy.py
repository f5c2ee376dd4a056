"""A policy as the core sees it: validated, resolved and frozen. Durations are milliseconds.

Reading YAML, looking up holidays and explaining mistakes happen in `stream_app.policyfile`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


@runtime_checkable
class Calendar(Protocol):
    """Business time. Instants and durations are milliseconds; instants are UTC."""

    @property
    def name(self) -> str: ...

    def due(self, start: int, duration: int) -> int:
        """The first instant at which `duration` of open time has passed since `start`."""
        ...

    def elapsed(self, start: int, end: int) -> int:
        """Open time in [start, end); 0 when `end` is not after `start`."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """Conditions on a conversation; an empty set accepts anything."""

    tenant: frozenset[str] = frozenset()
    channel: frozenset[str] = frozenset()
    team: frozenset[str] = frozenset()
    priority: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def accepts(
        self, tenant: str, channel: str, team: str, priority: str, tags: Collection[str]
    ) -> bool:
        """Whether every condition holds; `tags` needs one tag in common."""
        return (
            (not self.tenant or tenant in self.tenant)
            and (not self.channel or channel in self.channel)
            and (not self.team or team in self.team)
            and (not self.priority or priority in self.priority)
            and (not self.tags or not self.tags.isdisjoint(tags))
        )


@dataclass(frozen=True, slots=True)
class Target:
    """What is promised for one clock."""

    within: int
    calendar: Calendar
    warn: tuple[int, ...] = ()  # elapsed open time at which each warning step fires, ascending
    pause_on: frozenset[str] | None = (
        None  # None: the clock's own default (rules of the clock table)
    )


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """One entry of `sla:`; the first that matches a conversation holds."""

    name: str
    targets: Mapping[str, Target]  # clock name -> target
    calendar: Calendar
    match: Match = Match()
    bot_counts: bool = False


@dataclass(frozen=True, slots=True)
class Escalation:
    """A step of an alert that lasts: after `after` it has this severity and goes to these."""

    after: int
    severity: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One entry of `alerts:`. `condition` is the `when:` object with durations in milliseconds.

    `options` always has `remind_every` (int, 0 = never), `keep_firing_for` (int), `ack_expires`
    (int) and `escalate` (tuple of Escalation, ascending).
    """

    name: str
    condition: Mapping[str, object]  # e.g. {"unresolved_for": 172800000}
    calendar: Calendar
    match: Match = Match()
    severity: str = "warning"
    to: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who hears of alerts, and by which way; below `critical` only while its calendar is open."""

    name: str
    kind: str  # webhook | email | alertmanager
    calendar: Calendar
    url: str = ""  # webhook; path and query may have values of the alert in them
    secret_files: tuple[str, ...] = ()  # webhook: files with the signing secrets; none = unsigned
    url_file: str = ""  # webhook: file with the address, where that is itself a secret
    preset: str = "generic"
    template: str = ""  # webhook: file that makes the body
    key_file: str = ""  # webhook, pagerduty: file with the routing key
    headers_file: str = ""
    states: tuple[str, ...] = ()  # only these are told; none = all
    timeout: int = 10_000
    allow_private: bool = False
    to: tuple[str, ...] = ()  # email
    sender: str = ""  # email; "" = that of the settings
    language: str = "en"
    zone: str = ""  # "" = that of the calendar
    templates: str = ""  # folder with texts of the user's


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure to reach over a span; shown as a progress bar."""

    name: str
    metric: str
    over: int
    target: float  # a ratio, a count, or milliseconds for metrics that end in `_seconds`


@dataclass(frozen=True, slots=True)
class Volume:
    """What is taken for a usual number of messages, and when it is a spike or a drop."""

    season: str = "weekly"  # daily | weekly
    slot: int = 1_800_000
    learn_for: int = 14 * 86_400_000
    min_count: int = 10
    sensitivity: float = 0.001


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy file with all defaults filled in. `hash` is of its meaning, not its layout."""

    hash: str
    tenants: Mapping[str, str]  # name -> "live" | "event"
    channels: frozenset[str]
    sla: tuple[SlaPolicy, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
    windows: tuple[int, ...] = (60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000)
    group_by: tuple[str, ...] = ("channel", "team", "priority")
    allowed_lateness: int = 600_000
    retention: int = 30 * 86_400_000
    max_open_age: int = 400 * 86_400_000
    min_group_size: int = 5
    per_person: bool = False
    sla_events: str = "outcomes"  # outcomes | all
    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    goals: tuple[Goal, ...] = ()
    volume: Volume = Volume()
    raw: Mapping[str, object] = field(default_factory=dict)  # the file with all defaults, for show

    def sla_for(
        self, tenant: str, channel: str, team: str, priority: str, tags: Collection[str]
    ) -> SlaPolicy | None:
        """The first SLA policy that matches, or None."""
        for policy in self.sla:
            if policy.match.accepts(tenant, channel, team, priority, tags):
                return policy
        return None
