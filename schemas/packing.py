"""Rows and states of conversations as bytes, and back (`schemas.rows` says what is in them)."""

from typing import Any, Final

import msgspec

from schemas.rows import (
    ClockState,
    ConversationRow,
    ConversationState,
    NoClock,
    PlainClock,
    RowPeek,
)

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_state: Final = msgspec.msgpack.Decoder(ConversationState).decode
_decode_row: Final = msgspec.msgpack.Decoder(ConversationRow).decode
_decode_peek: Final = msgspec.msgpack.Decoder(RowPeek).decode
_NO_CLOCK: Final = NoClock()


def _slim(clocks: list[ClockState]) -> list[Any]:
    """Clocks without the fields that are default: a reader fills in what is missing at the end.

    Only a clock that may be promised, or that is traced, has a `started_at` or anything behind it.
    """
    return [
        _NO_CLOCK
        if not clock.status
        else clock
        if clock.started_at
        else PlainClock(
            clock.status, clock.instance, clock.breached, clock.counted, clock.elapsed, clock.since
        )
        for clock in clocks
    ]


def encode_state(state: ConversationState) -> bytes:
    """A state as bytes: the form in which a base is kept."""
    clocks = state.clocks
    state.clocks = _slim(clocks)
    try:
        return _encode(state)
    finally:
        state.clocks = clocks


def decode_state(data: bytes) -> ConversationState:
    """The inverse of `encode_state`."""
    return _decode_state(data)


def encode_row(row: ConversationRow) -> bytes:
    """The changelog value of a conversation."""
    clocks = row.state.clocks
    row.state.clocks = _slim(clocks)
    try:
        return _encode(row)
    finally:
        row.state.clocks = clocks


def decode_row(data: bytes) -> ConversationRow:
    """The inverse of `encode_row`. Raises msgspec.ValidationError for a foreign shape."""
    return _decode_row(data)


def peek_row(data: bytes) -> RowPeek:
    """The first fields of a row, without decoding the rest."""
    return _decode_peek(data)
