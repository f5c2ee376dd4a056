"""What our scenario files leave out: moves of clocks, fields of the policy, situations of a help desk."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from stream_app.domain import absorbing, attributes, conversation, moves
from stream_app.domain.clocks import (
    CLOCK_NAMES,
    CLOCKS,
    PAUSED,
    REACTIONS,
    STATUS_NAMES,
    TRANSITIONS,
    Happening,
    Verb,
)
from stream_app.policyfile import policy_schema
from stream_app.scenario import load_scenario, run_scenario
from tests.support.scenarios import FILES

SITUATIONS = {
    "a bot, an automatic reply, a campaign": "situation-bots-and-campaigns",
    "a private note": "situation-private-notes",
    "several messages of the customer": "situation-several-questions",
    "opened by an agent": "situation-opened-by-an-agent",
    "solved without a reply": "situation-solved-without-an-answer",
    "reopened": "situation-reopened",
    "snoozed": "situation-snoozed",
    "another agent or team": "situation-reassigned",
    "another priority half-way": "worked-10-priority-mid-flight",
    "another policy or calendar": "worked-09-another-calendar-half-way",
    "two promises match": "situation-two-promises-match",
    "merged": "rule-16-merge",
    "deleted or spam": "rule-17-ends-for-good",
    "a message was deleted": "situation-deleted-message",
    "a reaction": "situation-reactions",
    "the role at the time": "situation-role-at-event-time",
    "to the millisecond": "situation-to-the-millisecond",
    "late, twice, in another order": "situation-out-of-order",
    "figures that alert rules look at": "situation-alerts-on-figures",
    "goals that alert rules look at": "situation-goals",
    "taken out of the figures": "situation-excluded-by-a-person",
    "solved at the first contact": "situation-solved-at-the-first-contact",
    "three readings of a service level": "situation-three-readings-of-a-service-level",
}
Made = tuple[str, str, Verb]
"""A clock, its status before, and the verb."""


def test_every_situation_of_a_help_desk_has_a_file_and_every_such_file_a_situation() -> None:
    names = {file.stem for file in FILES}
    assert set(SITUATIONS.values()) <= names
    assert {name for name in names if name.startswith("situation-")} <= set(SITUATIONS.values())


def possible() -> set[Made]:
    found = set()
    for spec in CLOCKS:
        verbs = {*spec.verbs.values(), Verb.PAUSE, Verb.RESUME}
        found |= {
            (spec.name, STATUS_NAMES[status], verb) for status, verb in TRANSITIONS if verb in verbs
        }
    return found - set(NEVER)


# What is fulfilled by a reply is begun anew by the same one: these never rest fulfilled.
NEVER: tuple[Made, ...] = (
    ("periodic_update", "fulfilled", Verb.RENEW),
    ("pausable_update", "fulfilled", Verb.RENEW),
)


class Watched:
    """The moves of the core, noting what they do."""

    def __init__(self) -> None:
        self.made: set[Made] = set()
        self._happen, self._refresh = moves.happen, moves.refresh_pauses

    def happen(self, state: Any, happening: Happening, *rest: Any) -> None:
        before = _statuses(state)
        self._happen(state, happening, *rest)
        after = _statuses(state)
        for number, verb, *_ in REACTIONS[happening]:
            if before[number] != after[number]:
                self.made.add((CLOCK_NAMES[number], STATUS_NAMES[before[number][0]], verb))

    def refresh_pauses(self, state: Any, *rest: Any) -> None:
        before = _statuses(state)
        self._refresh(state, *rest)
        for number, (was, now) in enumerate(zip(before, _statuses(state), strict=True)):
            if was[0] != now[0]:
                verb = Verb.PAUSE if now[0] == PAUSED else Verb.RESUME
                self.made.add((CLOCK_NAMES[number], STATUS_NAMES[was[0]], verb))


def _statuses(state: Any) -> list[tuple[int, int, int]]:
    return [(clock.status, clock.instance, clock.ends) for clock in state.clocks]


def watch(monkeypatch: pytest.MonkeyPatch) -> set[Made]:
    """Note every move from here on."""
    watched = Watched()
    for owner in (conversation, absorbing):
        monkeypatch.setattr(owner, "happen", watched.happen)
    for owner in (conversation, attributes):
        monkeypatch.setattr(owner, "refresh_pauses", watched.refresh_pauses)
    return watched.made


def test_every_move_of_every_clock_is_made_in_some_file(monkeypatch: pytest.MonkeyPatch) -> None:
    made = watch(monkeypatch)
    for file in FILES:
        run_scenario(load_scenario(file))
    assert sorted(possible() - made) == []


def fields(schema: dict[str, Any], root: dict[str, Any], path: str = "") -> Iterator[str]:
    """The paths of all keys with a name of their own; names that users choose are `*`."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    for way in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from fields(way, root, path)
    for name, value in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from fields(value, root, f"{path}.{name}")
    if isinstance(more := schema.get("additionalProperties"), dict):
        yield from fields(more, root, f"{path}.*")
    if isinstance(items := schema.get("items"), dict):
        yield from fields(items, root, path)


def used(node: Any, path: str = "") -> Iterator[str]:
    """The paths that a policy has something at; every key also as `*`."""
    if isinstance(node, dict):
        for key, value in node.items():
            for name in (str(key), "*"):
                yield f"{path}.{name}"
                yield from used(value, f"{path}.{name}")
    elif isinstance(node, list):
        for item in node:
            yield from used(item, path)


def test_every_field_of_the_policy_stands_in_some_file() -> None:
    written = {
        path
        for file in FILES
        if isinstance(policy := yaml.safe_load(file.read_text()).get("policy"), dict)
        for path in used(policy)
    }
    schema = policy_schema()
    # How a receiver is told is nothing that a scenario can see: its own tests look at that.
    missing = {path for path in fields(schema, schema) if not path.startswith(".receivers.")}
    missing = {path for path in missing if not path.endswith(".*")}
    assert sorted(missing - written) == []
