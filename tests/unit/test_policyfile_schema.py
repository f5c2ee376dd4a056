"""The JSON Schema says the same as the reader, as far as a schema can."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from stream_app.policyfile import examine, load_policy, policy_schema, show
from tests.support.policies import CALENDAR, HEAD, EditorLoader, alert, hours, target, when

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*policy*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(policy_schema())


def objections(text: str) -> list[str]:
    document: Any = yaml.load(text, EditorLoader)  # a subclass of the safe loader
    return [str(error.message) for error in VALIDATOR.iter_errors(document)]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(policy_schema())


def test_every_key_is_explained() -> None:
    def unexplained(schema: Any, path: str) -> list[str]:
        found = [
            f"{path}.{name}"
            for name, item in schema.get("properties", {}).items()
            if not item.get("description")
        ]
        for name, item in schema.get("properties", {}).items():
            found += unexplained(item, f"{path}.{name}")
        inner = [schema.get("items"), schema.get("additionalProperties")]
        for item in [*inner, *schema.get("anyOf", []), *schema.get("oneOf", [])]:
            found += unexplained(item, path) if isinstance(item, dict) else []
        return found

    assert not unexplained(policy_schema(), "policy")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_valid_and_have_nothing_to_remark(path: Path) -> None:
    text = path.read_text()
    assert objections(text) == []
    assert examine(text, path.name).problems == ()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_what_is_shown_fits_the_schema(path: Path) -> None:
    assert objections(show(load_policy(path))) == []


@pytest.mark.parametrize(
    "text",
    [
        "tenants: [acme]\n",
        "apiVersion: pegel/v2\n",
        HEAD + "slas: []\n",
        HEAD + "tenants: []\n",
        HEAD + "privacy: {min_group_size: 0}\n",
        HEAD + "volume: {sensitivity: 1}\n",
        target("48"),
        target("2 days"),
        target("{within: 10m, warn: [75]}"),
        target("{within: 10m, pause_on: [pending]}"),
        target("5m").replace("first_reply", "first_replay"),
        hours("mon-fri: [9-17]"),
        hours("monday: ['09:00-17:00']"),
        CALENDAR + "    closed: [24.12.2026]\n",
        when("unresolved: 48h"),
        when("clock: first_reply"),
        alert("when: {unresolved_for: 48h}\n    severity: high"),
        HEAD + "receivers: {oncall: {webhook: {url: 'https://x.example', secret: abc}}}\n",
    ],
)
def test_editors_object_to_what_the_reader_refuses(text: str) -> None:
    assert objections(text)
    assert examine(text, "policy.yaml").policy is None
