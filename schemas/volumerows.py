"""How the channels agent keeps what is usual in a channel: one MessagePack row per tenant and channel.

`means`, `variances` (floats of four bytes) and `seen` (a byte) have one entry per slot of the season.
"""

import msgspec


class VolumeRow(msgspec.Struct, array_like=True):
    """A baseline and what is going on. Durations and instants are milliseconds."""

    slot: int
    weekly: bool
    since: int
    means: bytes
    variances: bytes
    seen: bytes
    noises: dict[int, tuple[float, float, float, float, float]]  # by span
    level: tuple[float, float]  # what came of late, and what was due
    verdict: str
    verdict_since: int
    calm: int
    fresh_from: int
    episodes: list[tuple[int, int]]


pack_volume = msgspec.msgpack.Encoder().encode
unpack_volume = msgspec.msgpack.Decoder(VolumeRow).decode
