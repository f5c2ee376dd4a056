"""How the channels agent keeps panes and levels: small MessagePack rows, in memory and in its changelog.

`version` is the (epoch, seq) of the record that a row came from, in one integer, so that the newer
of two rows is the one with the greater number. `values` maps the codes of `stream_app.domain.measures`.
"""

from typing import Any, Final

import msgspec

SEQ_BITS: Final = 40


class LevelRow(msgspec.Struct, array_like=True):
    """The levels of one group on one source partition, with its most urgent conversations."""

    version: int
    levels: dict[str, int]
    top: dict[str, list[dict[str, Any]]] = {}
    staff: str = ""  # how many people a team has, as bits


class HeldRow(msgspec.Struct, array_like=True, gc=False):
    """A condition of an alert rule on figures that holds: since when, and when that was told last."""

    since: int
    told: int


def version_of(epoch: int, seq: int) -> int:
    """(epoch, seq) as one integer of the same order."""
    return epoch << SEQ_BITS | seq


def epoch_of(version: int) -> int:
    """The epoch that a version belongs to."""
    return version >> SEQ_BITS


pack_level = msgspec.msgpack.Encoder().encode
unpack_level = msgspec.msgpack.Decoder(LevelRow).decode
_encode_pane = msgspec.msgpack.Encoder().encode
unpack_pane = msgspec.msgpack.Decoder(tuple[int, dict[int, int]]).decode


def pack_pane(version: int, values: dict[int, int]) -> bytes:
    """A pane as a row; `unpack_pane` gives (version, values) back."""
    return _encode_pane((version, values))
