"""Changelog rows of the conversations agent beside the conversations: totals and panes of groups."""

from typing import Final

import msgspec

FINE: Final = 10_000  # ms: panes of the last hour
COARSE: Final = 60_000  # ms: panes up to the horizon, and the span of one row


class PaneRow(msgspec.Struct, array_like=True):
    """Absolute figures of one group in one pane; sums in ms, histograms by bucket."""

    counts: dict[str, int] = {}
    sums: dict[str, int] = {}
    hist: dict[str, dict[int, int]] = {}


class MinuteRow(msgspec.Struct, array_like=True):
    """The panes of one group within one minute: up to six fine ones, or one coarse one."""

    version: int
    resolution: int  # ms: FINE or COARSE
    panes: dict[int, PaneRow]  # by start, ms


class TotalsRow(msgspec.Struct, array_like=True):
    """Everything that a group has counted since it exists, in this source partition.

    Counts never decrease: what late input takes back is counted under `corrections` by its name.
    `buckets` are not cumulative; the last one is open-ended.
    """

    version: int
    counts: dict[str, int] = {}
    corrections: dict[str, int] = {}
    sums: dict[str, int] = {}
    buckets: dict[str, list[int]] = {}
    staff: dict[int, bytes] = {}  # by period of 15 days: a bit for each assignee (domain.staff)


class TickRow(msgspec.Struct, array_like=True):
    """A tenant's time in the partition, as it stands in the meta row."""

    mode: str
    tick: int
    watermark: int


class PolicyRow(msgspec.Struct, array_like=True):
    """A policy version that holds, or held, in the partition."""

    hash: str
    after: dict[str, int] = {}  # tenant -> it holds for what happens after this instant


class ConversationsMeta(msgspec.Struct, array_like=True):
    """The conversations agent's part of the meta row."""

    version: int
    seq: int
    ticks: dict[str, TickRow]
    counters: dict[str, int]  # late_events, duplicates, import_overlap, …
    last_event: int
    heard: dict[str, dict[str, int]] = {}  # tenant, source of input -> when something came last
    policies: list[PolicyRow] = []  # in order of activation; the last one is active


encode = msgspec.msgpack.Encoder().encode
decode_minute = msgspec.msgpack.Decoder(MinuteRow).decode
decode_totals = msgspec.msgpack.Decoder(TotalsRow).decode
decode_meta = msgspec.msgpack.Decoder(ConversationsMeta).decode
