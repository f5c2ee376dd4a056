"""What the errors of a producer mean: fenced, once more, or the end. The producer is a fake."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.errors import (
    InvalidTxnState,
    KafkaError,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
    ProducerFenced,
    TopicAuthorizationFailedError,
)
from aiokafka.producer.message_accumulator import BatchBuilder

from stream_app.engine.deadletters import OMITTED
from stream_app.engine.errors import FatalError, FencedError
from stream_app.engine.job import Output
from stream_app.engine.limits import Limits
from stream_app.engine.log import Flush
from stream_app.engine.packing import firsts_first, pack_outputs, pack_rows, partition_of
from stream_app.engine.writer import PlainWriter, TransactionWriter, WriterConfig

Sent = list[tuple[str, int, int]]
LIMITS = Limits(retry_seconds=0.6, batch_bytes=500)


class FakeManager:
    """The part of aiokafka's transaction manager that is asked."""

    fatal = False

    def is_fatal_error(self) -> bool:
        return self.fatal


class FakeProducer:
    """Takes batches, and fails as told: `errors` are raised by the sends one after the other."""

    def __init__(self) -> None:
        self._txn_manager = FakeManager()
        self.errors: list[Exception | None] = []
        self.commit_error: Exception | None = None
        self.sent: Sent = []
        self.bytes: list[bytes] = []
        self.calls: list[str] = []
        self.hang = False

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(LIMITS.batch_bytes, 0)

    async def partitions_for(self, _: str) -> set[int]:
        return {0, 1, 2, 3}

    async def begin_transaction(self) -> None:
        self.calls.append("begin")

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            future.set_exception(error)
        elif not self.hang:
            future.set_result(None)
            self.sent.append((topic, partition, batch.record_count()))
            self.bytes.append(bytes(batch._build()))
        return future

    async def commit_transaction(self) -> None:
        self.calls.append("commit")
        if self.commit_error is not None:
            raise self.commit_error

    async def abort_transaction(self) -> None:
        self.calls.append("abort")

    async def stop(self) -> None:
        self.calls.append("stop")


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> FakeProducer:
    fake = FakeProducer()
    monkeypatch.setattr(TransactionWriter, "_new_producer", lambda _: fake)
    monkeypatch.setattr(PlainWriter, "_new_producer", lambda _: fake)
    return fake


def transactional() -> TransactionWriter:
    return TransactionWriter(WriterConfig(("broker:9092",), "app-toy-1", LIMITS))


def flush(*outputs: Output, rows: int = 1) -> Flush:
    return Flush(1, {"log": [(b"k%d" % i, b"v" * 40) for i in range(rows)]}, list(outputs))


async def test_a_flush_is_one_transaction_of_all_its_batches(producer: FakeProducer) -> None:
    await transactional().write(flush(Output("out", b"a", b"1", 3), Output("out", b"b", b"2", 3)))
    assert producer.calls == ["begin", "commit"]
    assert producer.sent == [("log", 1, 1), ("out", 3, 2)]


async def test_a_large_flush_takes_several_batches_and_loses_no_row(producer: FakeProducer) -> None:
    await transactional().write(flush(rows=50))
    counts = [count for _, _, count in producer.sent]
    assert len(counts) > 2
    assert sum(counts) == 50


async def test_a_refused_batch_aborts_and_is_tried_again(producer: FakeProducer) -> None:
    producer.errors = [NotEnoughReplicasError()]
    await transactional().write(flush())
    assert producer.calls == ["begin", "abort", "begin", "commit"]


async def test_nothing_is_committed_when_any_batch_was_refused(producer: FakeProducer) -> None:
    producer.errors = [None, TopicAuthorizationFailedError("out")]
    with pytest.raises(FatalError, match="TopicAuthorizationFailed"):
        await transactional().write(flush(Output("out", b"a", b"1", 0)))
    assert "commit" not in producer.calls


@pytest.mark.parametrize("error", [ProducerFenced(), InvalidTxnState()])
async def test_a_fenced_producer_means_a_lost_partition(
    producer: FakeProducer, error: KafkaError
) -> None:
    producer.errors = [error]
    with pytest.raises(FencedError):
        await transactional().write(flush())


