"""The alerts agent: signals and commands in, the life of each alert out."""

from agents.alerts.job import AlertsJob
from stream_app.domain.alert_delivery import Share
from stream_app.domain.policy import Policy
from stream_app.domain.versions import Versions
from stream_app.engine.job import AgentSpec
from stream_app.settings import Settings

__all__ = ["AlertsJob", "spec"]

SIGNALS = "engagement.signal.v1"
COMMANDS = "engagement.command.v1"
ALERTS = "engagement.alert.v1"


def spec(settings: Settings, policy: Policy | Versions) -> AgentSpec:
    """What the engine needs to know of this agent."""
    prefix, versions = settings.topic_prefix, Versions.of(policy)

    def new_job(partition: int) -> AlertsJob:
        share = Share(partition, settings.partitions)
        return AlertsJob(versions, share, commands=prefix + COMMANDS, output=prefix + ALERTS)

    return AgentSpec(
        name="alerts",
        help="keeps the life of every alert: pending, firing, acknowledged, snoozed, resolved",
        sources=(prefix + SIGNALS, prefix + COMMANDS),
        tables=("alerts",),
        new_job=new_job,
    )
