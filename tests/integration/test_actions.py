"""The examples of alerts that start something: sent to a local server, in the shapes of the services."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stream_app.domain.policy import Receiver
from stream_app.policyfile import check_files, load_policy, read_text
from tests.support.alerts import T0, Partition, signal, subject
from tests.support.webhooks import deal, listening, messaging, telling

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "examples/receivers/policy.yaml"
SHAPES: dict[str, Any] = {
    "tasks": {
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "markdown_content": {"type": "string"},
            "priority": {"enum": [1, 2, 3, 4]},
            "due_date": {"type": "integer"},
            "due_date_time": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "additionalProperties": False,
    },
    "labels": {
        "required": ["label_id"],
        "properties": {"label_id": {"type": "integer"}},
        "additionalProperties": False,
    },
    "notes": {
        "required": ["properties", "associations"],
        "properties": {
            "properties": {
                "required": ["hs_timestamp", "hs_note_body"],
                "properties": {
                    "hs_timestamp": {"type": "integer"},
                    "hs_note_body": {"type": "string", "maxLength": 65_536},
                },
                "additionalProperties": False,
            },
            "associations": {
                "type": "array",
                "items": {
                    "required": ["to", "types"],
                    "properties": {
                        "to": {"properties": {"id": {"type": "string"}}, "required": ["id"]},
                        "types": {
                            "items": {"required": ["associationCategory", "associationTypeId"]}
                        },
                    },
                },
            },
        },
        "additionalProperties": False,
    },
}
PATHS = {
    "tasks": "/api/v2/list/901234567/task",
    "labels": "/api/v2/tickets/T-1%3C%22/labels",
    "notes": "/crm/v3/objects/notes",
}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def local(name: str, url: str, headers: Path) -> Receiver:
    """The example's receiver, but on this machine and with our header."""
    receiver = load_policy(POLICY).receivers[name]
    path = receiver.url.split("/", 3)[3]
    where = url.removesuffix("hook") + path
    return replace(receiver, url=where, headers_file=str(headers), allow_private=True)


def test_the_example_is_a_policy_without_a_mistake() -> None:
    policy = load_policy(POLICY)
    assert check_files(read_text(POLICY), str(POLICY), policy) == ()
    assert policy.receivers.keys() == SHAPES.keys()


@pytest.mark.parametrize("name", SHAPES)
async def test_the_request_has_the_shape_that_the_service_documents(
    name: str, tmp_path: Path
) -> None:
    headers = tmp_path / "headers"
    headers.write_text("Authorization: Bearer token\n")
    async with listening() as hook:
        receiver = local(name, hook.url, headers)
        where = subject('T-1<"', url="https://desk.example/T-1")
        explain = {"due": "2026-01-09T12:00:00Z", "late_by": 90, "clock": "first_reply"}
        partition = Partition(telling(receiver))
        partition.feed(signal(True, 0, 1, subject=where, explain=explain))
        async with messaging(partition, deal(receiver), now=lambda: T0) as running:
            await running.quiet(name)
        partition.feed(signal(False, 60, 2, subject=where))
        async with messaging(partition, deal(receiver), now=lambda: T0 + 60) as running:
            await running.quiet(name)
    assert len(hook.bodies) == (2 if name == "notes" else 1)
    for body in hook.bodies:
        Draft202012Validator(SHAPES[name]).validate(body)
    assert hook.paths[0] == PATHS[name]
    assert hook.headers[0]["authorization"] == "Bearer token"
