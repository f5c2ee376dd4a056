"""Time and policy of a conversations job: timers that are due, and what control records say."""

from schemas import events as wire
from schemas.instants import parse_ms
from stream_app.domain.fold import Conversation, change_rules, run_timers
from stream_app.domain.rules import Rulebook
from stream_app.domain.standing import ages_of, part_of
from stream_app.domain.ticks import TenantTick
from stream_app.domain.turn import Turn
from stream_app.domain.versions import UnknownVersionError

from . import intake
from .effects import Effects
from .history import History
from .reads import JobReads


class JobTime(JobReads):
    """The part of a conversations job that no single event is the reason of."""

    effects: Effects
    history: History
    rules: Rulebook
    _turns: dict[str, Turn]

    @property
    def policy_version(self) -> str:
        """The version that holds in this partition."""
        return self.rules.active.hash

    def _wake(self, key: bytes, conversation: Conversation, until: int, tenant: str) -> None:
        before = part_of(tenant, conversation.state)
        facts = run_timers(conversation, until, self._turn(tenant))
        self.groups.move(key, before, part_of(tenant, conversation.state))
        self.store.dirty.add(key)
        self.store.schedule(tenant, key, conversation)
        if facts:
            self.effects.react(key, conversation, facts, None)

    def _run_due(self, tenant: str, until: int) -> None:
        for key, conversation in self.store.due(tenant, until):
            self._wake(key, conversation, until, tenant)

    def _control(self, event: wire.Event, appended: int) -> None:
        tick = self.ticks.get(event.data.tenant or event.tenant)
        if event.type not in wire.CONTROL_TYPES:
            raise intake.RejectedError(intake.UNKNOWN_TYPE, "$.type", "no such control record")
        if event.type == wire.POLICY_ACTIVATE:
            self._activate(event.data.hash or "", appended)
        elif tick is None:
            raise intake.RejectedError(intake.UNKNOWN_TENANT, "$.data.tenant", "unknown tenant")
        elif event.type == wire.CLOCK_LIVE:
            tick.go_live(appended)
        elif event.type == wire.CLOCK_ADVANCE:
            until = _until(event)
            tick.advance(until)
            self._run_due(event.data.tenant or event.tenant, tick.tick + 1)

    def _activate(self, version: str, appended: int) -> None:
        """Another policy version from here on; see `history` for what that means to whom."""
        try:
            known = self.history.ask(version)
        except UnknownVersionError as unknown:
            raise intake.RejectedError(
                intake.UNKNOWN_POLICY, "$.data.hash", str(unknown)
            ) from unknown
        if not known:
            return  # it holds already
        for tenant, tick in self.ticks.items():
            self._run_due(tenant, tick.arrive(appended, 0))
        self.history.activate(version, {name: tick.tick for name, tick in self.ticks.items()})
        self._turns.clear()
        self._follow()
        if self.history.changes_alerts:
            for tenant in self.ticks:
                self._change_rules(tenant)

    def _change_rules(self, tenant: str) -> None:
        """Let the alert rules of the active version hold for all conversations of a tenant."""
        turn, change = self._turn(tenant), self.history.latest(tenant)
        for key, conversation in self.store.each_live(tenant):
            before = part_of(tenant, conversation.state)
            facts = change_rules(conversation, change, turn)
            self.groups.move(key, before, part_of(tenant, conversation.state))
            self.store.dirty.add(key)
            self.store.schedule(tenant, key, conversation)
            if facts:
                self.effects.react(key, conversation, facts, None)

    def _follow(self) -> None:
        """What is not judged per conversation follows the active version at once."""
        policy = self.rules.active.policy
        for tenant, mode in policy.tenants.items():
            self.ticks.setdefault(tenant, TenantTick(mode))
        self.groups.lateness, self.groups.ages = policy.allowed_lateness, ages_of(policy)
        self.groups.adopt_bounds(self.history.bounds())

    def _turn(self, tenant: str) -> Turn:
        turn = self._turns.get(tenant)
        if turn is None:
            turn = self._turns[tenant] = Turn(self.history.book(tenant), tenant)
        return turn


def _until(event: wire.Event) -> int:
    try:
        return parse_ms(event.data.until or "")
    except ValueError as error:
        raise intake.RejectedError(intake.INVALID, "$.data.until", str(error)) from error
