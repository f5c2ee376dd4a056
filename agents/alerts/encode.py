"""From changes to records of the alert topic, keyed as the signal was."""

import msgspec

from schemas.instants import format_ms
from schemas.outputs import Alert
from stream_app.domain.alert_delivery import BACKLOG, FLOOD, SINGLE
from stream_app.domain.alert_options import Life
from stream_app.domain.alerts import Change, identity
from stream_app.engine.job import Output

_TOLD = (SINGLE, FLOOD, BACKLOG)
_encode = msgspec.json.Encoder().encode


def alert_of(change: Change, life: Life) -> Alert:
    """The record that tells a change."""
    row = change.row
    told = row.delivery in _TOLD
    return Alert(
        alert=identity(row),
        rule=row.rule,
        tenant=row.tenant,
        subject=row.subject,
        episode=row.episode,
        state=row.state,
        since=format_ms(row.since),
        opened_at=format_ms(row.opened_at),
        severity=row.severity,
        explain=row.explain,
        actor=row.actor or None,
        reason=change.reason or None,
        notified=list(life.told(len(row.steps))) if told else [],
    )


def alert_output(topic: str, key: bytes, change: Change, life: Life) -> Output:
    """The output of the flush that writes the change's row."""
    return Output(topic, key, _encode(alert_of(change, life)))
