"""The published schemas are those of the structs, the examples keep to them, and records too."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from agents.channels import VIEWS
from schemas import generate, samples
from schemas.events import decode_event, encode_event
from schemas.outputs import PaneRecord, View
from stream_app.domain.histogram import bucket_of
from tests.support.panes import T0, Observation, Teller, feed, new_job

EMAIL = ("email", "billing", "high")
EXAMPLES = [(kind, name) for kind in generate.KINDS for name in kind.examples]


def validator(kind: generate.Kind) -> Draft202012Validator:
    path = generate.HERE / "json" / f"{kind.name}.schema.json"
    return Draft202012Validator(json.loads(path.read_text()), format_checker=FormatChecker())


def kind_of(name: str) -> generate.Kind:
    return next(kind for kind in generate.KINDS if kind.name == name)


def example(name: str) -> Any:
    return json.loads((generate.HERE / "examples" / f"{name}.json").read_text())


@pytest.mark.parametrize("path", generate.files(), ids=lambda path: str(path.name))
def test_committed_files_are_what_the_structs_say(path: Path) -> None:
    assert path.read_text() == generate.files()[path], "run: python -m schemas.generate"


def test_no_file_is_left_over_from_former_structs() -> None:
    found = {path for folder in ("json", "examples") for path in (generate.HERE / folder).iterdir()}
    assert found == set(generate.files())


@pytest.mark.parametrize("kind", generate.KINDS, ids=lambda kind: str(kind.name))
def test_every_schema_is_a_valid_schema(kind: generate.Kind) -> None:
    Draft202012Validator.check_schema(generate.schema(kind))


@pytest.mark.parametrize(("kind", "name"), EXAMPLES)
def test_every_example_keeps_to_its_schema(kind: generate.Kind, name: str) -> None:
    validator(kind).validate(example(name))


@pytest.mark.parametrize(("kind", "name"), EXAMPLES)
def test_every_example_can_be_read_as_its_struct(kind: generate.Kind, name: str) -> None:
    assert msgspec.convert(example(name), kind.type, strict=False) is not None


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("engagement.pane.v1", "kind", "gossip"),
        ("engagement.pane.v1", "resolution", 30),
        ("engagement.pane.v1", "hist", {"first_reply": {"many": 1}}),
        ("engagement.pane.v1", "counts", {"opened": 1.5}),
        ("engagement.alert.v1", "state", "sleeping"),
        ("engagement.view.v1", "scope", {"agent": "Erika"}),
        ("engagement.view.v1", "windows", {"1h": {"first_reply_seconds": {"count": 1}}}),
        ("engagement.view.v1", "windows", {"1h": {"first_reply_met_ratio": 1.5}}),
        ("engagement.sla.v1", "type", "breached"),
        ("engagement.sla.v1", "caused_by", ["4711"]),
    ],
)
def test_schemas_refuse_what_is_not_of_the_contract(name: str, field: str, value: object) -> None:
    record = example(name) | {field: value}
    assert not validator(kind_of(name)).is_valid(record)


def test_a_required_field_cannot_be_left_out() -> None:
    record = example("engagement.view.v1")
    del record["as_of"]
    assert not validator(kind_of("engagement.view.v1")).is_valid(record)


def test_views_that_the_agent_writes_keep_to_the_schema() -> None:
    job, tellers = new_job(), [Teller(0), Teller(1)]
    seen = [Observation(0, EMAIL, T0), Observation(0, EMAIL, T0, 90_000)]
    for teller in tellers:
        teller.begin()
        teller.pane(EMAIL, T0, seen)
        teller.level(EMAIL, open=1, oldest_waiting_since=T0 - 5)
        teller.end()
        teller.heartbeat(T0)
        feed(job, teller.told)
    job.turn(1_000, {})
    outputs = job.collect().outputs
    views = [json.loads(output.value or b"") for output in outputs if output.topic == VIEWS]
    check = validator(kind_of("engagement.view.v1"))
    assert len(views) == 5
    for view in views:
        check.validate(view)
        assert msgspec.convert(view, View).tenant == "acme"


def test_the_example_of_a_pane_has_the_bucket_of_its_duration() -> None:
    pane = msgspec.json.decode(msgspec.json.encode(samples.PANE), type=PaneRecord)
    assert pane.hist == {"first_reply": {bucket_of(pane.sums["first_reply_ms"]): 1}}


def test_the_example_of_an_event_comes_back_as_it_was() -> None:
    assert decode_event(encode_event(samples.EVENT)) == samples.EVENT
