"""From changes to records of the alert topic, keyed as the signal was."""

from collections.abc import Collection

import msgspec

from schemas.instants import format_ms
from schemas.outputs import Alert
from stream_app.adapters.notify.desk import Failure
from stream_app.domain.alert_delivery import BACKLOG, FLOOD, SINGLE
from stream_app.domain.alert_options import Life
from stream_app.domain.alerts import Change, identity
from stream_app.domain.notices import Notice, is_told
from stream_app.engine.deadletters import SUFFIX
from stream_app.engine.job import Output

_TOLD = (SINGLE, FLOOD, BACKLOG)
_encode = msgspec.json.Encoder().encode


def alert_of(change: Change, life: Life, messaged: Collection[str] = ()) -> Alert:
    """The record that tells a change. Receivers of messages are named once they are being told."""
    row = change.row
    told = life.told(len(row.steps)) if row.delivery in _TOLD else ()
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
        notified=[name for name in told if name not in messaged or is_told(row, name)],
    )


def alert_output(
    topic: str, key: bytes, change: Change, life: Life, messaged: Collection[str] = ()
) -> Output:
    """The output of the flush that writes the change's row."""
    return Output(topic, key, _encode(alert_of(change, life, messaged)))


def undelivered(topic: str, key: bytes, notice: Notice, failure: Failure) -> Output:
    """The dead letter of a message that nobody could send: the alert as it was, and why."""
    view = notice.view
    alert = Alert(
        alert=view.alert,
        rule=view.rule,
        tenant=view.tenant,
        subject=dict(view.subject),
        episode=view.episode,
        state=view.state,
        since=format_ms(view.since),
        opened_at=format_ms(view.opened_at),
        severity=view.severity,
        explain=dict(view.explain),
        actor=view.actor or None,
        reason=view.reason or None,
        notified=[notice.receiver],
    )
    texts = {
        "dlq.original.topic": topic,
        "dlq.error.code": f"notification_{failure.code}",
        "dlq.error.path": f"receivers.{notice.receiver}",
        "dlq.error.message": failure.problem[:500],
        "dlq.notification.id": notice.identity,
        "dlq.notification.kind": notice.kind,
        "dlq.notification.attempts": str(failure.attempts),
    }
    headers = tuple((name, text.encode()) for name, text in texts.items())
    return Output(topic + SUFFIX, key, _encode(alert), headers=headers)
