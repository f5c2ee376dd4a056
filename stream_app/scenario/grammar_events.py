"""What may stand under `events`: an event of a conversation, or a command of a person.

The fields are those of the canonical events; a field that some other type has is read and has no
effect, as on the wire.
"""

from typing import Final

from schemas import events as wire
from schemas.commands import ACKNOWLEDGE, RELEASE, SNOOZE
from stream_app.policyfile.blocks import REQUIRED, ByKey, Field, ListOf, Record, Values
from stream_app.policyfile.nodes import Node
from stream_app.policyfile.problems import listed, quoted, suggestion
from stream_app.policyfile.shapes import Choice, Reading, Ref
from stream_app.policyfile.words import FLAG, NAME
from stream_app.scenario.words import INSTANT, TEXT, TEXT_OR_NULL

TYPES: Final = tuple(
    value for name, value in vars(wire).items() if name.startswith(("MESSAGE_", "TICKET_"))
)
_AUTHORS: Final = ("customer", "agent", "bot", "system", "other")
_KINDS: Final = ("text", "reaction", "note", "survey", "other")
_PRIORITIES: Final = (*wire.PRIORITIES, wire.OTHER)
_NEEDED: Final = {
    wire.MESSAGE_CREATED: ("direction", "author"),
    wire.TICKET_CREATED: ("created_by",),
    wire.TICKET_STATUS_CHANGED: ("to",),
    wire.TICKET_PRIORITY_CHANGED: ("to",),
    wire.TICKET_CHANNEL_CHANGED: ("to",),
    wire.TICKET_MERGED: ("into",),
    wire.TICKET_ABSORBED: ("created_at",),
}
_TO: Final = {
    wire.TICKET_STATUS_CHANGED: wire.STATUSES,
    wire.TICKET_PRIORITY_CHANGED: _PRIORITIES,
}
ENVELOPE: Final = {
    "time": Field(INSTANT, "when it happened", REQUIRED),
    "type": Field(Choice("types", TYPES), "what happened", REQUIRED),
    "conversation": Field(TEXT, "the id of the conversation", REQUIRED),
    "arrives": Field(INSTANT, "when the workers hear of it; else at once"),
    "id": Field(TEXT, "the same twice is a duplicate; else unique"),
    "source": Field(TEXT, "vendor and account", "scenario/test"),
    "tenant": Field(Ref("tenant"), "whose conversation; else the policy's first"),
    "ingest": Field(Choice("ways in", ("live", "import")), "live, or a backfill"),
}
DATA: Final = {
    "message": Field(TEXT, "id of the message; else unique"),
    "channel": Field(NAME, "else that of the conversation"),
    "direction": Field(Choice("directions", ("in", "out")), "of a message"),
    "author": Field(Choice("authors", _AUTHORS), "of a message"),
    "visibility": Field(Choice("visibilities", ("public", "private")), "of a message"),
    "kind": Field(Choice("kinds", _KINDS), "of a message", "text"),
    "team": Field(TEXT_OR_NULL, "team"),
    "priority": Field(Choice("priorities", _PRIORITIES), "priority"),
    "customer": Field(TEXT, "a pseudonym"),
    "campaign": Field(FLAG, "a message of a campaign"),
    "status": Field(Choice("statuses", wire.STATUSES), "of a new conversation", "new"),
    "created_by": Field(Choice("creators", _AUTHORS), "who opened it"),
    "tags": Field(ListOf(NAME, "[vip]"), "tags of a new conversation"),
    "url": Field(TEXT, "where to look at it"),
    "to": Field(TEXT, "what it became"),
    "from": Field(TEXT, "what it was"),
    "by": Field(TEXT, "who did it", "agent"),
    "snoozed_until": Field(INSTANT, "when it becomes open again"),
    "assignee": Field(TEXT_OR_NULL, "a pseudonym, or null for nobody"),
    "added": Field(ListOf(NAME, "[vip]"), "tags that are added"),
    "removed": Field(ListOf(NAME, "[vip]"), "tags that are removed"),
    "into": Field(TEXT, "the conversation that stays"),
    "created_at": Field(INSTANT, "of the conversation that was absorbed"),
    "oldest_unanswered_at": Field(INSTANT, "of the conversation that was absorbed"),
    "reason": Field(TEXT, "why it is excluded"),
}


def _check_event(node: Node, values: Values, reading: Reading) -> None:
    kind = str(values.get("type", ""))
    missing = [name for name in _NEEDED.get(kind, ()) if name not in node.entries]
    if missing:
        found = f"{kind} without {listed(missing)}"
        reading.report.error(node.place, found, f"{missing[0]}: {DATA[missing[0]].shape.wanted()}")
    allowed, to = _TO.get(kind), values.get("to")
    if allowed and isinstance(to, str) and to not in allowed:
        found = f"{quoted(to)} is not known here"
        reading.report.error(node.at("to").place, found, suggestion(to, allowed, "allowed"))


EVENT: Final = Record("an event", {**ENVELOPE, **DATA}, (_check_event,))


def _check_command(node: Node, values: Values, reading: Reading) -> None:
    if values.get("command") == SNOOZE and "until" not in node.entries:
        reading.report.error(node.place, "a snooze without until", "until: the end of the snooze")


COMMAND: Final = Record(
    "a command",
    {
        "time": Field(INSTANT, "when it is given", REQUIRED),
        "command": Field(Choice("commands", (ACKNOWLEDGE, SNOOZE, RELEASE)), "what", REQUIRED),
        "alert": Field(Ref("alert rule"), "the rule of the alert", REQUIRED),
        "conversation": Field(TEXT, "the conversation that it is about", REQUIRED),
        "actor": Field(TEXT, "who does it", "somebody"),
        "until": Field(INSTANT, "end of the snooze or the acknowledgement"),
        "reason": Field(TEXT, "why"),
    },
    (_check_command,),
)
ENTRIES: Final = ListOf(ByKey("an event", {"type": EVENT, "command": COMMAND}), "- {time: …}")
