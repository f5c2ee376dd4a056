"""A channels job and the alerts job that hears it, in memory: rules on figures from panes to alerts."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from agents.channels import SIGNALS, ChannelsJob, owns, spec
from schemas.instants import format_ms
from schemas.outputs import PaneRecord
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule, Match, Policy
from stream_app.engine.job import Output
from stream_app.settings import Settings
from tests.support.alerts import FakeRecord as AlertRecord
from tests.support.alerts import Partition
from tests.support.alerts import policy as alert_policy
from tests.support.panes import EMAIL, T0, Teller, feed

MINUTE, HOUR = 60_000, 3_600_000
EVERYTHING = Match()
BACKLOG = {"level": "waiting", "above": 3, "for": 5 * MINUTE}


def rule(
    name: str, when: dict[str, object], match: Match = EVERYTHING, **options: Any
) -> AlertRule:
    return AlertRule(name, when, ALWAYS, match, to=("oncall",), options=options)


@dataclass
class Desk:
    """A channels job and the alerts job that hears it; time is that of both source partitions."""

    policy: Policy
    wall: int = 0
    now: int = T0
    said: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[bytes, bytes] = field(default_factory=dict)
    meta: bytes | None = None
    epoch: int = 1

    def __post_init__(self) -> None:
        self.job = self._new_job()
        self.alerts = Partition(self.policy)
        self.tellers = [Teller(0), Teller(1)]
        for teller in self.tellers:
            self.hear(teller.begin(), teller.end())
        self.go(T0)

    def _new_job(self) -> ChannelsJob:
        owner = next(p for p in (0, 1) if owns("acme", p, 2))
        job = spec(Settings(partitions=2), self.policy).new_job(owner)
        assert isinstance(job, ChannelsJob)
        return job

    def hear(self, *records: PaneRecord) -> None:
        feed(self.job, records, self.now)

    def go(self, until: int, *, silent: int | None = None) -> None:
        """Both partitions (but for a silent one) say that they are this far; a turn follows."""
        self.now = until
        for teller in self.tellers:
            if teller.partition != silent:
                self.hear(teller.heartbeat(until))
        self.turn()

    def turn(self) -> None:
        self.wall += 1_000
        self.job.turn(self.wall, {})
        changes = self.job.collect()
        self.meta = changes.meta
        for row in changes.rows:
            if row.value is None:
                self.rows.pop(row.key, None)
            else:
                self.rows[row.key] = row.value
        self.deliver(changes.outputs)

    def deliver(self, outputs: list[Output]) -> None:
        for output in outputs:
            if output.topic == SIGNALS and output.partition in {None, 0}:
                value = msgspec.json.decode(output.value or b"")
                if "rule" in value:
                    self.said.append(value)
                self.alerts.feed(AlertRecord(SIGNALS, output.key, output.value, self.now))

    def waiting(self, n: int, group: tuple[str, str, str] = EMAIL) -> None:
        self.hear(self.tellers[0].level(group, open=n, waiting=n))

    def states(self) -> list[str]:
        assert self.alerts.rejected == []
        return [state for _, state in self.alerts.states()]

    def restart(self) -> None:
        """A new owner of the channels partition goes on from what was written."""
        self.job = self._new_job()
        self.job.load("windows", list(self.rows.items()))
        self.job.restored(self.meta, self.epoch)
        self.epoch += 1


def desk(*rules: AlertRule) -> Desk:
    return Desk(alert_policy(*rules))


def said_counts(teller: Teller, **outcomes: int) -> PaneRecord:
    counts = {f"first_reply_{name}": n for name, n in outcomes.items()}
    channel, team, priority = EMAIL
    return teller.say(
        "pane", tenant="acme", channel=channel, team=team, priority=priority, resolution=10,
        start=format_ms(T0), counts=counts,
    )  # fmt: skip
