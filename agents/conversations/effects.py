"""What facts do outside their conversation: figures of groups, SLA outcomes, signals, merges.

`closed` marks the facts of late input: those before it belong to windows that have been judged, and
change no pane any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas import events as wire
from schemas.keys import ConversationKey, decode_key, encode_key, tenant_of
from stream_app.domain.facts import ConditionChanged, Fact, MergedInto, Outcome, PassedOn
from stream_app.domain.fold import Conversation
from stream_app.domain.groups import Groups
from stream_app.domain.ingested import Ingested
from stream_app.domain.rules import Rulebook
from stream_app.domain.ticks import TenantTick
from stream_app.engine.job import Output
from stream_app.records import merges, outcomes

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
        for fact in self.groups.book(tenant_of(key), facts, closed):
            self._tell(key, conversation, fact)

    def take_back(
        self, key: bytes, conversation: Conversation, done: Ingested, closed: int | None
    ) -> None:
        """Withdraw facts that late input has disproved."""
        for fact in self.groups.book(tenant_of(key), done.withdrawn, closed, -1):
            if isinstance(fact, Outcome):
                self._sla(key, outcomes.correction(decode_key(key), fact))
            elif isinstance(fact, MergedInto | PassedOn):
                self._hand_over(decode_key(key), fact, withdrawn=True)
        for level in done.retold:
            self._signal(key, conversation, level)

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
        elif isinstance(fact, MergedInto | PassedOn):
            self._hand_over(identity, fact)

    def _hand_over(
        self, gone: ConversationKey, fact: MergedInto | PassedOn, withdrawn: bool = False
    ) -> None:
        event = merges.handed_over(gone, fact)
        if event is not None:
            self.to_source(merges.withdrawn(event) if withdrawn else event)

    def to_source(self, event: wire.Event) -> None:
        """An event that the agent itself writes, for the conversation that it names."""
        key = encode_key(event.tenant, event.source, event.subject)
        value = wire.encode_event(event)
        self.outputs.append(Output(self.source_topic, key, value, None, (wire.STRUCTURED,)))

    def _signal(self, key: bytes, conversation: Conversation, fact: ConditionChanged) -> None:
        identity, rules = decode_key(key), self.rules.of(fact.policy_hash)
        signal = outcomes.signal(identity, fact, conversation.state, rules)
        signal_key = outcomes.signal_key(fact.rule, identity)
        self.outputs.append(self.publisher.signal(signal_key, signal, self.ticks[identity.tenant]))

    def _sla(self, key: bytes, value: bytes) -> None:
        # Same key as the source record and as many partitions: same partition.
        self.outputs.append(Output(self.sla_topic, key, value, self.publisher.partition))
