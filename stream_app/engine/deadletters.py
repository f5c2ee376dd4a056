"""Turns a rejected record into a record of the dead-letter topic: same bytes, why as headers."""

from dataclasses import dataclass

from stream_app.engine.job import Output, Record, Rejected

SUFFIX = ".dlq"
OMITTED = "dlq.value.omitted"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who rejects, as the headers name it."""

    group: str
    version: str


def dead_letter(rejected: Rejected, sender: Sender) -> Output:
    """The record for `<topic>.dlq`: same partition, key and value, the original headers kept."""
    record = rejected.record
    return Output(
        topic=record.topic + SUFFIX,
        key=record.key,
        value=record.value,
        partition=record.partition,
        headers=(*record.headers, *_headers(record, rejected, sender)),
    )


def without_value(output: Output) -> Output:
    """The same dead letter without its bytes, for a topic that refuses them; they stay at the source."""
    size = len(output.value or b"")
    return output._replace(value=None, headers=(*output.headers, (OMITTED, str(size).encode())))


def is_dead_letter(topic: str) -> bool:
    return topic.endswith(SUFFIX)


def _headers(record: Record, rejected: Rejected, sender: Sender) -> tuple[tuple[str, bytes], ...]:
    texts = {
        "dlq.original.topic": record.topic,
        "dlq.original.partition": str(record.partition),
        "dlq.original.offset": str(record.offset),
        "dlq.original.timestamp": str(record.timestamp),
        "dlq.error.code": rejected.code,
        "dlq.error.path": rejected.path,
        "dlq.error.message": rejected.message,
        "dlq.consumer.group": sender.group,
        "dlq.app.version": sender.version,
    }
    return tuple((name, text.encode()) for name, text in texts.items())
