"""`schemas/asyncapi.yaml` lists the topics that exist, with their keys and the generated payloads."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.channels import ChannelsJob
from schemas import generate
from schemas.keys import encode_key
from stream_app.adapters.topics import TOPICS, Topic
from tests.support.panes import T0, Observation, Teller, feed, new_job

FILE = generate.HERE / "asyncapi.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
CHANNELS = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference within the document stands for."""
    reference = node.get("$ref", "")
    if not reference.startswith("#/"):
        return node
    found: Any = DOCUMENT
    for part in reference[2:].split("/"):
        found = found[part]
    assert isinstance(found, dict)
    return found


def message_of(address: str) -> dict[str, Any]:
    (message,) = CHANNELS[address]["messages"].values()
    return resolve(message)


def key_of(address: str) -> dict[str, Any]:
    return resolve(message_of(address)["bindings"]["kafka"]["key"])


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [ref for value in node.values() for ref in references(value)]
    return [ref for item in node for ref in references(item)] if isinstance(node, list) else []


def test_it_is_an_asyncapi_3_document_with_all_its_parts() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"info", "servers", "channels", "operations", "components"} <= DOCUMENT.keys()


def test_it_lists_the_topics_that_exist_and_their_dead_letters() -> None:
    assert set(CHANNELS) == {topic.name for topic in TOPICS} | {"{topic}.dlq"}
    consumed = [topic.name for topic in TOPICS if topic.consumed]
    assert CHANNELS["{topic}.dlq"]["parameters"]["topic"]["enum"] == consumed


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: str(topic.name))
def test_keys_clean_up_and_retention_are_those_of_the_topics(topic: Topic) -> None:
    kept = CHANNELS[topic.name]["bindings"]["kafka"]["topicConfiguration"]
    assert key_of(topic.name)["title"] == topic.key
    assert kept["cleanup.policy"] == [topic.cleanup]
    assert kept.get("retention.ms") == topic.retention


@pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
def test_every_reference_leads_somewhere(reference: str) -> None:
    if reference.startswith("#/"):
        assert resolve({"$ref": reference})
    else:
        assert (FILE.parent / reference).resolve() in {path.resolve() for path in generate.files()}


def test_every_generated_schema_is_the_payload_of_a_topic() -> None:
    used = {Path(ref).name for ref in references(DOCUMENT) if ref.startswith("./")}
    assert used == {f"{kind.name}.schema.json" for kind in generate.KINDS}


@pytest.mark.parametrize("kind", generate.KINDS, ids=lambda kind: str(kind.name))
def test_the_payload_of_a_topic_is_the_schema_of_its_name(kind: generate.Kind) -> None:
    address = "support.conversation.v1" if kind.name == "support.event.v1" else kind.name
    assert message_of(address)["payload"] == {"$ref": f"./json/{kind.name}.schema.json"}


def test_every_operation_is_about_a_channel_and_every_channel_has_one() -> None:
    about = {op["channel"]["$ref"].rsplit("/")[-1] for op in DOCUMENT["operations"].values()}
    assert about == set(DOCUMENT["channels"])
    assert {op["action"] for op in DOCUMENT["operations"].values()} == {"send", "receive"}


def test_keys_that_are_written_match_their_pattern() -> None:
    conversation = encode_key("acme", "zendesk/a|b", "47%11").decode()
    assert re.fullmatch(key_of("support.conversation.v1")["pattern"], conversation)
    pattern = key_of("engagement.view.v1")["pattern"]
    for key in view_keys(new_job()):
        assert re.fullmatch(pattern, key), key


def view_keys(job: ChannelsJob) -> list[str]:
    teller = Teller(0)
    teller.begin()
    teller.pane(("e|mail", "a,b=c", ""), T0, [Observation(0, ("", "", ""), T0)])
    teller.end()
    teller.heartbeat(T0)
    feed(job, teller.told)
    job.turn(1_000, {})
    outputs = [o for o in job.collect().outputs if o.topic == "engagement.view.v1"]
    keys = [(output.key or b"").decode() for output in outputs]
    assert len(keys) == 5
    return keys
