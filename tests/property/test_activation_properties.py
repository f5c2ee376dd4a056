"""Activations anywhere in the input: a takeover, a late arrival, a second delivery change nothing."""

from collections import Counter
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from schemas import events as wire
from stream_app.domain.policy import Policy
from tests.support.conversations import FakeRecord, JobRun
from tests.support.policy_versions import breached_rule, old_rule, version
from tests.support.talk import HOUR, MINUTE, within

VERSIONS = (
    version(1),
    version(2, old_rule(1), first_reply=within(20 * MINUTE, 10 * MINUTE)),
    version(3, old_rule(2), breached_rule(), next_reply=within(HOUR)),
)
AT = 9 * 60


class Happening(NamedTuple):
    """An event of a conversation, or another policy version, so many minutes after nine."""

    minute: int
    what: str
    which: int


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    kinds = st.sampled_from(["ask", "reply", "open", "solved", "excluded", "included", "version"])
    each = st.builds(Happening, st.integers(1, 150), kinds, st.integers(0, 2))
    found = draw(st.lists(each, min_size=3, max_size=14, unique_by=lambda one: one.minute))
    return sorted(found)


def text(minute: int) -> str:
    return f"{(AT + minute) // 60:02d}:{(AT + minute) % 60:02d}"


def record(run: JobRun, one: Happening) -> FakeRecord:
    at, conversation, event_id = text(one.minute), f"T-{one.which}", f"e{one.minute}"
    match one.what:
        case "version":
            return run.control(at, wire.POLICY_ACTIVATE, "", hash=VERSIONS[one.which].hash)
        case "ask":
            fields: dict[str, Any] = {"message": "m", "direction": "in", "author": "customer"}
            kind = wire.MESSAGE_CREATED
        case "reply":
            fields = {"message": "m", "direction": "out", "author": "agent"}
            kind = wire.MESSAGE_CREATED
        case "excluded" | "included":
            fields = {"by": "p", "reason": "r"}
            kind = f"support.ticket.{one.what}.v1"
        case _:
            fields, kind = {"to": one.what}, wire.TICKET_STATUS_CHANGED
    return run.event(at, kind, conversation, id=event_id, **fields)


def started() -> JobRun:
    run = JobRun(VERSIONS[0])
    for policy in VERSIONS[1:]:
        run.versions.add(policy)
    for number in range(3):
        run.created("09:00", f"T-{number}")
    return run


class End(NamedTuple):
    """What a run has said and where everything stands."""

    sla: Counter[str]
    signals: Counter[tuple[str, str, str, str]]
    rows: dict[bytes, bytes | None]
    levels: dict[str, int]


def ended(run: JobRun) -> End:
    run.at_end(text(300))
    run.flush()
    signals = Counter(
        (s["rule"], s["subject"]["id"], str(s["active"]), s["since"])
        for s in run.sent("engagement.signal.v1")
        if s.get("rule")
    )
    sla = Counter(str(event) for event in run.sent("engagement.sla.v1"))
    assert run.rejected == []
    return End(sla, signals, run.rows("conversations"), dict(run.levels()))


def play(history: list[Happening]) -> End:
    run = started()
    for one in history:
        run.take(record(run, one))
    return ended(run)


@given(histories(), st.sets(st.integers(0, 13)))
def test_takeovers_at_any_place_change_nothing(
    history: list[Happening], takeovers: set[int]
) -> None:
    run = started()
    for number, one in enumerate(history):
        run.take(record(run, one))
        if number in takeovers:
            run.flush()
            run.restart()
    assert ended(run) == play(history)


@given(histories())
def test_a_second_delivery_of_everything_changes_nothing(history: list[Happening]) -> None:
    run = started()
    for one in history:
        found = record(run, one)
        run.take(found)
        run.take(found)
    again, once = ended(run), play(history)
    assert (again.sla, again.signals, again.levels) == (once.sla, once.signals, once.levels)


@given(histories(), st.integers(0, 12))
def test_an_event_that_arrives_after_an_activation_that_it_precedes_ends_as_if_in_time(
    history: list[Happening], place: int
) -> None:
    late = next((n for n, one in enumerate(history) if n >= place and one.what != "version"), None)
    if late is None or late + 1 >= len(history):
        return
    swapped = [*history[:late], history[late + 1], history[late], *history[late + 2 :]]
    if history[late + 1].what != "version" or history[late + 1].minute - history[late].minute > 9:
        return
    run, wanted = started(), play(history)
    for one in swapped:
        found = record(run, one)
        arrives = max(found.timestamp, run.wall)
        run.wall = arrives
        run.take(found._replace(timestamp=arrives))
    assert ended(run).levels == wanted.levels
    assert state_of(run) == wanted_state(history)


def state_of(run: JobRun) -> dict[str, Any]:
    found = {}
    for number in range(3):
        told = run.job.explain("acme", "helpdesk/acme", f"T-{number}")
        assert told is not None
        found[f"T-{number}"] = (told["status"], told["clocks"], told["conditions"], told["acts"])
    return found


def wanted_state(history: list[Happening]) -> dict[str, Any]:
    run = started()
    for one in history:
        run.take(record(run, one))
    ended(run)
    return state_of(run)


def test_the_versions_differ_in_what_they_promise() -> None:
    assert len({policy.hash for policy in VERSIONS}) == len(VERSIONS)
    assert all(isinstance(policy, Policy) for policy in VERSIONS)
