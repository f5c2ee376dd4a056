"""Rows and states of conversations as bytes, and back (`schemas.rows` says how they are packed)."""

from typing import Any, Final

import msgspec

from schemas.rows import ClockForm, RowForm, RowPeek, StateForm
from schemas.states import ClockState, ConversationRow, ConversationState

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_state: Final = msgspec.msgpack.Decoder(StateForm).decode
_decode_row: Final = msgspec.msgpack.Decoder(RowForm).decode
_decode_peek: Final = msgspec.msgpack.Decoder(RowPeek).decode
_fields: Final = msgspec.structs.astuple


def _form(state: ConversationState) -> tuple[Any, ...]:
    """A state as it is packed. Of clocks fields that are default are left out at the end.

    Only a clock that may be promised, or that is traced, has a `started_at` or anything behind it.
    """
    clocks: list[tuple[Any, ...]] = [
        ()
        if not clock.status
        else clock.values()
        if clock.started_at
        else (
            clock.status, clock.instance, clock.breached, clock.counted, clock.elapsed, clock.since,
        )
        for clock in state.clocks
    ]  # fmt: skip
    return state.values(clocks)


def _state(form: StateForm) -> ConversationState:
    state = ConversationState()
    state.load(_fields(form), [_clock(clock) for clock in form.clocks])
    return state


def _clock(form: ClockForm) -> ClockState:
    clock = ClockState()
    if form.status:
        clock.load(_fields(form))
    return clock


def encode_state(state: ConversationState) -> bytes:
    """A state as bytes: the form in which a base is kept."""
    return _encode(_form(state))


def decode_state(data: bytes) -> ConversationState:
    """The inverse of `encode_state`."""
    return _state(_decode_state(data))


def encode_row(row: ConversationRow) -> bytes:
    """The changelog value of a conversation."""
    version, state, base, tail, values, seen, generation = row
    return _encode((version, _form(state), base, tail, values, seen, generation))


def decode_row(data: bytes) -> ConversationRow:
    """The inverse of `encode_row`. Raises msgspec.ValidationError for a foreign shape."""
    version, state, base, tail, values, seen, generation = _fields(_decode_row(data))
    return ConversationRow(version, _state(state), base, tail, values, seen, generation)


def peek_row(data: bytes) -> RowPeek:
    """The first fields of a row, without decoding the rest."""
    return _decode_peek(data)
