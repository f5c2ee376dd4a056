"""The two rows that the engine itself writes to a changelog: the meta row and the claim row."""

import msgspec

from stream_app.engine.errors import FatalError

FORMAT = 1
META_KEY = b"\x00pegel.meta"
CLAIM_KEY = b"\x00pegel.claim"


class FuseState(msgspec.Struct, array_like=True):
    """How many records were rejected lately; survives a restart with the partition."""

    run: int = 0
    seen: int = 0
    rejected: int = 0
    seen_before: int = 0
    rejected_before: int = 0
    tripped: str = ""  # why; empty while the partition runs


class Meta(msgspec.Struct, array_like=True):
    """Where a partition stands. Written last in every flush, a copy in every changelog."""

    format: int
    epoch: int  # number of the ownership that wrote it
    seq: int  # number of the flush
    base: int  # number of the flush that it builds upon
    tables: list[str]
    offsets: dict[str, int]  # source topic -> next offset to apply
    fuse: FuseState
    dead_letters: dict[str, int]
    job: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Meta).decode


def encode_meta(meta: Meta) -> bytes:
    """The value of a meta row."""
    return _encode(meta)


def decode_meta(value: bytes) -> Meta:
    """The meta row of a value. Raises FatalError when a newer version has written it."""
    try:
        meta = _decode(value)
    except msgspec.DecodeError as exc:
        raise FatalError(f"a meta row cannot be read ({exc}); was another version here?") from exc
    if meta.format > FORMAT:
        raise FatalError(f"state has format {meta.format}, this version reads up to {FORMAT}")
    return meta
