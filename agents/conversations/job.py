"""The conversations agent's work on one source partition.

For every record, in offset order:
1. Decode and check it; what can never be applied goes to the dead letters.
2. Let the tenant's tick arrive, and run the conversation's own timers before it.
3. Fold the step in; facts go to groups, outcomes, signals and merges.
4. Move the watermark.
Between batches every conversation with a wake-up before its tenant's tick is woken the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from schemas import events as wire
from schemas.group_rows import ConversationsMeta, TickRow, decode_meta, encode
from schemas.keys import ConversationKey
from stream_app.domain.fold import Conversation, closed_before, ingest, retract, undo
from stream_app.domain.groups import Groups
from stream_app.domain.ingested import IN_ORDER, TOO_LATE, Ingested
from stream_app.domain.rules import Rulebook
from stream_app.domain.standing import nothing_in, part_of
from stream_app.domain.steps import WITH_CHANNEL, Step, known_channel
from stream_app.domain.ticks import EVENT, TenantTick
from stream_app.domain.turn import Turn
from stream_app.domain.versions import NotYetKnownError
from stream_app.engine.job import Changes, Record, Reject, Rejected, Row

from . import group_table, handover, intake
from .effects import Effects
from .explain import explain
from .history import History
from .publish import Publisher, hear
from .store import Store
from .timing import JobTime

META_VERSION: Final = 1
HEARTBEAT_EVERY: Final = 1000  # ms
CONVERSATIONS: Final = "conversations"
GROUPS: Final = "groups"


@dataclass(slots=True)
class ConversationsJob(JobTime):
    """State and logic of one source partition; see the module's header."""

    effects: Effects
    history: History
    store: Store = field(default_factory=Store)
    counters: dict[str, int] = field(default_factory=dict)
    last_event_ms: int = 0
    heard: dict[str, dict[str, int]] = field(default_factory=dict)
    rules: Rulebook = field(init=False)
    groups: Groups = field(init=False)
    ticks: dict[str, TenantTick] = field(init=False)
    publisher: Publisher = field(init=False)
    _turns: dict[str, Turn] = field(default_factory=dict)
    _beat_at: int = 0
    _beat: bool = False
    _snapshot: bool = False
    _offset: int = 0
    _meta_dirty: bool = False

    def __post_init__(self) -> None:
        effects = self.effects
        self.rules, self.groups = self.history.rules, effects.groups
        self.ticks, self.publisher = effects.ticks, effects.publisher
        self.publisher.describe = self.listed

    def load(self, table: str, rows: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Take over changelog rows; conversations stay packed."""
        if table == CONVERSATIONS:
            for key, value in rows:
                self.store.load(key, value)
        else:
            group_table.load(self.groups, rows)

    def restored(self, meta: bytes | None, epoch: int) -> None:
        """Rebuild ticks, levels and the wake heap; the first flush sends a snapshot."""
        self.publisher.epoch, self.publisher.seq = epoch, 0
        if meta:
            known = decode_meta(meta)
            self.counters, self.last_event_ms = known.counters, known.last_event
            self.heard = known.heard
            for tenant, row in known.ticks.items():
                self.ticks[tenant] = TenantTick(row.mode, row.tick, row.watermark)
            self.history.restore(known.policies)
            self.groups.bounds = self.history.bounds()  # those that the rows were written with
        self._follow()
        for key, identity, state in self.store.restored():
            part = part_of(identity.tenant, state)
            self.groups.move(key, nothing_in(part[0]), part)
        self.groups.restored()
        for tenant, tick in self.ticks.items():
            self.groups.advance(tenant, tick.watermark)
        self._snapshot = self._beat = True

    def apply(self, records: Sequence[Record], reject: Reject) -> int:
        """Apply records in offset order; see the module's header for the steps."""
        for index, record in enumerate(records):
            try:
                self._record(record)
            except intake.RejectedError as rejected:
                self._offset = record.offset + 1
                if not reject(rejected.of(record)):
                    return index + 1
            except NotYetKnownError:
                records = records[:index]
                break
            except Exception as error:  # one bad record must not stop a partition
                message = f"{type(error).__name__} while applying"
                self._offset = record.offset + 1
                if not reject(Rejected(record, intake.INTERNAL, "$", message)):
                    return index + 1
        for tenant in self.ticks:
            self._run_due(tenant, self.ticks[tenant].tick)
        self._meta_dirty = True
        return len(records)

    def turn(self, now_ms: int, ends: Mapping[str, int]) -> None:
        """Move the ticks of live tenants at the end of the partition, wake what is due, beat."""
        answered = ends.get(self.effects.source_topic)
        for tenant, tick in self.ticks.items():
            tick.at_end = answered is not None
            if answered is not None and tick.mode != EVENT:
                tick.reached_end(answered)
                self._run_due(tenant, tick.tick + 1)
        if now_ms - self._beat_at >= HEARTBEAT_EVERY:
            self._beat_at, self._beat = now_ms, True
            self._tidy()

    @property
    def changed(self) -> bool:
        """Whether there is anything to flush."""
        return bool(self._beat or self._meta_dirty or self.effects.outputs or self.store.dirty)

    def collect(self) -> Changes:
        """Encode everything dirty; the snapshot and the heartbeat go with it when they are due."""
        rows = [Row(CONVERSATIONS, key, value) for key, value in self.store.collect()]
        outputs = self.effects.take_outputs()
        for tenant, tick in self.ticks.items():
            self.groups.advance(tenant, tick.watermark)
        if self._snapshot:
            outputs.extend(self.publisher.snapshot(self.groups, self.ticks))
        else:
            outputs.extend(self.publisher.changes(self.groups, self.ticks))
        if self._beat:
            outputs.extend(self.publisher.heartbeat(self.ticks, self._offset, self.heard))
        rows.extend(Row(GROUPS, key, value) for key, value in group_table.collect(self.groups))
        self._snapshot = self._beat = self._meta_dirty = False
        return Changes(rows, outputs, encode(self._meta()))

    def committed(self) -> None:
        """Nothing here waits for durability."""

    def closed(self) -> None:
        """Forget the partition."""
        self.store = Store()
        self.effects.forget()

    def explain(self, tenant: str, source: str, native_id: str) -> dict[str, Any] | None:
        """The clock timeline of a conversation of this partition; None when it is not here."""
        identity = ConversationKey(tenant, source, native_id)
        tick = self.ticks.get(tenant)
        return None if tick is None else explain(self.store, identity, self._turn(tenant), tick)

    def _record(self, record: Record) -> None:
        event, time, step = intake.read(record, self.rules.active.policy.tenants)
        if step is None:
            self._control(event, record.timestamp)
            self._offset = record.offset + 1
            return
        self._offset = record.offset + 1
        tick, key = self.ticks[event.tenant], record.key or b""
        conversation = self.store.get(key)
        if conversation is None:
            intake.check_partition(record, self.publisher.partitions)
        now = tick.arrive(record.timestamp, time)
        if conversation is None:
            if handover.is_for_nobody(event, time, tick, self.rules.active.policy.retention):
                self._count(TOO_LATE)
                return
            conversation = self.store.create(key)
        self._fold(key, conversation, event, step, now)
        tick.applied(time)
        hear(self.heard, event.tenant, event.source, now)
        self.last_event_ms = max(self.last_event_ms, time)

    def _fold(
        self, key: bytes, conversation: Conversation, event: wire.Event, step: Step, now: int
    ) -> None:
        tenant = event.tenant
        if 0 < conversation.state.next_wake < now:
            self._wake(key, conversation, now, tenant)
            if conversation.state.expired:  # its row has gone: this is another conversation
                conversation = self.store.create(key)
        moment = handover.moment_of(event, self.ticks[tenant], self.groups.lateness)
        turn, before = self._turn(tenant), part_of(tenant, conversation.state)
        step = self._known(event, step)
        try:
            if event.withdrawn:
                done = retract(conversation, step.cause, moment, turn)
            else:
                done = ingest(conversation, step, moment, turn)
        except Exception:
            undo(conversation, step.cause, now, turn)
            raise
        self.store.dirty.add(key)
        if turn.changed:
            part = part_of(tenant, conversation.state)
            self.groups.move(key, before, part)
            if conversation.state.assignee and conversation.state.team:
                self.groups.meet(part[0], conversation.state.assignee, now)
            self.store.schedule(tenant, key, conversation)
        added = handover.pass_on(self.effects, (event, step), conversation, done)
        done = Ingested(done.how, list(added), done.withdrawn, done.retold)
        self._ingested(key, conversation, done, closed_before(done, step, moment))

    def _known(self, event: wire.Event, step: Step) -> Step:
        """The step without words that nobody knows; an event that has any is counted once."""
        known = step
        if step.kind in WITH_CHANNEL:
            known = known_channel(step, self.rules.active.policy.channels)
        if event.hops is None and (known is not step or intake.has_unknown_value(event)):
            self._count(intake.UNKNOWN_VALUE)
        return known

    def _ingested(
        self, key: bytes, conversation: Conversation, done: Ingested, closed: int | None
    ) -> None:
        if done.how is not IN_ORDER:
            self._count(done.how)
        if closed is not None:
            self._count("late_events")
        if done.withdrawn or done.retold:
            self.effects.take_back(key, conversation, done, closed)
        if done.added:
            self.effects.react(key, conversation, done.added, closed)

    def _count(self, name: str) -> None:
        self.counters[name] = self.counters.get(name, 0) + 1

    def _tidy(self) -> None:
        self.groups.age({tenant: tick.tick for tenant, tick in self.ticks.items()})
        kept = (handover.kept_from(tick, self.groups.lateness) for tick in self.ticks.values())
        self.store.cool(min(kept, default=0))
        self.store.trim_heaps()

    def _meta(self) -> ConversationsMeta:
        ticks = {
            tenant: TickRow(tick.mode, tick.tick, tick.watermark)
            for tenant, tick in self.ticks.items()
        }
        self.history.prune({tenant: tick.watermark for tenant, tick in self.ticks.items()})
        return ConversationsMeta(
            META_VERSION,
            self.publisher.seq,
            ticks,
            self.counters,
            self.last_event_ms,
            self.heard,
            self.history.rows,
        )
