"""The alerts agent follows an activation on its own topic."""

from agents.alerts import SIGNALS
from schemas.events import POLICY_ACTIVATE, Data, Event, encode_event
from schemas.instants import format_ms
from schemas.keys import control_key
from stream_app.domain.policy import Policy
from stream_app.domain.versions import Versions
from tests.support.alerts import (
    MINUTE,
    RULE,
    T0,
    FakeRecord,
    Partition,
    heartbeat,
    policy,
    rule,
    signal,
)


def version(name: str, *rules: object) -> Policy:
    made = policy(*rules)  # type: ignore[arg-type]
    return Policy(name, made.tenants, made.channels, alerts=made.alerts, receivers=made.receivers)


def activation(name: str) -> FakeRecord:
    event = Event(
        id="a",
        source="pegel/policy",
        type=POLICY_ACTIVATE,
        subject=name,
        time=format_ms(T0),
        data=Data(hash=name),
    )
    return FakeRecord(SIGNALS, control_key(POLICY_ACTIVATE, ""), encode_event(event))


def versions(*policies: Policy) -> Versions:
    made = Versions(policies[0])
    for each in policies[1:]:
        made.add(each)
    return made


def test_episodes_of_a_rule_that_an_activation_drops_end_there() -> None:
    known = versions(version("v1", rule()), version("v2", rule("other")))
    partition = Partition(known)
    partition.feed(signal(True, 5, 1), activation("v2"))
    assert partition.states() == [(1, "firing"), (1, "resolved")]
    assert partition.job.policy_version == "v2"


def test_a_lagging_source_cannot_fire_a_rule_that_was_dropped() -> None:
    known = versions(version("v1", rule()), version("v2", rule("other")))
    partition = Partition(known).feed(activation("v2"), signal(True, 5, 1))
    assert partition.alerts == []
    partition.feed(signal(True, 6, 2, rule="other"))
    assert partition.states() == [(1, "firing")]


def test_options_of_a_rule_hold_from_the_activation_on() -> None:
    reminding = rule(remind_every=10 * MINUTE)
    known = versions(version("v1", rule()), version("v2", reminding))
    partition = Partition(known).feed(signal(True, 0, 1), heartbeat(MINUTE, 2))
    before = len(partition.alerts)
    partition.feed(heartbeat(20 * MINUTE, 3))
    assert len(partition.alerts) == before
    partition.feed(activation("v2"), heartbeat(21 * MINUTE, 4))
    assert len(partition.alerts) > before


def test_a_new_owner_goes_on_under_the_activated_version() -> None:
    known = versions(version("v1", rule()), version("v2", rule(), rule("other")))
    partition = Partition(known).feed(activation("v2"), signal(True, 5, 1, rule="other"))
    partition.start()
    assert partition.job.policy_version == "v2"
    assert [row.state for row in partition.job.episodes()] == ["firing"]


def test_records_behind_an_unknown_version_wait_and_a_version_that_never_was_is_refused() -> None:
    known = versions(version("v1", rule()))
    partition = Partition(known)
    records = (activation("v9"), signal(True, 5, 1))
    assert partition.job.apply(records, partition._reject) == 0
    known.looked_for({"v9"})
    assert partition.job.apply(records, partition._reject) == 2
    assert [refused.code for refused in partition.rejected] == ["unknown_policy"]
    assert partition.job.policy_version == "v1"
    assert RULE in {row.rule for row in partition.flush().job.episodes()}