async def test_a_commit_of_unknown_outcome_means_a_lost_partition(producer: FakeProducer) -> None:
    producer.commit_error = KafkaError("connection closed")
    with pytest.raises(FencedError):
        await transactional().write(flush())


async def test_a_producer_that_aiokafka_has_given_up_is_not_asked_again(
    producer: FakeProducer,
) -> None:
    producer._txn_manager.fatal = True
    with pytest.raises(FencedError):
        await transactional().write(flush())
    assert producer.calls == []


async def test_errors_that_stay_end_the_process_when_the_time_is_up(producer: FakeProducer) -> None:
    producer.errors = [NotEnoughReplicasError() for _ in range(1000)]
    with pytest.raises(FatalError, match=r"not taken for 0\.6 s"):
        await transactional().write(flush())


async def test_a_broker_that_never_answers_ends_the_process(producer: FakeProducer) -> None:
    producer.hang = True
    with pytest.raises(FatalError, match=r"not taken for 0\.6 s"):
        await transactional().write(flush())


async def test_a_dead_letter_that_its_topic_refuses_goes_without_its_bytes(
    producer: FakeProducer,
) -> None:
    producer.errors = [None, MessageSizeTooLargeError()]
    writer = transactional()
    await writer.write(flush(Output("in.dlq", b"k", b"x" * 900, 1)))
    assert producer.calls == ["begin", "abort", "begin", "commit"]
    assert OMITTED.encode() in producer.bytes[-1]
    assert b"900" in producer.bytes[-1]
    assert b"xxx" not in producer.bytes[-1]


async def test_an_output_that_its_topic_refuses_ends_the_process(producer: FakeProducer) -> None:
    producer.errors = [None, MessageSizeTooLargeError()]
    with pytest.raises(FatalError, match="MessageSizeTooLarge"):
        await transactional().write(flush(Output("out", b"k", b"x" * 900, 1)))


async def test_without_transactions_rows_are_delivered_before_outputs(
    producer: FakeProducer,
) -> None:
    points: list[str] = []
    config = WriterConfig(("broker:9092",), "app-toy-1", LIMITS)
    config = replace(config, probe=lambda point: points.append(f"{point} {len(producer.sent)}"))
    await PlainWriter(config).write(flush(Output("out", b"a", b"1", 0)))
    assert points == ["sent 1", "before_commit 1", "sent 2"]
    assert producer.calls == []


async def test_a_closed_writer_writes_nothing(producer: FakeProducer) -> None:
    for make in (TransactionWriter, PlainWriter):
        writer = make(WriterConfig(("broker:9092",), "app-toy-1", LIMITS))
        await writer.close()
        with pytest.raises(FencedError):
            await writer.write(flush())
    assert producer.sent == []


def builder() -> Callable[[], BatchBuilder]:
    return lambda: BatchBuilder(LIMITS.batch_bytes, 0)


def test_outputs_without_a_partition_go_where_the_java_client_would_send_them() -> None:
    outputs = [
        Output("out", key.encode(), b"1") for key in ("21", "foobar", "a-little-bit-long-string")
    ]
    packed = pack_outputs(builder(), outputs, {"out": 1000})
    # murmur2 as in Kafka's UtilsTest: -973932308, -790332482, -985981536
    expected = [(number & 0x7FFFFFFF) % 1000 for number in (-973932308, -790332482, -985981536)]
    assert [partition for _, partition, _ in packed] == expected
    assert partition_of(None, 7) == 0


def test_a_row_larger_than_a_batch_has_a_batch_of_its_own() -> None:
    large = Flush(0, {"log": [(b"a", b"x"), (b"b", b"x" * 2_000), (b"c", b"x")]})
    assert [batch.record_count() for _, _, batch in pack_rows(builder(), large)] == [1, 1, 1]


def test_the_first_batch_of_each_partition_comes_before_second_ones() -> None:
    batches = [("log", 0, 1), ("log", 0, 2), ("out", 0, 3), ("log", 0, 4), ("out", 1, 5)]
    assert [number for _, _, number in firsts_first(batches)] == [1, 3, 5, 2, 4]
