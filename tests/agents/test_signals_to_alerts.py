"""From conversations to alerts through both agents' jobs: what one writes is what the other reads."""

from dataclasses import replace

import pytest

from schemas.events import MESSAGE_CREATED, TICKET_CREATED, TICKET_STATUS_CHANGED
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule, Policy, SlaPolicy, Target
from tests.support.alerts import HOUR, MINUTE, offset, policy, rule
from tests.support.chain import Chain, advance, event, message

CREATED = event(TICKET_CREATED, 0, status="new", channel="email", created_by="customer")


def test_a_ticket_unresolved_for_48_hours_fires_at_that_very_moment() -> None:
    chain = Chain(policy(rule(), clock="event")).feed(CREATED, advance(48 * HOUR - 1))
    assert chain.story == []
    chain.feed(advance(49 * HOUR))
    assert chain.story == [(1, "firing", 48 * HOUR)]


def test_solving_it_resolves_and_reopening_it_is_the_second_episode() -> None:
    chain = Chain(policy(rule(), clock="event")).feed(CREATED)
    chain.feed(event(TICKET_STATUS_CHANGED, 50 * HOUR, to="solved"))
    chain.feed(event(TICKET_STATUS_CHANGED, 51 * HOUR, to="open"), advance(52 * HOUR))
    assert chain.story == [
        (1, "firing", 48 * HOUR),
        (1, "resolved", 50 * HOUR),
        (2, "firing", 51 * HOUR),
    ]


def test_an_event_that_comes_late_takes_the_alert_back() -> None:
    solved_before = event(TICKET_STATUS_CHANGED, 48 * HOUR - MINUTE, to="solved")
    chain = Chain(policy(rule(), clock="event")).feed(CREATED)
    chain.feed(event(MESSAGE_CREATED, 48 * HOUR + MINUTE, direction="out", author="agent",
                     visibility="private", kind="note", message="m"))  # fmt: skip
    assert chain.story == [(1, "firing", 48 * HOUR)]
    chain.feed(solved_before)
    assert [state for _, state, _ in chain.story] == ["firing", "resolved"]
    assert chain.alerts.alerts[-1].reason == "corrected"


@pytest.fixture
def breaches() -> Policy:
    target = Target(5 * MINUTE, ALWAYS)
    sla = SlaPolicy("chat", {"first_reply": target, "next_reply": target}, ALWAYS)
    names = ("first_reply", "next_reply")
    alerts = tuple(
        AlertRule(f"{name}_breached", {"clock": name, "is": "breached"}, ALWAYS, to=("oncall",))
        for name in names
    )
    return Policy(
        "h",
        {"acme": "event"},
        frozenset({"email"}),
        sla=(sla,),
        alerts=alerts,
        receivers=policy().receivers,
    )


def test_each_streak_of_a_clock_is_an_episode_of_its_own_instance(breaches: Policy) -> None:
    chain = Chain(breaches).feed(CREATED, message(10 * MINUTE, "out"))
    chain.feed(message(20 * MINUTE, "in"), message(30 * MINUTE, "out"))
    chain.feed(message(40 * MINUTE, "in"), message(50 * MINUTE, "out"))
    assert chain.story == [
        (1, "firing", 5 * MINUTE),
        (1, "resolved", 10 * MINUTE),
        (1, "firing", 25 * MINUTE),
        (1, "resolved", 30 * MINUTE),
        (2, "firing", 45 * MINUTE),
        (2, "resolved", 50 * MINUTE),
    ]
    instances = [a.subject["instance"] for a in chain.alerts.alerts]
    assert instances == ["1", "1", "1", "1", "2", "2"]


def test_what_conversations_explain_is_what_people_read(breaches: Policy) -> None:
    chain = Chain(breaches).feed(CREATED, advance(7 * MINUTE))
    [row] = chain.alerts.job.episodes()
    assert row.explain["clock"] == "first_reply"
    assert row.explain["calendar"] == "always"
    held = chain.alerts.alerts[0]
    assert held.notified == []  # event time: recorded, told to nobody
    assert set(row.explain) >= {"clock", "calendar", "due", "target", "policy", "policy_hash"}


@pytest.mark.parametrize("dies", ["never", "before_writing", "after_writing"])
def test_warning_steps_are_told_once_each_and_the_alert_fires_once_for_all_of_them(
    breaches: Policy, dies: str
) -> None:
    warned = Target(20 * MINUTE, ALWAYS, warn=(10 * MINUTE, 15 * MINUTE))
    sla = SlaPolicy("chat", {"first_reply": warned}, ALWAYS)
    at_risk = AlertRule("soon", {"clock": "first_reply", "is": "at_risk"}, ALWAYS, to=("oncall",))
    chain = Chain(replace(breaches, sla=(sla,), alerts=(at_risk,)))
    for record in (CREATED, *(advance(minute * MINUTE) for minute in range(1, 26))):
        chain.feed(record, dies=dies)
    warnings = [each for each in chain.outcomes if each.type == "sla.at_risk"]
    assert [offset(each.time) for each in warnings] == [10 * MINUTE, 15 * MINUTE]
    assert len({each.id for each in chain.outcomes}) == len(chain.outcomes)
    assert chain.story == [(1, "firing", 10 * MINUTE), (1, "resolved", 20 * MINUTE)]
