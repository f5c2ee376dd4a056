"""The broker double keeps Kafka's promises, or tests on it prove nothing."""

import pytest

from stream_app.engine.errors import FencedError
from stream_app.engine.job import Output
from stream_app.testing import MemoryBroker, MemoryRecord


def put(key: str, value: str | None = "v") -> Output:
    return Output("t", key.encode(), value.encode() if value is not None else None)


def keys(records: list[MemoryRecord]) -> list[bytes | None]:
    return [record.key for record in records]


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


def test_an_open_transaction_hides_itself_and_what_comes_after(broker: MemoryBroker) -> None:
    broker.append("t", 0, put("before"))
    epoch = broker.init_producer("id")
    broker.begin("id", epoch)
    broker.add("id", epoch, "t", 0, [put("inside")])
    broker.append("t", 0, put("after"))
    assert keys(broker.read("t", 0)) == [b"before"]
    broker.end("id", epoch, "committed")
    assert keys(broker.read("t", 0)) == [b"before", b"inside", b"after"]


def test_an_aborted_transaction_is_never_seen_but_takes_offsets(broker: MemoryBroker) -> None:
    epoch = broker.init_producer("id")
    broker.begin("id", epoch)
    broker.add("id", epoch, "t", 0, [put("gone")])
    broker.end("id", epoch, "aborted")
    assert broker.append("t", 0, put("next")) == 2  # the record and its marker
    assert keys(broker.read("t", 0)) == [b"next"]


def test_a_new_claimant_aborts_what_was_open_and_fences_the_old_one(broker: MemoryBroker) -> None:
    old = broker.init_producer("id")
    broker.begin("id", old)
    broker.add("id", old, "t", 0, [put("half")])
    broker.init_producer("id")
    assert broker.read("t", 0) == []
    for attempt in (
        lambda: broker.begin("id", old),
        lambda: broker.add("id", old, "t", 0, [put("late")]),
        lambda: broker.end("id", old, "committed"),
    ):
        with pytest.raises(FencedError):
            attempt()


def test_other_ids_are_not_fenced(broker: MemoryBroker) -> None:
    mine = broker.init_producer("mine")
    broker.init_producer("yours")
    broker.begin("mine", mine)


def test_compaction_keeps_the_newest_of_each_key_and_all_offsets(broker: MemoryBroker) -> None:
    for key, value in (("a", "1"), ("b", "1"), ("a", "2"), ("b", None)):
        broker.append("t", 0, put(key, value))
    broker.compact("t", 0)
    assert [(r.offset, r.key, r.value) for r in broker.read("t", 0)] == [
        (2, b"a", b"2"),
        (3, b"b", None),
    ]
    assert broker.append("t", 0, put("c")) == 4


def test_compaction_leaves_open_transactions_alone(broker: MemoryBroker) -> None:
    broker.append("t", 0, put("a", "old"))
    epoch = broker.init_producer("id")
    broker.begin("id", epoch)
    broker.add("id", epoch, "t", 0, [put("a", "new")])
    broker.compact("t", 0)
    broker.init_producer("id")
    assert [r.value for r in broker.read("t", 0)] == [b"old"]
