"""What a request looks like: bodies as chat and paging services document them. No I/O.

Slack incoming webhooks; Microsoft Teams workflows ("when a webhook request is received") with an
Adaptive Card; PagerDuty Events API v2; the alert API that Opsgenie made common; GoAlert's generic API.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from yarl import URL

from schemas.instants import format_ms
from stream_app.adapters.notify.message import Message

PAGERDUTY: Final = "https://events.pagerduty.com/v2/enqueue"
_SHOWN: Final = ("rule", "severity", "channel", "team", "priority", "clock", "calendar", "policy")
_CALM: Final = ("acknowledged", "snoozed")
_INSTANTS: Final = ("due", "created_at", "opened_at", "since")


class Request(NamedTuple):
    """An address and a JSON body."""

    url: URL
    body: dict[str, Any]


Preset = Callable[[Message, URL, str], Request]


def generic(message: Message, url: URL, _key: str) -> Request:
    """Ours: the facts, the texts, and a type to choose by."""
    facts = {key: _wire(key, value) for key, value in message.facts.items()}
    data = {**facts, "text": message.words.facts(), "links": dict(message.links)}
    stamp = format_ms(message.facts["since"])
    return Request(url, {"type": f"alert.{message.kind}", "timestamp": stamp, "data": data})


def slack(message: Message, url: URL, _key: str) -> Request:
    """Blocks, and a text for where blocks are not shown."""
    subject, short = _slack(message.words.subject), _slack(message.words.short)
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"*{subject}*\n{short}"[:3000]}},
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": _slack(_line(message))[:3000]}],
        },
    ]
    buttons = [
        {"type": "button", "text": {"type": "plain_text", "text": label[:75]}, "url": address}
        for label, address in _buttons(message)
    ]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return Request(url, {"text": f"{subject}: {short}"[:3000], "blocks": blocks})


def teams(message: Message, url: URL, _key: str) -> Request:
    """A message with one Adaptive Card."""
    title = {
        "type": "TextBlock", "text": message.words.subject, "weight": "Bolder", "size": "Medium",
        "wrap": True, "color": _teams_color(message),
    }  # fmt: skip
    facts = [{"title": key.capitalize(), "value": value} for key, value in _shown(message)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            title,
            {"type": "TextBlock", "text": message.words.short, "wrap": True},
            {"type": "FactSet", "facts": facts},
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": label, "url": address}
            for label, address in _buttons(message)
        ],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return Request(url, {"type": "message", "attachments": [attachment]})


def pagerduty(message: Message, url: URL, key: str) -> Request:
    """One incident for each episode: trigger, acknowledge, resolve."""
    action = {"resolved": "resolve", **dict.fromkeys(_CALM, "acknowledge")}
    body: dict[str, Any] = {
        "routing_key": key,
        "event_action": action.get(message.kind, "trigger"),
        "dedup_key": message.thread[:255],
    }
    if body["event_action"] == "trigger":
        facts = message.facts
        body["payload"] = {
            "summary": message.words.subject[:1024],
            "source": (facts["source"] or facts["channel"] or facts["tenant"])[:255],
            "severity": facts["severity"],
            "timestamp": format_ms(facts["opened_at"]),
            "component": facts["channel"] or None,
            "group": facts["team"] or None,
            "class": facts["rule"],
            "custom_details": {"text": message.words.long[:10_000]},
        }
        body |= {"client": "Pegel"}
        if facts["url"]:
            body["links"] = [{"href": facts["url"], "text": facts["conversation"][:255] or "link"}]
    return Request(url, body)


def opsgenie(message: Message, url: URL, _key: str) -> Request:
    """Create by alias; acknowledge and close at the addresses of that alias."""
    alias = message.thread[:512]
    actions = {"resolved": "close", **dict.fromkeys(_CALM, "acknowledge")}
    action = actions.get(message.kind)
    if action:
        target = (url / alias / action).update_query(identifierType="alias")
        return Request(target, {"source": "Pegel", "note": message.words.short[:25_000]})
    severity = message.facts["severity"]
    body = {
        "message": message.words.subject[:130],
        "alias": alias,
        "description": message.words.long[:15_000],
        "priority": {"critical": "P1", "warning": "P3"}.get(severity, "P5"),
        "source": "Pegel",
        "entity": (message.facts["conversation"] or message.facts["channel"])[:512],
        "tags": [tag[:50] for tag in (message.facts["rule"], message.facts["tenant"]) if tag],
        "details": {key: value[:500] for key, value in _shown(message)},
    }
    return Request(url, body)


def goalert(message: Message, url: URL, _key: str) -> Request:
    """Open and close by a key; GoAlert itself knows who has acknowledged."""
    body = {
        "summary": message.words.subject[:1024],
        "details": message.words.long[:6_000],
        "dedup": message.thread[:512],
    }
    return Request(url, body | ({"action": "close"} if message.kind == "resolved" else {}))


PRESETS: Final[Mapping[str, Preset]] = {
    "generic": generic,
    "slack": slack,
    "teams": teams,
    "pagerduty": pagerduty,
    "opsgenie": opsgenie,
    "goalert": goalert,
}
UNHEARD: Final[Mapping[str, tuple[str, ...]]] = {"goalert": _CALM}
"""Kinds of messages that a service has no request for."""


def _wire(key: str, value: Any) -> Any:
    return format_ms(value) if key in _INSTANTS and value is not None else value


def _shown(message: Message) -> list[tuple[str, str]]:
    return [(key, str(message.facts[key])) for key in _SHOWN if message.facts[key]]


def _line(message: Message) -> str:
    return " · ".join(f"{key}: {value}" for key, value in _shown(message))


def _buttons(message: Message) -> list[tuple[str, str]]:
    labels = {"acknowledge": "Acknowledge", "snooze": "Snooze 1 h"}
    url = message.facts["url"]
    found = [(message.facts["conversation"][:75] or "Open", url)] if url else []
    return found + [(labels.get(name, name), address) for name, address in message.links.items()]


def _teams_color(message: Message) -> str:
    if message.kind == "resolved":
        return "Good"
    return {"critical": "Attention", "warning": "Warning"}.get(message.facts["severity"], "Default")


def _slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
