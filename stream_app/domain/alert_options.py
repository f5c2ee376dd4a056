"""What an alert rule says about the life of its episodes, as typed values. Durations in ms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from stream_app.domain.policy import AlertRule, Escalation, Policy

HOUR: Final = 3_600_000
CONVERSATIONS: Final = "conversations"
CHANNELS: Final = "channels"
_OF_FIGURES: Final = frozenset({"window", "level", "volume", "goal", "source", "data"})
_LASTING: Final = frozenset({"source", "data"})  # their `for` is part of the condition
ACK_EXPIRES: Final = 4 * HOUR
SEVERITIES: Final = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Life:
    """One rule's options. Zero durations mean: not at all."""

    hold: int = 0  # `for`
    keep: int = 0  # `keep_firing_for`
    remind: int = 0  # `remind_every`
    ack: int = ACK_EXPIRES
    steps: tuple[Escalation, ...] = ()
    severity: str = "warning"
    to: tuple[str, ...] = ()
    retention: int = 30 * 24 * HOUR  # how long the number of a resolved episode is kept
    producer: str = CONVERSATIONS  # the agent whose time these episodes live by
    everybody: tuple[str, ...] = field(init=False)  # all receivers that the rule can ever reach

    def __post_init__(self) -> None:
        """Asked for with every change of every row."""
        object.__setattr__(self, "everybody", self.told(len(self.steps)))

    def told(self, steps: int) -> tuple[str, ...]:
        """Receivers once so many escalation steps have been reached, each once."""
        names = list(self.to)
        for step in self.steps[:steps]:
            names += step.to
        return tuple(dict.fromkeys(names))

    def step(self, number: int) -> Escalation:
        """Step 0 is the rule itself. A step that the policy no longer has keeps to the last one."""
        if number == 0 or not self.steps:
            return Escalation(0, self.severity, self.to)
        return self.steps[min(number, len(self.steps)) - 1]


def life_of(rule: AlertRule, retention: int) -> Life:
    """The options of a rule. Raises ValueError for a duration that is none."""
    options, kinds = rule.options, rule.condition.keys()
    return Life(
        hold=0 if kinds & _LASTING else _ms(rule.condition, "for", 0),
        keep=_ms(options, "keep_firing_for", 0),
        remind=_ms(options, "remind_every", 0),
        ack=_ms(options, "ack_expires", ACK_EXPIRES),
        steps=escalations(rule),
        severity=rule.severity,
        to=rule.to,
        retention=retention,
        producer=CHANNELS if kinds & _OF_FIGURES else CONVERSATIONS,
    )


def lives(policy: Policy) -> dict[str, Life]:
    """The options of every rule of a policy, by the rule's name."""
    return {rule.name: life_of(rule, policy.retention) for rule in policy.alerts}


def escalations(rule: AlertRule) -> tuple[Escalation, ...]:
    """The escalation steps of a rule, ascending."""
    steps = rule.options.get("escalate")
    return tuple(steps) if isinstance(steps, list | tuple) else ()


def rank(severity: str) -> int:
    """For sorting: the graver, the greater. Unknown severities rank lowest."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


def gravest(severities: Iterable[str]) -> str:
    """The gravest of some severities; `info` when there are none."""
    return max(severities, key=rank, default="info")


def _ms(options: Mapping[str, object], name: str, default: int) -> int:
    value = options.get(name)
    if value is None:
        return default
    if isinstance(value, int) and value >= 0:
        return value
    raise ValueError(f"{name} is no duration in milliseconds: {value!r}")
