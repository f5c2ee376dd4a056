"""The alerts agent for one partition: state, time and records; the core decides what they mean.

1. A signal or a command is decoded and applied to its row by `stream_app.domain.alerts`.
2. A heartbeat may move a tenant's tick; then its timers run, and what was held is released if all
   sources of the tenant are live. Nothing here asks the wall clock for the time of an alert.
3. Every change becomes one record of the alert topic, in order, written with the rows.
4. What sinks and gauges are shown is what has been committed, never what is still in flight.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from agents.alerts.decode import (
    Activated,
    Advanced,
    BadRecord,
    Heartbeat,
    Raised,
    read_command,
    read_signal,
)
from agents.alerts.encode import alert_output
from agents.alerts.messages import Messages
from agents.alerts.reads import AlertReads
from agents.alerts.rows import Lane, Rows
from agents.alerts.shown import Shown, log_change
from schemas.alert_rows import (
    AlertMeta,
    AlertRow,
    decode_alert_meta,
    decode_alert_row,
    encode_alert_meta,
    encode_alert_row,
)
from stream_app.domain import alerts
from stream_app.domain.alert_delivery import Deliveries, Share, gravest_first
from stream_app.domain.alert_episode import STARTED
from stream_app.domain.alert_options import CHANNELS, CONVERSATIONS, Life, lives
from stream_app.domain.alert_sources import Sources
from stream_app.domain.alert_table import UNRESOLVED, State
from stream_app.domain.alerts import Change
from stream_app.domain.policy import Policy
from stream_app.domain.ticks import EVENT, LIVE
from stream_app.domain.versions import NotYetKnownError, UnknownVersionError, Versions
from stream_app.engine.job import Changes, Output, Record, Reject, Rejected, Row

TABLE: Final = "alerts"
INTERNAL: Final = "internal_error"

Batch = tuple[dict[bytes, AlertRow | None], list[Change]]


class AlertsJob(AlertReads):
    """A PartitionJob; beside it, read-only views for sinks, gauges and commands."""

    def __init__(
        self, policy: Policy | Versions, share: Share, *, commands: str, output: str
    ) -> None:
        self._versions = Versions.of(policy)
        self._policy = policy = self._versions.initial
        self._commands, self._output = commands, output
        self._lives = lives(policy)
        self._default = Life(retention=policy.retention)
        self._sources = {
            CONVERSATIONS: Sources(CONVERSATIONS, share.partitions),
            CHANNELS: Sources(CHANNELS),
        }
        self._deliveries = Deliveries(share)
        self._rows = Rows(self._deliveries)
        self._changes: list[Change] = []
        self._outputs: list[Output] = []
        self._flights: deque[Batch] = deque()
        self._shown = Shown(policy, self._lives)
        self.messages = Messages(policy, self._lives, output)  # to webhooks and mailboxes
        self.refused_commands = 0

    # ------------------------------------------------------------------ what the engine calls

    def load(self, table: str, rows: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Take over changelog rows."""
        assert table == TABLE, table
        for key, value in rows:
            self._rows.load(key, None if value is None else decode_alert_row(value))

    def restored(self, meta: bytes | None, epoch: int) -> None:
        """Rebuild what hangs on the rows; end the episodes of rules that the policy has dropped."""
        found = decode_alert_meta(meta) if meta else AlertMeta()
        self._sources[CONVERSATIONS].restore(found.ticks, found.advanced)
        self._sources[CHANNELS].restore(found.figure_ticks, found.advanced)
        if found.policy in self._versions:
            self._follow(self._versions[found.policy].policy)
        self.messages.restore(found.summed)
        self._rows.index(self._lives, self._default)
        for key, row in list(self._rows):
            self._shown.show(key, row)
            self.messages.show(key, row)
        self._withdraw()

    def apply(self, records: Sequence[Record], reject: Reject) -> int:
        """Apply records of either topic, in order."""
        for count, record in enumerate(records, start=1):
            try:
                self._apply(record)
            except NotYetKnownError:
                return count - 1
            except BadRecord as bad:
                if not reject(Rejected(record, bad.code, bad.path, bad.message)):
                    return count
            except Exception as error:
                # A bug that one record finds must not stop the alerts of all others.
                message = f"{type(error).__name__} while applying"
                if not reject(Rejected(record, INTERNAL, "$", message)):
                    return count
        return len(records)

    def turn(self, now_ms: int, ends: Mapping[str, int]) -> None:
        """Nothing falls due by the wall clock; sinks say what they have heard."""
        self._shown.forget(now_ms)
        self._outputs += self.messages.apply(self._rows)

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._rows.dirty or self._outputs or self.messages.changed)

    def collect(self) -> Changes:
        """Encode what is dirty and remember it until it is committed."""
        batch = {key: self._rows.get(key) for key in self._rows.dirty}
        rows = [
            Row(TABLE, key, None if row is None else encode_alert_row(row))
            for key, row in batch.items()
        ]
        self._flights.append((batch, self._changes))
        outputs, self._outputs, self._changes = self._outputs, [], []
        self._rows.dirty.clear()
        return Changes(rows, outputs, self._meta())

    def committed(self) -> None:
        """Show and log what is durable now."""
        rows, changes = self._flights.popleft()
        for change in changes:
            log_change(change)
            self._shown.ended(change)
        for key, row in rows.items():
            self._shown.show(key, row)
            self.messages.show(key, row)

    def closed(self) -> None:
        """Another owner may be writing already: show nothing any more."""
        self._rows = Rows(Deliveries(Share(0, 1)))
        self._flights.clear()
        self._changes, self._outputs = [], []
        self._shown.clear()
        self.messages.clear()

    # ---------------------------------------------------------------------------- the work

    def _apply(self, record: Record) -> None:
        if record.topic == self._commands:
            self._command(record)
            return
        found = read_signal(record)
        if isinstance(found, Raised):
            self._signal(record.key or b"", found)
        elif isinstance(found, Heartbeat):
            self._hear(found)
        elif isinstance(found, Advanced):
            for producer, sources in self._sources.items():
                sources.advance(found.tenant, found.until)
                self._pass_time((producer, found.tenant))
        elif isinstance(found, Activated):
            self._activate(found.version)

    def _hear(self, beat: Heartbeat) -> None:
        sources = self._sources.get(beat.source[0])
        if sources is not None:
            sources.heard(beat.source, beat.order, beat.beats)
            for tenant in beat.beats:
                self._pass_time((beat.source[0], tenant))

    def _activate(self, version: str) -> None:
        """The rules of another version hold from here on."""
        if version == self._policy.hash:
            return
        try:
            rules = self._versions.ask(version)
        except UnknownVersionError as unknown:
            raise BadRecord("unknown_policy", "$.data.hash", str(unknown)) from unknown
        self._follow(rules.policy)
        self._rows.follow(self._lives, self._default)
        self._withdraw()

    def _follow(self, policy: Policy) -> None:
        self._policy, self._lives = policy, lives(policy)
        self._default = Life(retention=policy.retention)
        self._shown = self._shown.under(policy, self._lives)
        self.messages = self.messages.under(policy, self._lives, self._shown.committed())

    def _withdraw(self) -> None:
        """End the episodes of rules that the policy has dropped."""
        for key, row in list(self._rows):
            if row.rule not in self._lives and row.state in UNRESOLVED:
                tick = max(self._sources[CONVERSATIONS].ticks.get(row.tenant, 0), row.touched)
                self._settle(key, row, alerts.withdrawn(row, tick, self._default))

    def _signal(self, key: bytes, raised: Raised) -> None:
        seen, row = raised.seen, self._rows.get(key)
        life = self._life(seen.rule)
        self._sources[life.producer].said(seen.tenant, raised.source, raised.mode)
        if row is None and seen.rule not in self._lives:
            return  # a source that lags behind the activation which dropped the rule
        result = alerts.signalled(row, seen, life)
        if result[0] is not row:
            self._settle(key, row, result, live=raised.mode == LIVE)

    def _command(self, record: Record) -> None:
        ask, key = read_command(record), record.key or b""
        row = self._rows.get(key)
        if row is not None:
            ask = ask._replace(at=self._moment(row, record.timestamp))
            result = alerts.commanded(row, ask, self._life(row.rule))
            if result[0] is not row:
                self._settle(key, row, result)
                return
        self.refused_commands += 1

    def _moment(self, row: AlertRow, appended: int) -> int:
        # A tenant on event time knows no other: its commands happen where its tick is.
        sources = self._sources[self._life(row.rule).producer]
        if self._policy.tenants.get(row.tenant) != EVENT or sources.live(row.tenant):
            return appended
        return max(sources.ticks.get(row.tenant, 0), row.since)

    def _pass_time(self, lane: Lane) -> None:
        sources, tenant = self._sources[lane[0]], lane[1]
        until, live = sources.reached(tenant), sources.live(tenant)
        for key, row in self._rows.due(lane, until):
            result = alerts.woken(row, until, self._life(row.rule))
            self._settle(key, row, result, live=live)
        if live:
            self._release(lane)

    def _release(self, lane: Lane) -> None:
        held = sorted(self._rows.held(lane), key=lambda item: gravest_first(item[1]))
        if not held:
            return
        asked = [(row, self._life(row.rule).everybody) for _, row in held]
        tick = self._sources[lane[0]].ticks.get(lane[1], 0)
        for (key, row), decision in zip(held, self._deliveries.release(asked), strict=True):
            told = alerts.delivered(row, decision, tick, self._life(row.rule))
            self._settle(key, row, told)

    def _settle(
        self, key: bytes, before: AlertRow | None, result: alerts.Result, live: bool = True
    ) -> None:
        after, changes = result
        rule = after.rule if after else before.rule if before else ""
        life = self._life(rule)
        for index, change in enumerate(changes):
            if change.kind == STARTED:
                delivery = self._deliveries.decide(change.row, life.everybody, live)
                for later in (*(each.row for each in changes[index:]), after):
                    if later is not None:
                        later.delivery, later.told_at = delivery, change.row.written_at
        if after is not None:
            ended = (each.row for each in changes if each.row.state == State.RESOLVED)
            self.messages.prepare(before, ended, after)
            for change in changes:
                change.row.told = after.told
        sinks = self.messages.sinks
        self._outputs += [alert_output(self._output, key, c, life, sinks) for c in changes]
        self._changes += changes
        self._rows.put(key, after, life)

    def _life(self, rule: str) -> Life:
        return self._lives.get(rule, self._default)

    def _meta(self) -> bytes:
        return encode_alert_meta(
            AlertMeta(
                ticks=self._sources[CONVERSATIONS].ticks,
                advanced=self._sources[CONVERSATIONS].advanced,
                figure_ticks=self._sources[CHANNELS].ticks,
                summed=self.messages.meta(),
                policy=self._policy.hash,
            )
        )
