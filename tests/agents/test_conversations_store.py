"""The store of a source partition: hot and packed rows, wake-ups, tombstones."""

from agents.conversations import store as stores
from agents.conversations.store import Store
from schemas.packing import decode_row
from stream_app.domain import steps
from stream_app.domain.fold import Conversation, ingest, run_timers
from stream_app.domain.ingested import Moment
from stream_app.domain.rules import Rulebook, compile_rules
from stream_app.domain.steps import Step
from stream_app.domain.turn import Turn
from tests.support.talk import HOUR, clock, make_policy, within

TURN = Turn(Rulebook(compile_rules(make_policy({"first_reply": within(HOUR)}))), "acme")
NINE = clock("09:00")


def add(store: Store, key: bytes, at: int, cause: int = 1) -> Conversation:
    conversation = store.get(key) or store.create(key)
    operand: steps.Operand = ["email", "new", "normal", "", "customer", [], None]
    ingest(conversation, Step(at, steps.CREATED, cause, operand), Moment(at, at - HOUR), TURN)
    touch(store, key, conversation)
    return conversation


def touch(store: Store, key: bytes, conversation: Conversation) -> None:
    store.dirty.add(key)
    store.schedule("acme", key, conversation)


def test_a_flush_encodes_what_was_touched_once() -> None:
    store = Store()
    add(store, b"a", NINE)
    add(store, b"a", NINE, cause=2)
    [(key, value)] = store.collect()
    assert key == b"a"
    assert value is not None
    assert decode_row(value).state.created_at == NINE
    assert store.collect() == []


def test_quiet_conversations_are_packed_and_come_back_as_they_were() -> None:
    store = Store()
    for number in range(stores.HOT_LIMIT + 10):
        add(store, b"%d" % number, NINE)
    store.collect()
    packed = [key for key, row in store.rows.items() if isinstance(row, bytes)]
    assert len(packed) == 10
    conversation = store.get(packed[0])
    assert conversation is not None
    assert conversation.state.created_at == NINE
    assert conversation.base is not None


def test_a_packed_row_loses_its_tail_once_it_is_older_than_the_lateness() -> None:
    store = Store()
    for number in range(stores.HOT_LIMIT + 1):
        add(store, b"%d" % number, NINE)
    store.collect()
    store.cool(horizon=NINE)
    [row] = [row for row in store.rows.values() if isinstance(row, bytes)]
    assert decode_row(row).tail != b""
    store.cool(horizon=NINE + 1)
    [row] = [row for row in store.rows.values() if isinstance(row, bytes)]
    assert decode_row(row).tail == b""
    assert decode_row(row).base is None


def test_wake_ups_come_in_order_and_only_when_due() -> None:
    store = Store()
    add(store, b"later", NINE + 1000)
    add(store, b"sooner", NINE)
    assert list(store.due("acme", NINE + HOUR)) == []
    assert [key for key, _ in store.due("acme", NINE + HOUR + 1)] == [b"sooner"]


def test_an_entry_that_lost_its_meaning_is_put_back_for_the_real_moment() -> None:
    store = Store()
    conversation = add(store, b"a", NINE)
    reply = Step(NINE + 1000, steps.REPLY, 2, ["email", None, None])
    ingest(conversation, reply, Moment(NINE + 1000, 0), TURN)
    touch(store, b"a", conversation)
    assert list(store.due("acme", NINE + 2 * HOUR)) == []
    assert store.heaps["acme"] == [(conversation.state.next_wake, b"a")]


def test_heaps_are_trimmed_when_stale_entries_pile_up() -> None:
    store = Store()
    conversation = add(store, b"a", NINE)
    store.heaps["acme"] = [(NINE + n, b"gone") for n in range(3000)] + [
        (conversation.state.next_wake, b"a")
    ]
    store.trim_heaps()
    assert store.heaps["acme"] == [(conversation.state.next_wake, b"a")]


def test_an_expired_row_becomes_a_tombstone_and_is_forgotten() -> None:
    store = Store()
    conversation = add(store, b"a", NINE)
    run_timers(conversation, NINE + 401 * 24 * HOUR, TURN)
    touch(store, b"a", conversation)
    assert store.collect() == [(b"a", None)]
    assert store.rows == {}
    assert list(store.due("acme", NINE + 500 * 24 * HOUR)) == []


def test_recovered_rows_are_scheduled_again() -> None:
    store = Store()
    add(store, b"acme|s|a", NINE)
    [(key, value)] = store.collect()
    other = Store()
    other.load(key, value)
    [(found, identity, peek)] = list(other.restored())
    assert (found, identity.id, peek.channel) == (key, "a", "email")
    assert [key for key, _ in other.due("acme", NINE + HOUR + 1)] == [b"acme|s|a"]


def test_a_tombstone_in_the_changelog_takes_a_row_away() -> None:
    store = Store()
    store.load(b"a", b"row")
    store.load(b"a", None)
    assert store.rows == {}


def test_a_conversation_touched_again_stays_hot() -> None:
    store = Store()
    add(store, b"first", NINE)
    store.collect()
    for number in range(stores.HOT_LIMIT):
        add(store, b"%d" % number, NINE)
    add(store, b"first", NINE + 1, cause=2)
    store.collect()
    packed = [key for key, row in store.rows.items() if isinstance(row, bytes)]
    assert len(packed) == 1
    assert packed != [b"first"]
