"""A test message to a receiver: one made-up alert, marked as a test, by the way that real ones go."""

import re
from typing import Final

from schemas.alert_rows import AlertRow
from stream_app.adapters.notify.desk import Deal
from stream_app.adapters.notify.message import Message
from stream_app.adapters.notify.patience import Outcome
from stream_app.domain.alert_delivery import SINGLE
from stream_app.domain.alert_facts import facts_of
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_view import AlertView, view_of
from stream_app.texts import Written

RULE: Final = "pegel_test_message"
FIRING, RESOLVED = "firing", "resolved"
_HELD_OPEN: Final = ("pagerduty", "opsgenie", "goalert")  # what is not ended there stays open
_BODY: Final = re.compile(r"<body[^>]*>|^(?!.*<body)", re.DOTALL)
_MARKS: Final = {
    "en": ("[TEST]", "This is a test message. Nothing has happened."),
    "de": ("[TEST]", "Das ist eine Testnachricht. Es ist nichts geschehen."),
}


async def try_out(deal: Deal, now: int) -> list[tuple[str, Outcome]]:
    """Send the messages of a made-up alert; what became of each, by its kind."""
    kinds = [FIRING]
    if deal.receiver.kind == "webhook" and deal.receiver.preset in _HELD_OPEN:
        kinds.append(RESOLVED)
    found: list[tuple[str, Outcome]] = []
    try:
        for kind in kinds:
            found.append((kind, await deal.way.send(_message(deal, kind, now), now)))
            if not found[-1][1].ok:
                break
    finally:
        await deal.way.close()
    return found


def made_up(state: str, now: int) -> AlertView:
    """The made-up alert. Its identity is new each time, so that no receiver takes it for an old one."""
    subject = {"kind": "channel", "channel": "test"}
    row = AlertRow(1, RULE, "test", subject, state, 1, now, now)
    row.severity = row.label_severity = "info"
    row.delivery, row.told_at = SINGLE, now
    return view_of(row, Life(), (f"v1-test-{now}", 0, now), ())


def _message(deal: Deal, kind: str, now: int) -> Message:
    view = made_up(kind, now)
    identity = f"{view.alert}.{kind}"
    facts = facts_of(view, kind, identity)
    words = _marked(deal.texts.write(facts), deal.receiver.language)
    return Message(identity, view.alert, kind, facts, words, {})


def _marked(words: Written, language: str) -> Written:
    mark, said = _MARKS[language]
    return Written(
        f"{mark} {words.subject}",
        f"{mark} {said} {words.short}",
        f"{mark} {said}\n\n{words.long}",
        _BODY.sub(lambda body: f"{body[0]}<p><strong>{mark} {said}</strong></p>", words.html, 1),
    )
