"""The channels agent: panes of all source partitions in, rolling windows of every scope out."""

from aiokafka.partitioner import murmur2

from agents.channels.following import Follow, Setting
from agents.channels.job import TABLE, ChannelsJob
from agents.channels.signals import Line
from stream_app.domain.channel_rules import compile_channel_rules
from stream_app.domain.freshness import Source
from stream_app.domain.policy import Policy
from stream_app.domain.scopes import combinations
from stream_app.domain.tenant import Shape
from stream_app.domain.versions import Versions
from stream_app.domain.volume import volume_setting
from stream_app.engine.job import AgentSpec
from stream_app.settings import Settings

__all__ = ["ChannelsJob", "owns", "spec"]

PANES = "engagement.pane.v1"
VIEWS = "engagement.view.v1"
SIGNALS = "engagement.signal.v1"


def owns(tenant: str, partition: int, partitions: int) -> bool:
    """Whether records keyed by a tenant come to a partition (the partitioner of Kafka's clients)."""
    return int(murmur2(tenant.encode()) & 0x7FFFFFFF) % partitions == partition


def spec(settings: Settings, policy: Policy | Versions) -> AgentSpec:
    """What the engine needs to know of this agent, under one policy or whatever is activated."""
    versions = Versions.of(policy)

    def new_job(partition: int) -> ChannelsJob:
        follow = Follow(versions, lambda policy: setting(settings, policy, partition))
        return ChannelsJob(follow.setting_of(versions.initial), follow)

    return AgentSpec(
        name="channels",
        help="adds up the panes of every source partition to rolling windows by channel and team",
        sources=(settings.topic_prefix + PANES,),
        tables=(TABLE,),
        new_job=new_job,
    )


def setting(settings: Settings, policy: Policy, partition: int) -> Setting:
    """What the job of a partition is made of under one policy version."""
    shape = Shape(
        expected=tuple(Source("conversations", p) for p in range(settings.partitions)),
        spans=policy.windows,
        kinds=combinations(policy.group_by),
        lateness=policy.allowed_lateness,
        goals=policy.goals,
        min_group_size=policy.min_group_size,
    )
    prefix = settings.topic_prefix
    return Setting(
        tenants={
            name: volume_setting(policy, name)
            for name in policy.tenants
            if owns(name, partition, settings.partitions)
        },
        known=frozenset(policy.tenants),
        shape=shape,
        pane_topic=prefix + PANES,
        view_topic=prefix + VIEWS,
        line=Line(prefix + SIGNALS, partition, settings.partitions, policy.hash),
        rules=compile_channel_rules(policy),
    )
