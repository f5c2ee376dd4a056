"""What chat and paging services are sent, against the shapes that they document."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from yarl import URL

from schemas.alert_rows import AlertRow
from stream_app.adapters.notify.message import Message
from stream_app.adapters.notify.presets import PRESETS, UNHEARD
from stream_app.domain.alert_delivery import SINGLE
from stream_app.domain.alert_facts import facts_of
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_view import view_of
from stream_app.domain.notices import KINDS
from stream_app.texts import Texts, Voice
from tests.support.alerts import T0, subject

URLS = URL("https://x.example/v2/alerts")
LINKS = {"acknowledge": "https://w.example/a/1", "snooze": "https://w.example/a/2"}
WORDS = Texts(Voice())
STATES = {"reminder": "firing", "escalated": "firing"}


def message(kind: str = "firing", **where: str) -> Message:
    about = subject(url="https://desk.example/T-1", team="first line") | where
    row = AlertRow(1, "late", "acme", about, STATES.get(kind, kind), 1, T0, T0, delivery=SINGLE)
    row.severity = row.label_severity = "critical"
    row.label_channel = "email"
    facts = facts_of(view_of(row, Life(), ("v1-a", 0, T0), ()), kind, f"v1-a.{kind}")
    words = WORDS.write(facts, LINKS)
    return Message(facts["id"], "v1-a", kind, facts, words, LINKS)


def body(preset: str, kind: str = "firing", **where: str) -> dict[str, Any]:
    return PRESETS[preset](message(kind, **where), URLS, "k" * 32).body


def text(most: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most}


def block(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


PLAIN = block({"type": {"const": "plain_text"}, "text": text(75)})
MARKDOWN = block({"type": {"const": "mrkdwn"}, "text": text(3000)})
BUTTON = block({"type": {"const": "button"}, "text": PLAIN, "url": text(3000)})
SLACK_BLOCK = {
    "oneOf": [
        block({"type": {"const": "section"}, "text": MARKDOWN}),
        block({"type": {"const": "context"}, "elements": {"type": "array", "items": MARKDOWN}}),
        block({"type": {"const": "actions"}, "elements": {"type": "array", "items": BUTTON}}),
    ]
}
CARD = block(
    {
        "$schema": text(100),
        "type": {"const": "AdaptiveCard"},
        "version": {"enum": ["1.2", "1.3", "1.4", "1.5"]},
        "body": {"type": "array", "items": {"required": ["type"]}, "minItems": 1},
        "actions": {
            "type": "array",
            "items": block(
                {"type": {"const": "Action.OpenUrl"}, "title": text(100), "url": text(3000)}
            ),
        },
    }
)
SHAPES: dict[str, Any] = {
    "generic": block({"type": text(30), "timestamp": text(30), "data": {"type": "object"}}),
    "slack": block({"text": text(3000), "blocks": {"type": "array", "items": SLACK_BLOCK}}),
    "teams": block(
        {
            "type": {"const": "message"},
            "attachments": {
                "type": "array",
                "items": block(
                    {
                        "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                        "contentUrl": {"type": "null"},
                        "content": CARD,
                    }
                ),
            },
        }
    ),
    "pagerduty": block(
        {
            "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
            "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
            "dedup_key": text(255),
        },
        {
            "payload": block(
                {
                    "summary": text(1024),
                    "source": text(255),
                    "severity": {"enum": ["critical", "error", "warning", "info"]},
                },
                {
                    "timestamp": text(30),
                    "component": {"type": ["string", "null"]},
                    "group": {"type": ["string", "null"]},
                    "class": text(255),
                    "custom_details": {"type": "object"},
                },
            ),
            "client": text(100),
            "links": {"type": "array", "items": block({"href": text(3000), "text": text(255)})},
        },
    ),
    "opsgenie": block(
        {"source": text(100)},
        {
            "note": text(25_000),
            "message": text(130),
            "alias": text(512),
            "description": text(15_000),
            "priority": {"enum": ["P1", "P2", "P3", "P4", "P5"]},
            "entity": {"type": "string", "maxLength": 512},
            "tags": {"type": "array", "maxItems": 20, "items": text(50)},
            "details": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    ),
    "goalert": block(
        {"summary": text(1024), "details": text(6144), "dedup": text(512)},
        {"action": {"const": "close"}},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_kind_of_message_has_the_documented_shape(preset: str, kind: str) -> None:
    Draft202012Validator(SHAPES[preset]).validate(body(preset, kind))


@pytest.mark.parametrize("preset", PRESETS)
def test_ids_of_any_length_stay_within_the_limits(preset: str) -> None:
    Draft202012Validator(SHAPES[preset]).validate(body(preset, id="T" * 5_000, channel="c" * 900))


def test_pagerduty_has_one_incident_for_an_episode() -> None:
    found = {kind: body("pagerduty", kind) for kind in KINDS}
    assert {each["dedup_key"] for each in found.values()} == {"v1-a"}
    actions = {kind: each["event_action"] for kind, each in found.items()}
    assert actions == {
        **dict.fromkeys(("firing", "reminder", "escalated"), "trigger"),
        **dict.fromkeys(("acknowledged", "snoozed"), "acknowledge"),
        "resolved": "resolve",
    }
    assert found["firing"]["payload"]["severity"] == "critical"


def test_opsgenie_is_asked_at_the_address_of_the_alias() -> None:
    url = {kind: str(PRESETS["opsgenie"](message(kind), URLS, "").url) for kind in KINDS}
    assert url["firing"] == "https://x.example/v2/alerts"
    assert url["snoozed"] == "https://x.example/v2/alerts/v1-a/acknowledge?identifierType=alias"
    assert url["resolved"] == "https://x.example/v2/alerts/v1-a/close?identifierType=alias"


def test_goalert_is_closed_and_hears_nothing_of_acknowledgements() -> None:
    assert body("goalert", "resolved")["action"] == "close"
    assert "action" not in body("goalert")
    assert UNHEARD["goalert"] == ("acknowledged", "snoozed")


def test_slack_markup_in_ids_is_escaped() -> None:
    found = body("slack", id="<!channel> & co")
    markdown = [found["text"], found["blocks"][0]["text"]["text"], str(found["blocks"][1])]
    assert not any("<!channel>" in each for each in markdown)
    assert "&lt;!channel&gt; &amp; co" in found["text"]


def test_buttons_lead_to_the_conversation_and_to_the_wall() -> None:
    urls = [each["url"] for each in body("slack")["blocks"][-1]["elements"]]
    assert urls == ["https://desk.example/T-1", *LINKS.values()]
    card = body("teams")["attachments"][0]["content"]
    assert [each["url"] for each in card["actions"]] == urls


def test_generic_messages_have_times_as_text_and_the_texts() -> None:
    data = body("generic")["data"]
    assert data["opened_at"] == "2026-01-09T09:13:20Z"
    assert data["due"] is None
    assert data["text"]["subject"].startswith("[critical] late")
