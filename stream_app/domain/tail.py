"""The tail of a conversation: its last steps, packed, so that late input can re-fold them.

A step takes 20 bytes: time, id hash, kind, and an index into the row's operand values.
"""

from struct import Struct
from typing import Final

from .steps import NO_OPERAND, RANK, Operand, Step

TAIL_STEPS: Final = 32  # late input is promised the ordered result within so many events
TAIL_SLACK: Final = 8  # a full tail moves this many steps to the base at once
_STEP: Final = Struct("<qQBxH")
_HASH: Final = Struct("<Q")
_SEEN_BYTES: Final = TAIL_STEPS * _HASH.size


def pack(step: Step, values: list[Operand]) -> bytes:
    """One step as bytes; its operand is put into `values` unless it stands there."""
    if not step.operand:
        return _STEP.pack(step.time, step.cause, step.kind, 0)
    try:
        index = values.index(step.operand)
    except ValueError:
        index = len(values)
        values.append(step.operand)
    return _STEP.pack(step.time, step.cause, step.kind, index + 1)


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
    return len(tail) >= (TAIL_STEPS + TAIL_SLACK) * _STEP.size


def insert(steps: list[Step], step: Step) -> None:
    """Put a step where it belongs: by time, then rank; equals keep their order of arrival."""
    order = (step.time, RANK[step.kind])
    index = len(steps)
    while index and (steps[index - 1].time, RANK[steps[index - 1].kind]) > order:
        index -= 1
    steps.insert(index, step)


def has_seen(seen: bytes, cause: int) -> bool:
    """Whether an event of this id hash is among the last 32."""
    needle = _HASH.pack(cause)
    position = seen.find(needle)
    while position >= 0 and position % _HASH.size:
        position = seen.find(needle, position + 1)
    return position >= 0


def forget(seen: bytes, cause: int) -> bytes:
    """The id hashes without one."""
    hashes = [seen[at : at + _HASH.size] for at in range(0, len(seen), _HASH.size)]
    return b"".join(one for one in hashes if one != _HASH.pack(cause))


def remember(seen: bytes, cause: int) -> bytes:
    """The id hashes with one more, the oldest dropped when there are more than 32."""
    return (seen + _HASH.pack(cause))[-_SEEN_BYTES:]
