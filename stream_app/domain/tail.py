"""The tail of a conversation: its last steps, packed, so that late input can re-fold them.

A step takes 20 bytes: time, id hash, kind, and an index into the row's operand values.
"""

from struct import Struct
from typing import Final

from .steps import NO_OPERAND, Operand, Step

TAIL_STEPS: Final = 32  # late input is promised the ordered result within so many events
TAIL_SLACK: Final = 8  # a full tail moves this many steps to the base at once
_STEP: Final = Struct("<qQBxH")
_HASH_BYTES: Final = 8
_SEEN_BYTES: Final = TAIL_STEPS * _HASH_BYTES
_FULL: Final = (TAIL_STEPS + TAIL_SLACK) * _STEP.size


def pack(step: Step, values: list[Operand]) -> bytes:
    """One step as bytes; its operand is put into `values` unless it stands there."""
    if not step.operand:
        return _STEP.pack(step.time, step.cause, step.kind, 0)
    operand = step.operand
    for index, value in enumerate(values):
        if value == operand:
            return _STEP.pack(step.time, step.cause, step.kind, index + 1)
    values.append(operand)
    return _STEP.pack(step.time, step.cause, step.kind, len(values))


def unpack(tail: bytes, values: list[Operand]) -> list[Step]:
    """All steps of a tail, in order."""
    return [
        Step(time, kind, cause, values[index - 1] if index else NO_OPERAND)
        for time, cause, kind, index in _STEP.iter_unpack(tail)
    ]


def repack(steps: list[Step]) -> tuple[bytes, list[Operand]]:
    """A tail and its values from steps; values that nobody points to are left out."""
    values: list[Operand] = []
    return b"".join([pack(step, values) for step in steps]), values


def is_full(tail: bytes) -> bool:
    """Whether the base has to move on."""
    return len(tail) >= _FULL


def mark_of(cause: int) -> bytes:
    """An id hash as it stands among those that are remembered."""
    return cause.to_bytes(_HASH_BYTES, "little")


def has_seen(seen: bytes, mark: bytes) -> bool:
    """Whether an event of this id hash is among the last 32."""
    position = seen.find(mark) if seen else -1
    while position >= 0 and position % _HASH_BYTES:
        position = seen.find(mark, position + 1)
    return position >= 0


def forget(seen: bytes, mark: bytes) -> bytes:
    """The id hashes without one of them; others of the same event stay."""
    hashes = [seen[at : at + _HASH_BYTES] for at in range(0, len(seen), _HASH_BYTES)]
    if mark in hashes:
        hashes.remove(mark)
    return b"".join(hashes)


def remember(seen: bytes, mark: bytes) -> bytes:
    """The id hashes with one more, the oldest dropped when there are more than 32."""
    if len(seen) < _SEEN_BYTES:
        return seen + mark
    return seen[_HASH_BYTES:] + mark
