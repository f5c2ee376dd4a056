"""The conversations agent: every SLA clock of every conversation, and the figures that follow from them.

Reads `support.conversation.v1`; writes panes, levels, heartbeats, SLA outcomes and rule signals.
"""

from typing import Final

from stream_app.domain.clocks import CLOCK_NAMES
from stream_app.domain.groups import Groups
from stream_app.domain.policy import Policy
from stream_app.domain.rules import Rulebook, compile_rules
from stream_app.domain.standing import ages_of
from stream_app.engine.job import AgentSpec
from stream_app.settings import Settings

from .effects import Effects
from .job import CONVERSATIONS, GROUPS, ConversationsJob
from .publish import AGENT, Publisher

# Upper bounds of the durable histograms, in seconds; every target of the policy is one more.
BOUNDS: Final = (
    15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800, 604_800,
)  # fmt: skip

__all__ = ["AGENT", "BOUNDS", "ConversationsJob", "spec"]


def spec(settings: Settings, policy: Policy) -> AgentSpec:
    """The agent as the engine runs it."""
    prefix = settings.topic_prefix
    source = f"{prefix}support.conversation.v1"
    rules = Rulebook(compile_rules(policy))
    bounds, ages = bucket_bounds(policy), ages_of(policy)

    def new_job(partition: int) -> ConversationsJob:
        publisher = Publisher(
            partition,
            settings.partitions,
            f"{prefix}engagement.pane.v1",
            f"{prefix}engagement.signal.v1",
        )
        groups = Groups(bounds, policy.allowed_lateness, ages)
        return ConversationsJob(
            Effects(source, f"{prefix}engagement.sla.v1", rules, publisher, groups)
        )

    return AgentSpec(
        AGENT,
        "SLA clocks, panes and signals of every conversation",
        (source,),
        (CONVERSATIONS, GROUPS),
        new_job,
    )


def bucket_bounds(policy: Policy) -> dict[str, tuple[int, ...]]:
    """Bucket bounds by clock in ms: the common ones and each target that the policy sets."""
    bounds = {}
    for clock in CLOCK_NAMES:
        targets = {sla.targets[clock].within for sla in policy.sla if clock in sla.targets}
        bounds[clock] = tuple(sorted({*(b * 1000 for b in BOUNDS), *targets}))
    return bounds
