"""Instants, record keys, steps and tails: the small forms that everything else stands on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import events as wire
from schemas.instants import canonical, format_ms, parse_ms
from schemas.keys import control_key, decode_key, encode_key, join_parts, split_parts
from stream_app.domain import order, steps, tail
from stream_app.domain.steps import InvalidEventError, Step, to_step


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-09T16:30:00+01:00", 1767972600000),
        ("2026-01-09T15:30:00Z", 1767972600000),
        ("2026-01-09T15:30:00.007Z", 1767972600007),
        ("2026-01-09T15:30:00.0079999Z", 1767972600007),
        ("1969-12-31T23:59:59.500Z", -500),
    ],
)
def test_instants_are_read_to_the_millisecond(text: str, ms: int) -> None:
    assert parse_ms(text) == ms
    assert parse_ms(text) == ms  # from the cache as well


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-01-09T16:30:00", "2026-13-09T16:30:00Z", "2026-01-09T16:30:99Z"],
)
def test_an_instant_without_offset_or_sense_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_ms(text)


@given(st.integers(-(10**11), 4 * 10**12))
def test_instants_survive_the_wire(ms: int) -> None:
    assert parse_ms(format_ms(ms)) == ms


@pytest.mark.parametrize("between", ["T", "t", " "])
@pytest.mark.parametrize("offset", ["Z", "+00:00", "+05:30"])
@pytest.mark.parametrize("fraction", ["", ".5", ".250", ".999999"])
@given(second=st.integers(-60_000_000_000, 250_000_000_000))
def test_instants_are_read_alike_however_often_and_however_written(
    second: int, between: str, offset: str, fraction: str
) -> None:
    at = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).replace(tzinfo=None)
    text = f"{at.isoformat(between, 'seconds')}{fraction}{offset}"
    since = datetime.fromisoformat(text.upper()) - datetime(1970, 1, 1, tzinfo=UTC)
    wanted = since // timedelta(milliseconds=1)
    assert [parse_ms(text), parse_ms(text)] == [wanted, wanted]
    assert canonical(text, wanted) == format_ms(wanted)


def test_a_week_date_is_not_taken_for_the_canonical_text() -> None:
    assert canonical("2010-W13-3T14:59:42Z", parse_ms("2010-W13-3T14:59:42Z")) == (
        "2010-03-31T14:59:42Z"
    )


@given(st.text(), st.text(), st.text())
def test_record_keys_survive_any_character(tenant: str, source: str, native: str) -> None:
    key = encode_key(tenant, source, native)
    assert key.count(b"|") == 2
    assert decode_key(key) == (tenant, source, native)


@given(st.lists(st.text(), min_size=1))
def test_keys_of_any_number_of_parts_survive(parts: list[str]) -> None:
    assert split_parts(join_parts(*parts)) == parts


def test_a_key_with_another_number_of_parts_is_an_error() -> None:
    with pytest.raises(ValueError, match="three parts"):
        decode_key(b"a|b")


def test_a_control_key_meets_no_tenant() -> None:
    assert control_key(wire.CLOCK_LIVE, "a|b") == b"control|pegel.clock.live.v1|a%7Cb"


def message(**fields: object) -> wire.Data:
    return wire.Data(**({"message": "m", "direction": "in", "author": "customer"} | fields))  # type: ignore[arg-type]  # varied by the cases


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, steps.QUESTION),
        ({"kind": "text"}, steps.QUESTION),
        ({"kind": "hologram"}, steps.QUESTION),
        ({"kind": "reaction"}, steps.NOTE),
        ({"kind": "survey"}, steps.NOTE),
        ({"visibility": "private"}, steps.NOTE),
        ({"visibility": "internal"}, steps.NOTE),  # unknown, so not public
        ({"visibility": "public"}, steps.QUESTION),
        ({"author": "bot"}, steps.MESSAGE_IN),
        ({"direction": "out", "author": "agent"}, steps.REPLY),
        ({"direction": "out", "author": "agent", "kind": "note"}, steps.NOTE),
        ({"direction": "out", "author": "agent", "campaign": True}, steps.MESSAGE_OUT),
        ({"direction": "out", "author": "bot"}, steps.BOT_REPLY),
        ({"direction": "out", "author": "system"}, steps.MESSAGE_OUT),
    ],
)
def test_what_a_message_is_to_a_clock(fields: dict[str, object], kind: int) -> None:
    assert steps.message_kind(message(**fields)) == kind


def event(event_type: str, **fields: object) -> wire.Event:
    return wire.Event(
        id="1",
        source="a/b",
        type=event_type,
        subject="T",
        time="2026-01-09T15:30:00Z",
        data=wire.Data(**fields),  # type: ignore[arg-type]  # varied by the cases
    )


def test_unknown_enum_values_become_other_or_open() -> None:
    step = to_step(event(wire.TICKET_PRIORITY_CHANGED, to="whenever"), 0, 1)
    assert step is not None
    assert step.operand == ["other"]
    step = to_step(event(wire.TICKET_STATUS_CHANGED, to="thinking"), 0, 1)
    assert step is not None
    assert step.operand == ["open", 0]


def test_an_unassigned_ticket_differs_from_an_unchanged_assignee() -> None:
    cleared = to_step(event(wire.TICKET_ASSIGNED, assignee=None), 0, 1)
    unchanged = to_step(event(wire.TICKET_ASSIGNED, team="t"), 0, 1)
    assert cleared is not None
    assert unchanged is not None
    assert (cleared.operand, unchanged.operand) == ([None, ""], ["t", None])


def test_a_bad_instant_in_the_data_names_its_field() -> None:
    with pytest.raises(InvalidEventError) as caught:
        to_step(event(wire.TICKET_STATUS_CHANGED, to="snoozed", snoozed_until="soon"), 0, 1)
    assert caught.value.path == "$.data.snoozed_until"


def test_types_that_are_none_of_ours_give_no_step() -> None:
    assert to_step(event("customer.created.v1"), 0, 1) is None


STEPS = st.builds(
    Step,
    st.integers(0, 2**40),
    st.sampled_from([steps.QUESTION, steps.NOTE, steps.CREATED, steps.MERGED, steps.DELETED]),
    st.integers(0, 2**64 - 1),
    st.sampled_from([[], ["open", 0], ["email", None, None], [["a"], []]]),
) | st.builds(
    Step,
    st.integers(0, 2**40),
    st.just(steps.STATUS),
    st.integers(0, 2**64 - 1),
    st.sampled_from([["open", 0], ["merged", 0], ["deleted", 0], ["spam", 0]]),
)


@given(st.lists(STEPS, max_size=40))
def test_a_tail_keeps_its_steps(written: list[Step]) -> None:
    packed, values = tail.repack(written)
    assert tail.unpack(packed, values) == written
    assert len(packed) == 20 * len(written)


@given(st.lists(STEPS, max_size=20), STEPS)
def test_a_step_is_put_after_its_equals(written: list[Step], late: Step) -> None:
    ordered = sorted(written, key=lambda step: (step.time, steps.rank(step)))
    order.insert(ordered, late)
    orders = [(step.time, steps.rank(step)) for step in ordered]
    assert orders == sorted(orders)
    place = max(i for i, step in enumerate(ordered) if step is late)
    assert (late.time, steps.rank(late)) not in orders[place + 1 :]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=50))
def test_the_last_32_ids_are_remembered(causes: list[int]) -> None:
    seen = b""
    for cause in causes:
        seen = tail.remember(seen, tail.mark_of(cause))
    assert all(tail.has_seen(seen, tail.mark_of(cause)) for cause in causes[-32:])
    assert len(seen) <= 32 * 8


def test_an_id_is_not_found_across_two_others() -> None:
    first, second = map(tail.mark_of, (0x1122334455667788, 0x99AABBCCDDEEFF00))
    seen = tail.remember(tail.remember(b"", first), second)
    assert not tail.has_seen(seen, seen[4:12])
