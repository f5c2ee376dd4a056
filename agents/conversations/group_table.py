"""Rows of the `groups` table: totals under `t|group`, panes under `p|minute|group`."""

from collections.abc import Iterator, Sequence
from typing import Final

from schemas.group_rows import decode_minute, decode_totals, encode
from schemas.keys import join_parts, split_parts
from stream_app.domain.groups import Groups
from stream_app.domain.standing import GroupKey

_TOTALS: Final = "t"
_PANES: Final = "p"


def load(groups: Groups, rows: Sequence[tuple[bytes, bytes | None]]) -> None:
    """Take over changelog rows, in log order."""
    for key, value in rows:
        kind, *parts = split_parts(key)
        if kind == _TOTALS:
            if value is not None:
                groups.state(_group(parts)).totals = decode_totals(value)
        elif value is None:
            groups.state(_group(parts[1:])).minutes.pop(int(parts[0]), None)
        else:
            groups.state(_group(parts[1:])).minutes[int(parts[0])] = decode_minute(value)


def collect(groups: Groups) -> Iterator[tuple[bytes, bytes | None]]:
    """Encode what changed since the last flush, and forget that it did."""
    for group in groups.dirty_totals:
        yield join_parts(_TOTALS, *group), encode(groups.states[group].totals)
    for group, minute in groups.dirty_minutes:
        row = groups.states[group].minutes.get(minute)
        yield join_parts(_PANES, str(minute), *group), None if row is None else encode(row)
    groups.flushed()


def _group(parts: Sequence[str]) -> GroupKey:
    tenant, channel, team, priority = parts
    return (tenant, channel, team, priority)
