"""Late, duplicated and disordered input ends in the clocks, windows and alerts of the ordered run."""

from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.conversations.intake import MERGE_LOOP
from schemas import events as wire
from schemas.instants import format_ms, parse_ms
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule, Policy, SlaPolicy
from stream_app.domain.steps import rank, to_step
from tests.support.fleet import Ended, Fleet, Sent, event
from tests.support.talk import HOUR, MINUTE, SECOND, clock, make_policy, within

LATENESS = 10 * MINUTE
START = clock("09:00")
END = START + 6 * HOUR
NAMES = ("A", "B", "C")
TARGETS = {
    "first_reply": within(3 * MINUTE, 2 * MINUTE),
    "next_reply": within(4 * MINUTE, 1 * MINUTE),
    "full_resolution": within(20 * MINUTE, 10 * MINUTE, 15 * MINUTE),
    "periodic_update": within(4 * MINUTE),
    "pausable_update": within(3 * MINUTE),
    "requester_wait": within(12 * MINUTE, 6 * MINUTE),
    "agent_wait": within(5 * MINUTE),
}
URGENT = {
    "first_reply": within(MINUTE, 30 * SECOND),
    "full_resolution": within(8 * MINUTE, 4 * MINUTE),
}
RULES = (
    AlertRule("unresolved", {"unresolved_for": 15 * MINUTE}, ALWAYS),
    AlertRule("held", {"unresolved_for": 12 * MINUTE, "for": 2 * MINUTE}, ALWAYS),
    AlertRule("kept", {"unresolved_for": 9 * MINUTE}, ALWAYS, options={"keep_firing_for": MINUTE}),
    *(
        AlertRule(f"{name}_{state}", {"clock": name, "is": state}, ALWAYS)
        for name in ("first_reply", "next_reply", "full_resolution", "requester_wait")
        for state in ("at_risk", "breached")
    ),
)


def policy(mode: str = "live") -> Policy:
    made = make_policy(TARGETS, RULES)
    urgent = SlaPolicy(
        "urgent", URGENT, ALWAYS, replace(made.sla[0].match, priority=frozenset({"urgent"}))
    )
    return replace(made, sla=(urgent, *made.sla), tenants={"acme": mode})


MESSAGES: tuple[dict[str, Any], ...] = (
    {"direction": "in", "author": "customer"},
    {"direction": "out", "author": "agent"},
    {"direction": "out", "author": "bot"},
    {"direction": "out", "author": "agent", "visibility": "private", "kind": "note"},
    {"direction": "in", "author": "customer", "kind": "reaction"},
    {"direction": "out", "author": "agent", "campaign": True},
)
CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    *((wire.TICKET_STATUS_CHANGED, {"to": to}) for to in (*wire.STATUSES[:5], "solved", "closed")),
    (wire.TICKET_STATUS_CHANGED, {"to": "solved"}),
    (wire.TICKET_STATUS_CHANGED, {"to": "snoozed", "snoozed_until": format_ms(START + 9 * MINUTE)}),
    (wire.TICKET_PRIORITY_CHANGED, {"to": "urgent"}),
    (wire.TICKET_PRIORITY_CHANGED, {"to": "normal"}),
    (wire.TICKET_ASSIGNED, {"team": "tier2", "assignee": "p1"}),
    (wire.TICKET_CHANNEL_CHANGED, {"to": "whatsapp"}),
    (wire.TICKET_TAGGED, {"added": ["vip"], "removed": []}),
    (wire.TICKET_EXCLUDED, {"reason": "test", "by": "p1"}),
    (wire.TICKET_INCLUDED, {"reason": "test", "by": "p1"}),
)
ENDS: tuple[tuple[str, dict[str, Any]], ...] = (
    (wire.TICKET_STATUS_CHANGED, {"to": "closed"}),
    (wire.TICKET_STATUS_CHANGED, {"to": "open"}),
    (wire.TICKET_STATUS_CHANGED, {"to": "deleted"}),
    (wire.TICKET_STATUS_CHANGED, {"to": "merged"}),
    (wire.TICKET_DELETED, {}),
    (wire.TICKET_SPAM, {}),
)
CREATED = {"channel": "email", "status": "new", "priority": "normal", "team": "tier1"}
DELAYS = (0, 0, SECOND, MINUTE, 4 * MINUTE, LATENESS - SECOND)
GAPS = (0, SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE)


@st.composite
def talks(draw: st.DrawFn, conversation: str, first: int, most: int) -> list[wire.Event]:
    """One conversation: a creation by somebody and what comes of it.

    Each has milliseconds of its own: what is merged at one instant would have no order.
    """
    at = START + first // 100 + draw(st.sampled_from(GAPS))
    created = CREATED | {"created_by": draw(st.sampled_from(("customer", "customer", "agent")))}
    found = [event(at, wire.TICKET_CREATED, conversation, first, **created)]
    for cause in range(first + 1, first + draw(st.integers(1, most))):
        at += draw(st.sampled_from(GAPS))
        found.append(draw(_happenings(at, conversation, cause)))
    return found


