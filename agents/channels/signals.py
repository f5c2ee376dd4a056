"""Signals of rules on figures, and how far their producer is: what this agent tells the alerts agent.

Once a second every rule is judged for everything that it concerns, as of the instant that the tenant has
reached, and the heartbeat that follows names that same instant: whoever reads it knows that all has been
said up to there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from schemas.instants import format_ms
from schemas.keys import encode_key, join_parts, split_parts
from schemas.outputs import Signal, TenantClock
from schemas.panerows import HeldRow
from stream_app.domain.channel_rules import (
    ChannelRule,
    Verdict,
    judge,
    judge_silence,
    judge_staleness,
    subject_of,
)
from stream_app.domain.freshness import PATIENCE_MS
from stream_app.domain.policy import AlertRule
from stream_app.domain.scopes import Scope
from stream_app.domain.sights import ScopeSight
from stream_app.domain.signalling import Place, Said, Signalling, explained
from stream_app.domain.tenant import Tenant
from stream_app.domain.ticks import EVENT, LIVE
from stream_app.engine.job import Output, Row

AGENT: Final = "channels"
BEAT_MS: Final = 1_000
_ROW: Final = "s"
_encode: Final = msgspec.json.Encoder().encode
_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(HeldRow).decode


@dataclass(frozen=True, slots=True)
class Line:
    """Where signals go, and from which of so many partitions they come."""

    topic: str
    partition: int
    partitions: int
    policy: str = ""  # its hash, so that a signal can be traced to the rules that made it


class About(NamedTuple):
    """What of a tenant a rule is judged for: as part of a key, and as alerts name it."""

    text: str
    subject: dict[str, str]


def is_signal_row(key: bytes) -> bool:
    """Whether a row of the changelog is about a signal."""
    return key.startswith(b"s|")


@dataclass(slots=True)
class Signals:
    """The signals of one partition of the agent."""

    line: Line
    rules: tuple[ChannelRule, ...]
    epoch: int = 0
    seq: int = 0
    _said: Signalling = field(default_factory=Signalling)
    _outputs: list[Output] = field(default_factory=list)
    _scopes: dict[tuple[str, str], tuple[int, list[Scope]]] = field(default_factory=dict)

    def restored(self, rows: Mapping[bytes, bytes], epoch: int) -> None:
        """Go on from what a former owner had said, without the rules that are gone."""
        self.epoch, self.seq = epoch, 0
        for key, value in rows.items():
            _, rule, tenant, about = split_parts(key)
            self._said.load(Place(rule, tenant, about), _unpack(value))
        self._said.keep(rule.rule.name for rule in self.rules)

    def follow(self, line: Line, rules: tuple[ChannelRule, ...]) -> None:
        """Other rules hold; what was said of those that are gone is forgotten."""
        self.line, self.rules = line, rules
        self._scopes.clear()
        self._said.keep(rule.rule.name for rule in rules)

    def judge(self, tenant: Tenant, now: int) -> None:
        """Judge every rule for a tenant; `now` is the time of the log, which moves without data too."""
        if tenant.as_of is None:
            return
        for rule in self.rules:
            match = rule.rule.match
            if match.tenant and tenant.name not in match.tenant:
                continue
            if rule.kind == "data":
                missing = judge_staleness(rule.rule, tenant.missing, tenant.lacking_since, now)
                self._decide(rule, tenant, About("", {"kind": "group"}), missing, now)
            elif rule.kind == "source":
                self._judge_sources(rule, tenant, tenant.as_of)
            else:
                self._judge_scopes(rule, tenant, tenant.as_of)

    def beat(self, tenants: Mapping[str, Tenant], now: int) -> None:
        """Tell everybody how far this partition is."""
        clocks = {
            name: _clock(tenant, tenant.as_of, now)
            for name, tenant in tenants.items()
            if tenant.as_of is not None
        }
        value = _encode(self._numbered(Signal(clocks=clocks)))
        key = f"heartbeat|{AGENT}|{self.line.partition}".encode()
        for partition in range(self.line.partitions):
            self._outputs.append(Output(self.line.topic, key, value, partition))

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._outputs or self._said.changed)

    def collect(self) -> tuple[list[Row], list[Output]]:
        """What is new; forgets that it is."""
        rows = [
            Row("windows", join_parts(_ROW, *place), None if held is None else _pack(held))
            for place, held in self._said.changed.items()
        ]
        outputs, self._outputs = self._outputs, []
        self._said.changed.clear()
        return rows, outputs

    def clear(self) -> None:
        """Forget everything: the partition is no longer ours."""
        self._said = Signalling()
        self._outputs.clear()
        self._scopes.clear()

    def _judge_scopes(self, rule: ChannelRule, tenant: Tenant, at: int) -> None:
        scopes = self._concerned(rule, tenant)
        for scope in scopes:
            verdict = judge(rule, ScopeSight(tenant, scope))
            self._decide(rule, tenant, About(scope.text, subject_of(rule, scope)), verdict, at)

    def _judge_sources(self, rule: ChannelRule, tenant: Tenant, at: int) -> None:
        for source, last in tenant.heard_of.items():
            verdict = judge_silence(rule.rule, last, at)
            if tenant.missing:  # what is missing may have heard of it
                verdict = Verdict(None)
            about = About(source, {"kind": "source", "source": source})
            self._decide(rule, tenant, about, verdict, at)

    def _concerned(self, rule: ChannelRule, tenant: Tenant) -> list[Scope]:
        place, tallies = (rule.rule.name, tenant.name), tenant.board.tallies
        size, scopes = self._scopes.get(place, (0, []))
        if size != len(tallies):  # scopes are never taken away
            scopes = [scope for scope in tallies if rule.concerns(tenant.name, scope)]
            self._scopes[place] = (len(tallies), scopes)
        return scopes

    def _decide(
        self, rule: ChannelRule, tenant: Tenant, about: About, verdict: Verdict, at: int
    ) -> None:
        place = Place(rule.rule.name, tenant.name, about.text)
        said = self._said.decide(place, verdict, at, rule.hold)
        if said is not None:
            signal = _signal(said, rule.rule, self.line.policy)
            signal.subject, signal.mode = about.subject, _mode(tenant, rule)
            signal.tick = format_ms(at)
            key = encode_key(*place)
            self._outputs.append(Output(self.line.topic, key, _encode(self._numbered(signal))))

    def _numbered(self, signal: Signal) -> Signal:
        self.seq += 1
        signal.epoch, signal.seq = self.epoch, self.seq
        signal.agent, signal.source_partition = AGENT, self.line.partition
        return signal


def _signal(said: Said, rule: AlertRule, policy: str) -> Signal:
    return Signal(
        rule=said.place.rule,
        tenant=said.place.tenant,
        active=said.active,
        since=format_ms(said.since),
        severity=rule.severity,
        value=said.verdict.value,
        threshold=said.verdict.threshold,
        explain=explained(said, _about(rule, policy)),
    )


def _about(rule: AlertRule, policy: str) -> dict[str, Any]:
    lasts = rule.condition.get("for")
    return {
        "for": lasts / 1000 if isinstance(lasts, int) and lasts else None,
        "policy_hash": policy,
    }


def _mode(tenant: Tenant, rule: ChannelRule) -> str:
    # That figures are behind is for people to know now, whatever else is behind.
    mode = tenant.mode
    return LIVE if rule.kind == "data" and mode != EVENT else mode


def _clock(tenant: Tenant, as_of: int, now: int) -> TenantClock:
    """While figures are incomplete time goes on without them, or nobody would be reminded."""
    lost = tenant.missing and tenant.mode != EVENT
    tick = max(as_of, now - PATIENCE_MS) if lost else as_of
    return TenantClock(format_ms(as_of), format_ms(tick), tenant.mode)


def stored(rows: Mapping[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Those rows of a changelog that are about signals."""
    return ((key, value) for key, value in rows.items() if is_signal_row(key))
