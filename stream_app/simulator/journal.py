"""Writes down what happens in the organisation as canonical events. Ids come from what they name."""

from typing import Final

from schemas import events as wire
from schemas.events import Data, Event
from schemas.instants import format_ms
from stream_app.simulator.case import Case
from stream_app.simulator.plan import MINUTE

Happening = tuple[int, Event]  # when (ms), and what

_TICKET: Final = {
    "merged": wire.TICKET_MERGED,
    "deleted": wire.TICKET_DELETED,
    "spam": wire.TICKET_SPAM,
}


class Journal:
    """Collects the events of the present instant; `take` hands them on."""

    def __init__(self, tenant: str, source: str) -> None:
        self._tenant = tenant
        self._source = source
        self._written: list[Happening] = []
        self._minute = -1
        self._prefix = ""
        self._now = 0
        self._text = ""

    def take(self) -> list[Happening]:
        """Everything since the last call."""
        written, self._written = self._written, []
        return written

    def at(self, now: int) -> None:
        """The instant of the events to come."""
        if now == self._now:
            return
        self._now = now
        minute, rest = divmod(now, MINUTE)
        if minute != self._minute:
            self._minute, self._prefix = minute, format_ms(minute * MINUTE)[:-3]
        self._text = f"{self._prefix}{rest // 1000:02d}.{rest % 1000:03d}Z"

    def created(self, case: Case, by: str, tags: list[str] | None) -> None:
        data = Data(
            channel=case.channel.name,
            status=case.status,
            priority=case.priority,
            team=case.team,
            created_by=by,
            customer=case.customer,
            tags=tags,
        )
        self._write(case, wire.TICKET_CREATED, data)

    def message(
        self, case: Case, author: str, kind: str = "text", *, campaign: bool = False
    ) -> None:
        case.messages += 1
        if kind == "text" and not campaign:
            case.turn += 1
        data = Data(
            message=f"{case.id}/{case.messages}",
            channel=case.channel.name,
            direction="in" if author == "customer" else "out",
            author=author,
            visibility="private" if kind == "note" else "public",
            kind=kind,
            customer=case.customer if author == "customer" else None,
            campaign=True if campaign else None,
        )
        self._write(case, wire.MESSAGE_CREATED, data)

    def message_deleted(self, case: Case) -> None:
        data = Data(message=f"{case.id}/{case.messages}")
        self._write(case, wire.MESSAGE_DELETED, data)

    def status(self, case: Case, to: str, by: str, snoozed_until: int | None = None) -> None:
        until = None if snoozed_until is None else format_ms(snoozed_until)
        data = Data(to=to, from_=case.status, by=by, snoozed_until=until)
        case.status = to
        case.turn += 1
        self._write(case, wire.TICKET_STATUS_CHANGED, data)

    def ends(self, case: Case, how: str, into: str | None = None) -> None:
        """Merged, deleted or spam: the conversation is gone."""
        case.status = how
        self._write(case, _TICKET[how], Data(into=into))

    def assigned(self, case: Case, *, team: bool = False) -> None:
        data = Data(assignee=case.agent, team=case.team if team else None)
        self._write(case, wire.TICKET_ASSIGNED, data)

    def priority(self, case: Case, to: str) -> None:
        data = Data(to=to, from_=case.priority)
        case.priority = to
        self._write(case, wire.TICKET_PRIORITY_CHANGED, data)

    def channel(self, case: Case, to: str) -> None:
        self._write(case, wire.TICKET_CHANNEL_CHANGED, Data(to=to))

    def tagged(self, case: Case, added: list[str]) -> None:
        self._write(case, wire.TICKET_TAGGED, Data(added=added, removed=[]))

    def _write(self, case: Case, event_type: str, data: Data) -> None:
        case.events += 1
        event = Event(
            id=f"{case.id}:{case.events}",
            source=self._source,
            type=event_type,
            subject=case.id,
            time=self._text,
            tenant=self._tenant,
            data=data,
        )
        self._written.append((self._now, event))
