"""What facts do outside their conversation: figures of groups, SLA outcomes, signals, merges.

`closed` marks the facts of late input: those before it belong to windows that have been judged, and
change no pane any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas import events as wire
from schemas.keys import decode_key, tenant_of
from stream_app.domain.facts import ConditionChanged, Counted, Fact, Observed, Outcome
from stream_app.domain.fold import Conversation, Ingested
from stream_app.domain.rules import Rulebook
from stream_app.domain.ticks import TenantTick
from stream_app.engine.job import Output

from . import forward, outcomes
from .groups import Groups
from .publish import Publisher


@dataclass(slots=True)
class Effects:
    """The outputs of one source partition, gathered until the next flush."""

    source_topic: str
    sla_topic: str
    rules: Rulebook
    publisher: Publisher
    groups: Groups
    ticks: dict[str, TenantTick] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)

    def react(
        self, key: bytes, conversation: Conversation, facts: Sequence[Fact], closed: int | None
    ) -> None:
        """Take facts that hold from now on."""
        tenant = tenant_of(key)
        for fact in facts:
            if isinstance(fact, Counted):
                if closed is None or fact.at >= closed:
                    self.groups.count(tenant, fact)
            elif isinstance(fact, Observed):
                if closed is None or fact.at >= closed:
                    self.groups.observe(tenant, fact)
            else:
                self._tell(key, conversation, fact)

    def take_back(
        self, key: bytes, conversation: Conversation, done: Ingested, closed: int | None
    ) -> None:
        """Withdraw facts that late input has disproved."""
        tenant = tenant_of(key)
        for fact in done.withdrawn:
            if isinstance(fact, Counted):
                if closed is None or fact.at >= closed:
                    self.groups.count(tenant, fact, -1)
            elif isinstance(fact, Observed):
                if closed is None or fact.at >= closed:
                    self.groups.observe(tenant, fact, -1)
            elif isinstance(fact, Outcome):
                self._sla(key, outcomes.correction(decode_key(key), fact))
            elif isinstance(fact, ConditionChanged):
                self._correct_signal(key, conversation, fact, done.added)

    def forward(self, event: wire.Event, target: str) -> None:
        """A late-comer of a merged conversation goes on to the one that stays."""
        self.outputs.append(forward.forwarded(self.source_topic, event, target))

    def take_outputs(self) -> list[Output]:
        """Everything since the last flush, in order."""
        outputs, self.outputs = self.outputs, []
        return outputs

    def forget(self) -> None:
        """The partition is closed."""
        self.groups.clear()
        self.ticks.clear()
        self.outputs.clear()

    def _tell(self, key: bytes, conversation: Conversation, fact: Fact) -> None:
        identity = decode_key(key)
        if isinstance(fact, Outcome):
            self._sla(key, outcomes.sla_event(identity, fact))
        elif isinstance(fact, ConditionChanged):
            self._signal(key, conversation, fact)
        elif not isinstance(fact, Counted | Observed):
            self.outputs.append(forward.absorbed(self.source_topic, identity, fact, 0))

    def _correct_signal(
        self, key: bytes, conversation: Conversation, fact: ConditionChanged, added: Sequence[Fact]
    ) -> None:
        """State the level that holds after a withdrawn change, unless an added fact says it."""
        for other in added:
            if isinstance(other, ConditionChanged) and other[:3] == fact[:3]:
                return
        holds = any(
            (c.rule, c.clock, c.instance) == fact[:3] and c.active
            for c in conversation.state.conditions
        )
        self._signal(key, conversation, fact._replace(active=holds))

    def _signal(self, key: bytes, conversation: Conversation, fact: ConditionChanged) -> None:
        identity, rules = decode_key(key), self.rules.of(fact.policy_hash)
        signal = outcomes.signal(identity, fact, conversation.state, rules)
        signal_key = outcomes.signal_key(fact.rule, identity)
        self.outputs.append(self.publisher.signal(signal_key, signal, self.ticks[identity.tenant]))

    def _sla(self, key: bytes, value: bytes) -> None:
        # Same key as the source record and as many partitions: same partition.
        self.outputs.append(Output(self.sla_topic, key, value, self.publisher.partition))
