"""The conversations agent: every SLA clock of every conversation, and the figures that follow from them.

Reads `support.conversation.v1`; writes panes, levels, heartbeats, SLA outcomes and rule signals.
"""

from stream_app.domain.groups import Groups
from stream_app.domain.policy import Policy
from stream_app.domain.versions import Versions
from stream_app.engine.job import AgentSpec
from stream_app.settings import Settings

from .effects import Effects
from .history import History
from .job import CONVERSATIONS, GROUPS, ConversationsJob
from .publish import AGENT, Publisher

__all__ = ["AGENT", "ConversationsJob", "spec"]


def spec(settings: Settings, policy: Policy | Versions) -> AgentSpec:
    """The agent as the engine runs it, under one policy or whatever versions are activated."""
    prefix = settings.topic_prefix
    source = f"{prefix}support.conversation.v1"
    versions = Versions.of(policy)

    def new_job(partition: int) -> ConversationsJob:
        publisher = Publisher(
            partition,
            settings.partitions,
            f"{prefix}engagement.pane.v1",
            f"{prefix}engagement.signal.v1",
        )
        history = History(versions)
        groups = Groups(history.bounds(), history.rules.active.policy.allowed_lateness)
        effects = Effects(source, f"{prefix}engagement.sla.v1", history.rules, publisher, groups)
        return ConversationsJob(effects, history)

    return AgentSpec(
        AGENT,
        "SLA clocks, panes and signals of every conversation",
        (source,),
        (CONVERSATIONS, GROUPS),
        new_job,
    )
