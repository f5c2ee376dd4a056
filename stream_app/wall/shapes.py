"""What the JSON API answers and takes, as types: answers are made of them, and the OpenAPI document is."""

from typing import Any, cast

import msgspec

from schemas.outputs import Alert, ChannelSla, View
from stream_app.wall.held import HeldView


class FeedShape(msgspec.Struct, kw_only=True):
    """Whether this wall still hears from Kafka; if not, since when and why.

    `alerts_read`: the share of the alerts that has been read since it connected; below 1 it is not
    known which there are.
    """

    connected: bool
    since: str | None
    problem: str | None
    alerts_read: float = 1.0


class Answer(msgspec.Struct, kw_only=True):
    """What every answer with figures says about how far to trust them.

    `as_of`: the earliest instant that any of the figures is about. `complete`: no source partition is
    missing. `stale`: no fresh view for three intervals, or the feed is lost. `behind`: views come, but
    their figures are more than a minute old, and the tenant is not one that is replayed.
    """

    tenant: str
    as_of: str | None
    complete: bool
    missing_partitions: list[int]
    stale: bool
    behind: bool
    feed: FeedShape


class ReceivedView(View, kw_only=True):
    """A record of `engagement.view.v1`, and when this wall got it."""

    received_at: str


class ChannelsAnswer(Answer, kw_only=True):
    total: int
    items: list[ChannelSla]


class ChannelAnswer(Answer, kw_only=True):
    channel: ChannelSla
    view: ReceivedView
    teams: list[ReceivedView]


class ViewsAnswer(Answer, kw_only=True):
    total: int
    items: list[ReceivedView]


class WindowsAnswer(Answer, kw_only=True):
    scope: dict[str, str]
    windows: dict[str, dict[str, Any]]


class GoalShape(msgspec.Struct, kw_only=True):
    """A goal of the policy, for the scope whose view says how it goes."""

    scope: dict[str, str]
    as_of: str
    goal: dict[str, Any]


class GoalsAnswer(Answer, kw_only=True):
    total: int
    items: list[GoalShape]


class Pointed(msgspec.Struct, kw_only=True):
    """A conversation that somebody should look at; never who wrote it, or what."""

    conversation: str
    source: str
    url: str | None = None
    channel: str | None = None
    team: str | None = None
    clock: str | None = None


class UrgentConversation(Pointed, kw_only=True):
    """As the wall was told of it."""

    priority: str | None = None
    due: str | None = None
    since: str | None = None


class ConversationsAnswer(Answer, kw_only=True):
    """`total`: how many there are in all; the items are the most urgent of them."""

    state: str
    total: int
    items: list[UrgentConversation]


class TimelineAnswer(Answer, kw_only=True):
    """A conversation as its worker tells of it: clocks, spans, what started and ended each."""

    conversation: dict[str, Any]


class AlertsAnswer(Answer, kw_only=True):
    total: int
    items: list[Alert]


class AlertStep(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A state that an alert entered: when, and if it was a person, who and why."""

    state: str
    since: str
    actor: str | None = None
    reason: str | None = None


class AlertAnswer(Answer, kw_only=True):
    alert: Alert
    trail: list[AlertStep]


class TenantsAnswer(msgspec.Struct, kw_only=True):
    tenants: list[str]
    feed: FeedShape


class LoginBody(msgspec.Struct, forbid_unknown_fields=True):
    token: str


class SessionAnswer(msgspec.Struct, kw_only=True):
    """Who you are here. `tokens`: whether this wall has any, so that one can log in."""

    name: str
    role: str
    tokens: bool


class AckBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Acknowledge: `for` is how long at most, else as the alert's rule says."""

    reason: str | None = None
    span: str | None = msgspec.field(default=None, name="for")


class SnoozeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Snooze for a while, e.g. `1h`."""

    span: str = msgspec.field(name="for")
    reason: str | None = None


class ReleaseBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Take an acknowledgement or a snooze back."""

    reason: str | None = None


class CommandAnswer(msgspec.Struct, kw_only=True):
    """The command is written down; `command` is its place in the topic. The alert shows its effect."""

    command: str
    alert: str
    action: str
    actor: str
    until: str | None


class HealthAnswer(msgspec.Struct, kw_only=True):
    version: str
    ready: bool
    clients: int
    feed: FeedShape


def received(held: HeldView) -> ReceivedView:
    """A view as it was written, to be passed on without looking into it."""
    return cast("ReceivedView", msgspec.Raw(held.json))


def written(json: bytes) -> Alert:
    """An alert as it was written."""
    return cast("Alert", msgspec.Raw(json))
