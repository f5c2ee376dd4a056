"""The table of all routes: the one place that says what the wall serves beside its page."""

from typing import Final

from stream_app.wall import alerts, doors, reads
from stream_app.wall.hub import ALL, WIDE
from stream_app.wall.routing import Param, Route
from stream_app.wall.shapes import (
    AckBody,
    AlertAnswer,
    AlertsAnswer,
    ChannelAnswer,
    ChannelsAnswer,
    CommandAnswer,
    ConversationsAnswer,
    GoalsAnswer,
    HealthAnswer,
    LoginBody,
    ReleaseBody,
    SessionAnswer,
    SnoozeBody,
    TenantsAnswer,
    TimelineAnswer,
    ViewsAnswer,
    WindowsAnswer,
)
from stream_app.wall.tokens import ACT

PREFIX: Final = "/api/v1"
TENANT: Final = Param("tenant", "Which tenant; needed when there are several.")
CHANNEL: Final = Param("channel", "Only this channel.")
TEAM: Final = Param("team", "Only this team.")
PRIORITY: Final = Param("priority", "Only this priority.")
SCOPE: Final = (TENANT, CHANNEL, TEAM, PRIORITY)
WHICH: Final = Param(
    "scope",
    "Tenant, channels and teams, or every combination too.",
    choices=(WIDE, ALL),
    default=WIDE,
)
STATE: Final = Param(
    "state",
    "Which list.",
    choices=("overdue", "at_risk", "waiting"),
    required=True,
)
ALERT: Final = Param("alert", "Identity of the alert.", "path", required=True)
_ALERT_FILTERS: Final = (
    Param("state", "Only this state.", choices=("pending", "firing", "acknowledged", "snoozed", "resolved")),
    Param("severity", "Only this severity.", choices=("info", "warning", "critical")),
    Param("rule", "Only this rule."),
    CHANNEL,
)  # fmt: skip


def limit(most: int, default: int) -> Param:
    """How many items at most."""
    return Param("limit", f"At most so many items, up to {most}.", most=most, default=default)


ROUTES: Final = (
    Route("GET", f"{PREFIX}/tenants", "tenants", "Of whom there are figures.", reads.tenants, TenantsAnswer),
    Route("GET", f"{PREFIX}/channels", "channels", "Every channel in a few figures.", reads.channels, ChannelsAnswer, (TENANT, limit(500, 100)), problems=(404, 503)),
    Route("GET", f"{PREFIX}/channels/{{channel}}", "channel", "One channel: figures, view, and its teams.", reads.channel, ChannelAnswer, (CHANNEL._replace(place="path", required=True, help="Name of the channel."), TENANT, limit(200, 50)), problems=(404, 503)),
    Route("GET", f"{PREFIX}/views", "views", "The views as workers write them, wide scopes first.", reads.views, ViewsAnswer, (*SCOPE, WHICH, limit(1000, 200)), problems=(404, 503)),
    Route("GET", f"{PREFIX}/windows", "windows", "The rolling windows of one scope; without a part the whole tenant's.", reads.windows, WindowsAnswer, (*SCOPE, Param("window", "Only this window, e.g. 1h.")), problems=(404, 503)),
    Route("GET", f"{PREFIX}/goals", "goals", "How the goals of the policy go.", reads.goals, GoalsAnswer, (*SCOPE, limit(500, 100)), problems=(404, 503)),
    Route("GET", f"{PREFIX}/conversations", "conversations", "The most urgent conversations in a state, and how many there are.", reads.conversations, ConversationsAnswer, (*SCOPE, STATE, limit(100, 10)), problems=(404, 503)),
    Route("GET", f"{PREFIX}/conversations/{{source}}/{{id}}", "timeline", "The clock timeline of one conversation, asked of its worker.", doors.timeline, TimelineAnswer, (Param("source", "Vendor and account, e.g. zendesk/acme.", "path", required=True), Param("id", "Native id.", "path", required=True), TENANT), problems=(404, 502, 503)),
    Route("GET", f"{PREFIX}/alerts", "alerts", "Unresolved alerts, gravest first; `state=resolved` for what is over.", alerts.alerts, AlertsAnswer, (TENANT, *_ALERT_FILTERS, limit(1000, 100)), problems=(404, 503)),
    Route("GET", f"{PREFIX}/alerts/{{alert}}", "alert", "One alert with its trail: who did what, and when.", alerts.alert, AlertAnswer, (ALERT,), problems=(404, 503)),
    Route("POST", f"{PREFIX}/alerts/{{alert}}/ack", "acknowledge", "Somebody takes care of it.", alerts.acknowledge, CommandAnswer, (ALERT,), AckBody, 202, ACT, (404, 409, 503)),
    Route("POST", f"{PREFIX}/alerts/{{alert}}/unack", "release", "Take an acknowledgement or a snooze back.", alerts.release, CommandAnswer, (ALERT,), ReleaseBody, 202, ACT, (404, 409, 503)),
    Route("POST", f"{PREFIX}/alerts/{{alert}}/snooze", "snooze", "Be quiet about it for a while.", alerts.snooze, CommandAnswer, (ALERT,), SnoozeBody, 202, ACT, (404, 409, 503)),
    Route("GET", f"{PREFIX}/session", "session", "Who you are here, and what you may do.", doors.session, SessionAnswer),
    Route("POST", f"{PREFIX}/session", "log_in", "A session cookie for the secret of a token.", doors.log_in, SessionAnswer, (), LoginBody, 200, None),
    Route("DELETE", f"{PREFIX}/session", "log_out", "Forget the session.", doors.log_out, None, status=204, role=None),
    Route("GET", f"{PREFIX}/stream", "stream", "Follow a tenant live: server-sent events `snapshot`, `delta`, `beat`.", doors.stream, None, (TENANT, WHICH), problems=(503,), media="text/event-stream"),
    Route("GET", "/healthz", "health", "The wall is alive.", doors.healthz, HealthAnswer, role=None),
    Route("GET", "/readyz", "ready", "The feed is read and connected.", doors.readyz, HealthAnswer, role=None, problems=(503,)),
)  # fmt: skip
