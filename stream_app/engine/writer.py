"""Writes flushes to Kafka: one transaction each, or, on brokers without them, one batch per table.

What errors mean here
    fenced      another owner has claimed the id, the broker has timed the transaction out, or nobody can
                say whether it was committed: the state is dropped and read again
    retriable   the transaction is aborted and the same flush is written again, for `retry_seconds`
    the rest    ends the process
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import aiokafka
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownError,
    UnsupportedVersionError,
)

from stream_app.engine.deadletters import is_dead_letter, without_value
from stream_app.engine.errors import FatalError, FencedError
from stream_app.engine.internals import is_fenced, patient_coordinator_lookup
from stream_app.engine.job import Output
from stream_app.engine.limits import Limits
from stream_app.engine.log import Flush
from stream_app.engine.packing import Batch, firsts_first, pack_outputs, pack_rows
from stream_app.engine.status import Timings

LOST = (
    ProducerFenced,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    OutOfOrderSequenceNumber,
)
FORBIDDEN = (TopicAuthorizationFailedError, TransactionalIdAuthorizationFailed)


def _ignore(_: str) -> None:
    """No failpoint."""


@dataclass(frozen=True, slots=True)
class WriterConfig:
    """Where and as whom to write."""

    bootstrap: tuple[str, ...]
    transactional_id: str
    limits: Limits = field(default_factory=Limits)
    timings: Timings = field(default_factory=Timings)
    probe: Callable[[str], None] = _ignore


class KafkaWriter:
    """What both ways of writing share: packing, retrying, and saying what an error means."""

    fencing = True

    def __init__(self, config: WriterConfig) -> None:
        self.config = config
        self.closed = False
        self._bare_letters = False  # the dead-letter topic refuses records of this size
        self.producer: aiokafka.AIOKafkaProducer = self._new_producer()

    def _new_producer(self) -> aiokafka.AIOKafkaProducer:
        raise NotImplementedError

    async def _attempt(self, flush: Flush) -> None:
        raise NotImplementedError

    async def claim(self) -> None:
        """Start the producer; with transactions this fences the former owner."""
        try:
            await asyncio.wait_for(self.producer.start(), self.config.limits.retry_seconds)
        except (KafkaError, TimeoutError) as exc:
            raise FatalError(f"{self.config.transactional_id}: no claim: {_name(exc)}") from exc

    async def write(self, flush: Flush) -> None:
        """Write until it is done or the time is up."""
        started = time.monotonic()
        limit = self.config.limits.retry_seconds
        while (left := limit - (time.monotonic() - started)) > 0:
            try:
                await asyncio.wait_for(self._attempt(flush), left)
                return
            except TimeoutError:
                break
            except KafkaError as exc:
                flush = await self._judge(flush, exc)
            await asyncio.sleep(0.1)
        raise self._fatal(f"a flush was not taken for {limit:g} s")

    async def close(self) -> None:
        """Stop the producer without waiting long; an open transaction dies by the next claim."""
        self.closed = True
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.producer.stop(), 5)

    async def _judge(self, flush: Flush, exc: KafkaError) -> Flush:
        """The flush to write again; raises when there is none."""
        if isinstance(exc, LOST):
            raise FencedError(_name(exc)) from exc
        if isinstance(exc, MessageSizeTooLargeError) and self._may_bare(flush):
            self._bare_letters = True
            letters = [without_value(o) if is_dead_letter(o.topic) else o for o in flush.outputs]
            return replace(flush, outputs=letters)
        if not exc.retriable:
            raise self._fatal(f"the broker refused a flush: {_name(exc)}") from exc
        return flush

    def _may_bare(self, flush: Flush) -> bool:
        return not self._bare_letters and any(is_dead_letter(o.topic) for o in flush.outputs)

    def _fatal(self, why: str) -> FatalError:
        return FatalError(f"{self.config.transactional_id}: {why}")

    # -- sending --------------------------------------------------------------------------------

    def row_batches(self, flush: Flush) -> list[Batch]:
        """The changelog rows as record batches, in order."""
        started = time.thread_time()
        packed = pack_rows(self.producer.create_batch, flush)
        self.config.timings.build_seconds += time.thread_time() - started
        return packed

    async def output_batches(self, outputs: Sequence[Output]) -> list[Batch]:
        """The outputs as record batches, in order within each partition."""
        counts = {topic: await self._count(topic) for topic in {o.topic for o in outputs}}
        started = time.thread_time()
        packed = pack_outputs(self.producer.create_batch, outputs, counts)
        self.config.timings.build_seconds += time.thread_time() - started
        return packed

    async def _count(self, topic: str) -> int:
        partitions = await self.producer.partitions_for(topic)
        return len(partitions)

    async def send(self, batches: Sequence[Batch]) -> None:
        """Send them all and await every delivery; raises the first failure.

        aiokafka commits a transaction although one of its batches was refused, so nothing may be
        left unasked.
        """
        futures: list[Awaitable[Any]] = []
        for topic, partition, batch in firsts_first(batches):
            futures.append(await self.producer.send_batch(batch, topic, partition=partition))
            self.config.probe("sent")
        for result in await asyncio.gather(*futures, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result


class TransactionWriter(KafkaWriter):
    """One Kafka transaction per flush; the broker fences former owners."""

    def _new_producer(self) -> aiokafka.AIOKafkaProducer:
        limits = self.config.limits
        producer = aiokafka.AIOKafkaProducer(
            bootstrap_servers=list(self.config.bootstrap),
            transactional_id=self.config.transactional_id,
            transaction_timeout_ms=int(limits.transaction_seconds * 1000),
            acks="all",
            linger_ms=0,
            retry_backoff_ms=20,  # also the wait while a predecessor's transaction is being aborted
            max_batch_size=limits.batch_bytes,
            max_request_size=64 << 20,
            request_timeout_ms=15_000,
        )
        patient_coordinator_lookup(producer, lambda: self.closed)
        return producer

    async def _attempt(self, flush: Flush) -> None:
        if self.closed or is_fenced(self.producer):
            raise ProducerFenced
        batches = self.row_batches(flush) + await self.output_batches(flush.outputs)
        try:
            await self.producer.begin_transaction()
            await self.send(batches)
        except AssertionError as exc:  # aiokafka's word for "not in the state to do that"
            raise ProducerFenced from exc
        except KafkaError as exc:
            await self._abort(exc)
            raise
        self.config.probe("before_commit")
        await self._commit()

    async def _commit(self) -> None:
        try:
            await self.producer.commit_transaction()
        except FORBIDDEN:
            raise
        except (KafkaError, AssertionError) as exc:
            raise ProducerFenced from exc  # committed or not: only the log knows

    async def _abort(self, cause: KafkaError) -> None:
        if isinstance(cause, LOST) or is_fenced(self.producer):
            raise ProducerFenced from cause
        try:
            await self.producer.abort_transaction()
        except (KafkaError, AssertionError) as exc:
            raise ProducerFenced from exc


class PlainWriter(KafkaWriter):
    """For brokers without transactions: rows and meta row first, then outputs. No fencing."""

    fencing = False

    def _new_producer(self) -> aiokafka.AIOKafkaProducer:
        limits = self.config.limits
        return aiokafka.AIOKafkaProducer(
            bootstrap_servers=list(self.config.bootstrap),
            acks="all",
            linger_ms=0,
            max_batch_size=limits.batch_bytes,
            max_request_size=64 << 20,
            request_timeout_ms=10_000,
        )

    async def _attempt(self, flush: Flush) -> None:
        if self.closed:
            raise ProducerFenced
        await self.send(self.row_batches(flush))
        self.config.probe("before_commit")
        await self.send(await self.output_batches(flush.outputs))


async def has_transactions(config: WriterConfig) -> bool:
    """Ask the broker once, by starting a transactional producer that writes nothing."""
    writer = TransactionWriter(config)
    sender = logging.getLogger("aiokafka.producer.sender")
    level = sender.level
    sender.setLevel(logging.CRITICAL)  # a "no" is an answer here, not an error
    try:
        await asyncio.wait_for(writer.producer.start(), config.limits.retry_seconds)
    except (UnknownError, UnsupportedVersionError):  # also: request not known at all
        return False
    except (KafkaError, TimeoutError) as exc:
        raise FatalError(f"no answer from {','.join(config.bootstrap)}: {_name(exc)}") from exc
    finally:
        sender.setLevel(level)
        await writer.close()
    return True


def _name(exc: BaseException) -> str:
    return f"{type(exc).__name__} {exc}".strip()[:200]
