"""The one place that constructs adapters and hands them what they need; nobody else does.

What stands above it (agents, the web server, the command line) is put together in `stream_app.app`.
"""

from collections.abc import Iterator
from typing import cast

from stream_app.adapters.alertmanager import AlertSource, Notifier
from stream_app.adapters.clock import now_ms
from stream_app.domain.policy import Policy
from stream_app.engine.runtime import Engine
from stream_app.policyfile import default_policy, load_policy
from stream_app.settings import Settings

_ALERTS = "alerts"  # the agent that keeps them


def policy_of(settings: Settings) -> Policy:
    """The policy that holds: that of the file which the settings name, or the default."""
    return load_policy(settings.policy) if settings.policy else default_policy()


def make_notifier(settings: Settings, engine: Engine) -> Notifier:
    """Tells every Alertmanager of the settings what the alerts jobs of this worker have committed."""

    def jobs() -> Iterator[AlertSource]:
        for partition in range(settings.partitions):
            job = engine.job(_ALERTS, partition)
            if job is not None:
                yield cast("AlertSource", job)  # what that agent's jobs are

    return Notifier(jobs, settings.alertmanager_urls, now_ms)
