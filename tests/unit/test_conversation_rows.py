"""How clocks are kept: rows of fewer clocks still load, and clocks without a promise take little room."""

from copy import copy

import msgspec
import pytest

from schemas.packing import decode_row, decode_state, encode_row, encode_state
from schemas.rows import ClockForm, ConditionState, StateForm
from schemas.states import ClockState, ConversationState
from stream_app.domain.clocks import CLOCK_NAMES
from stream_app.domain.fold import Conversation, from_row
from tests.support.talk import HOUR, MINUTE, Talk, clock, make_policy, within


def talked() -> Talk:
    talk = Talk(make_policy({"first_reply": within(HOUR), "full_resolution": within(24 * HOUR)}))
    talk.created("09:00")
    talk.replies("09:10")
    talk.asks("09:20")
    talk.status("09:30", "pending_customer")
    return talk


def test_a_row_is_read_back_as_it_was_written() -> None:
    conversation = talked().conversation
    row = decode_row(encode_row(conversation.row()))
    assert row == conversation.row()
    assert decode_state(encode_state(conversation.state)) == conversation.state


def test_writing_a_row_leaves_the_conversation_as_it_was() -> None:
    conversation = talked().conversation
    before = list(conversation.state.clocks)
    encode_row(conversation.row())
    encode_state(conversation.state)
    assert all(a is b for a, b in zip(conversation.state.clocks, before, strict=True))


def test_a_clock_without_a_promise_takes_a_few_bytes() -> None:
    whole = talked().state
    few = copy(whole)
    few.clocks = whole.clocks[:3]
    more = len(encode_state(whole)) - len(encode_state(few))
    assert len(whole.clocks) == len(CLOCK_NAMES) == 10
    assert more < 7 * 20


def three_clocks(state: ConversationState) -> bytes:
    """A state as it was written when there were three clocks, each with all its fields."""
    return msgspec.msgpack.encode(state.values([clock.values() for clock in state.clocks[:3]]))


def test_a_row_of_three_clocks_goes_on_and_the_others_never_began() -> None:
    talk = talked()
    data = three_clocks(talk.state)
    row: tuple[object, ...] = (1, msgspec.Raw(data), data, b"", [], b"", 0)
    talk.conversation = from_row(decode_row(msgspec.msgpack.encode(row)))
    assert [talk.shows(name) for name in CLOCK_NAMES[3:]] == ["idle"] * 7
    talk.replies("10:00")
    assert talk.shows("periodic_update") == "running"
    talk.status("11:00", "solved")
    assert talk.elapsed("full_resolution") == 120
    assert talk.shows("requester_wait") == "idle"


def test_late_input_folds_a_base_of_three_clocks() -> None:
    talk = Talk(make_policy({"next_reply": within(HOUR)}))
    talk.created("09:00")
    base = three_clocks(talk.state)
    talk.conversation = Conversation(decode_state(base), base)
    talk.conversation = from_row(talk.conversation.row())
    talk.replies("09:05")
    assert talk.send("09:04", 7, ["email", None, None], arrives="09:06") == "refolded"
    assert talk.shows("first_reply") == "fulfilled"


def test_a_promise_that_comes_later_counts_from_what_is_known() -> None:
    talk = talked()
    wait = talk.clock("requester_wait")
    assert (wait.started_at, wait.elapsed) == (0, 30 * MINUTE)
    policy = make_policy({"requester_wait": within(HOUR)}, version="v2")
    fresh = Talk(policy, talk.conversation, _sent=100)
    fresh.status("10:00", "open")
    assert fresh.clock("requester_wait").due == clock("10:30")
    fresh.until("10:30")
    assert fresh.shows("requester_wait") == "breached"
    assert decode_state(encode_state(fresh.state)) == fresh.state


def test_a_clock_that_never_began_is_one_byte() -> None:
    idle = ConversationState()
    idle.clocks = [ClockState() for _ in CLOCK_NAMES]
    assert len(encode_state(idle)) - len(encode_state(ConversationState())) == len(CLOCK_NAMES)


def test_what_the_core_works_on_has_the_fields_of_a_row_in_its_order() -> None:
    assert ClockState().values() == msgspec.structs.astuple(ClockForm())
    assert ConversationState().values([]) == msgspec.structs.astuple(StateForm())
    for state, form in ((ClockState, ClockForm), (ConversationState, StateForm)):
        assert sorted(state.__slots__) == sorted(form.__struct_fields__)


@pytest.mark.parametrize("name", ClockForm.__struct_fields__)
def test_each_field_of_a_clock_is_read_back_into_its_own(name: str) -> None:
    state, one = ConversationState(), ClockState()
    one.status = one.started_at = 1
    given = {"reason": "late", "spans": ((1, 2, "always"),), "breached": True, "counted": True}
    setattr(one, name, given.get(name, 7))
    state.clocks = [one]
    read = decode_state(encode_state(state)).clocks[0]
    assert read == one
    assert getattr(read, name) == given.get(name, 7)


@pytest.mark.parametrize("name", [n for n in StateForm.__struct_fields__ if n != "clocks"])
def test_each_field_of_a_state_is_read_back_into_its_own(name: str) -> None:
    state, value = ConversationState(), sample(name)
    setattr(state, name, value)
    read = decode_state(encode_state(state))
    assert read == state
    assert getattr(read, name) == value


def sample(name: str) -> object:
    """Another value than the default of a field of a state."""
    lists: dict[str, object] = {
        "tags": ["vip"],
        "handled": ["self_served", "chat", "", ""],
        "acts": [(1, "excluded", "ada", "test")],
        "conditions": [ConditionState("old")],
    }
    default = getattr(ConversationState(), name)
    if isinstance(default, bool):
        return not default
    return lists.get(name) or (default + 7 if isinstance(default, int) else f"a {name}")