@st.composite
def _happenings(draw: st.DrawFn, at: int, conversation: str, cause: int) -> wire.Event:
    if draw(st.booleans()):
        message = {"message": f"m{cause}", **draw(st.sampled_from(MESSAGES))}
        return event(at, wire.MESSAGE_CREATED, conversation, cause, **message)
    kind, fields = draw(st.sampled_from(CHANGES))
    return event(at, kind, conversation, cause, **fields)


@st.composite
def merges(draw: st.DrawFn) -> list[wire.Event]:
    """One to three merges: chains, circles, repeated ones, and of what nobody has opened yet.

    Some come with another event that ends the conversation at the same instant.
    """
    found = []
    for cause in range(900, 900 + draw(st.integers(1, 3))):
        gone, into, *_ = draw(st.permutations(NAMES))
        at = START + MINUTE * draw(st.integers(0, 25))
        found.append(event(at, wire.TICKET_MERGED, gone, cause, into=into))
        beside = draw(st.sampled_from((None, *ENDS)))
        if beside:
            found.append(event(at, beside[0], gone, cause + 50, **beside[1]))
    return found


@st.composite
def deliveries(draw: st.DrawFn, most: int = 2, merged: bool = False) -> list[Sent]:
    """Conversations with delays below the lateness, in order of arrival, some events twice."""
    happened = draw(merges()) if merged else []
    for number, name in enumerate(NAMES[: draw(st.integers(1, most))]):
        # All that is merged must find room in one tail.
        happened += draw(talks(name, 100 * (number + 1), 7 if merged else 12))
    sent: list[Sent] = []
    for one in happened:
        for _ in range(draw(st.sampled_from((1, 1, 1, 2)))):
            sent.append(Sent(_time(one) + draw(st.sampled_from(DELAYS)), one))
    return sorted(sent, key=lambda one: one.arrives)


def in_order(sent: list[Sent]) -> list[Sent]:
    """The same events once, without delay; of equal rank in order of arrival."""
    first = {one.event.id: one.event for one in reversed(sent)}
    kept = [first.pop(one.event.id) for one in sent if one.event.id in first]
    return [Sent(_time(one), one) for one in sorted(kept, key=lambda one: (_time(one), place(one)))]


def place(one: wire.Event) -> int:
    step = to_step(one, _time(one), 0)
    assert step is not None
    return rank(step)


def _time(one: wire.Event) -> int:
    return parse_ms(one.time)


def ended(sent: list[Sent], batch: int = 1, mode: str = "live", partitions: int = 1) -> Ended:
    fleet = Fleet(policy(mode), partitions).run(sent, batch).until(END)
    # What is passed on in a circle ends as a dead letter; how often, depends on who was merged first.
    assert {rejected.code for rejected in fleet.rejected} <= {MERGE_LOOP}
    return fleet.ended()


def assert_equal(found: Ended, wanted: Ended) -> None:
    for name in Ended._fields:
        assert getattr(found, name) == getattr(wanted, name), name


def deleted_then_merged() -> list[Sent]:
    """A merge at the instant of a deletion is heard of when later events have come out of order."""
    names = [
        event(START + 1, wire.TICKET_CREATED, name, n, **CREATED) for n, name in enumerate("BC")
    ]
    gone = START + 14 * MINUTE
    return [
        *(Sent(START + 1, one) for one in names),
        Sent(gone, event(gone, wire.TICKET_DELETED, "C", 10)),
        Sent(gone + MINUTE, event(gone + MINUTE, wire.MESSAGE_CREATED, "C", 11, **MESSAGES[0])),
        Sent(gone + MINUTE, event(gone + SECOND, wire.TICKET_STATUS_CHANGED, "C", 12, to="open")),
        Sent(gone + 9 * MINUTE, event(gone, wire.TICKET_MERGED, "C", 13, into="B")),
    ]


BATCHES = st.sampled_from((1, 3, 1000))
# Each example is two installations at work; ten times as many with HYPOTHESIS_PROFILE=thorough.
BOUNDED = settings(max_examples=settings().max_examples * 2)


@BOUNDED
@given(deliveries(), BATCHES)
def test_any_arrival_within_the_lateness_ends_like_the_ordered_run(
    sent: list[Sent], batch: int
) -> None:
    assert_equal(ended(sent, batch), ended(in_order(sent)))


@BOUNDED
@given(deliveries(), BATCHES)
def test_event_time_ends_like_the_ordered_run_too(sent: list[Sent], batch: int) -> None:
    assert_equal(ended(sent, batch, "event"), ended(in_order(sent), 1, "event"))


@BOUNDED
@given(deliveries(3, True), BATCHES, st.sampled_from((1, 3)))
@example(deleted_then_merged(), 1, 1)
def test_merges_end_like_the_ordered_run_however_fast_workers_are(
    sent: list[Sent], batch: int, partitions: int
) -> None:
    """What is handed over comes back behind the batch: with one batch, when everything is over."""
    assert_equal(ended(sent, batch, "live", partitions), ended(in_order(sent)))


@BOUNDED
@given(deliveries(3, True), BATCHES, st.sampled_from((1, 3)))
@example(deleted_then_merged(), 1, 1)
def test_merges_in_a_replay_end_alike_at_any_speed(
    sent: list[Sent], batch: int, partitions: int
) -> None:
    assert_equal(ended(sent, batch, "event", partitions), ended(in_order(sent), 1, "event"))
