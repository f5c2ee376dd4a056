"""Reads a scenario file: from a path to a scenario, or everything that is wrong with it.

The policy comes first, because tenants and alert rules are checked against it. Mistakes are told as
`file:line: field: what was found; what is allowed`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from schemas.events import Data, Event
from schemas.instants import format_ms
from stream_app.domain.policy import Policy
from stream_app.errors import UserError
from stream_app.policyfile import (
    Place,
    PolicyError,
    Problem,
    default_policy,
    examine,
    examine_tree,
    read_text,
)
from stream_app.policyfile.nodes import Node, read_yaml
from stream_app.policyfile.problems import Report, suggestion
from stream_app.policyfile.shapes import Reading
from stream_app.scenario.grammar_events import DATA, ENTRIES
from stream_app.scenario.grammar_expect import ALERT_FIELDS, EXPECTATIONS, KINDS
from stream_app.scenario.model import Arrival, Command, Expectation, Instant, Scenario
from stream_app.scenario.words import INSTANT

KEYS: Final = ("name", "policy", "start", "events", "expect")
_INSTANTS: Final = ("snoozed_until", "created_at", "oldest_unanswered_at")
_LISTS: Final = ("events", "expect")


class ScenarioError(PolicyError):
    """A scenario file that cannot be run; `problems` has every finding."""


def load_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises ScenarioError, or UserError when it cannot be read."""
    text = read_text(path, "give the path of a scenario file")
    report = Report()
    root = read_yaml(text, str(path), report)
    scenario = _File(path, report).read(root) if root is not None else None
    errors = [problem for problem in report.problems() if problem.severity == "error"]
    if scenario is None or errors:
        raise ScenarioError(errors)
    return scenario


class _File:
    """One run over one file."""

    def __init__(self, path: Path, report: Report) -> None:
        self._path = path
        self._report = report

    def read(self, root: Node) -> Scenario | None:
        self._check_keys(root)
        policy = self._policy(root)
        if policy is None:
            return None
        rules = tuple(rule.name for rule in policy.alerts)
        names = {"tenant": tuple(policy.tenants), "alert rule": rules}
        reading = Reading(self._report, names | {"alert rule or any": (*rules, "any")})
        entries = self._list(ENTRIES, root, "events", reading)
        expected = self._list(EXPECTATIONS, root, "expect", reading)
        start = INSTANT.read(root.entries["start"], reading) if "start" in root.entries else None
        self._check_rules(policy, expected)
        if self._report.failed:
            return None
        tenant = next(iter(policy.tenants))
        arrivals = [_entry(number, *entry, tenant) for number, entry in enumerate(entries, 1)]
        judged = tuple(_expectation(node, values) for node, values in expected)
        began = self._start(start, arrivals, judged)
        name = root.entries["name"].text if "name" in root.entries else self._path.stem
        in_order = tuple(sorted(arrivals, key=lambda entry: entry.at))
        return Scenario(str(self._path), name, policy, began, in_order, judged)

    def _check_keys(self, root: Node) -> None:
        if root.kind != "mapping":
            allowed = "name, policy, events and expect"
            self._report.error(root.place, f"found {root.described()}", f"a block with {allowed}")
        for key, place in root.keys.items():
            if key not in KEYS:
                known = suggestion(key, KEYS, "keys of a scenario")
                self._report.error(place, f'the key "{key}" is not known here', known)
        if "expect" not in root.entries:
            self._report.error(root.place, 'a scenario without "expect"', "expect: a list")

    def _check_rules(self, policy: Policy, expected: list[tuple[Node, dict[str, Any]]]) -> None:
        """Refuse to expect anything but silence of rules that nothing here would ever fire."""
        others = {
            rule.name: next(iter(rule.condition))
            for rule in policy.alerts
            if _BEYOND.keys() & set(rule.condition)
        }
        for node, values in expected:
            rule = values.get("alert")
            if rule in others and not _of_silence(values):
                self._report.error(
                    node.at("alert").place,
                    f"{rule} is a rule about {_BEYOND[others[rule]]}",
                    "expect silence of it: no_alert, is: none or times: 0",
                )

    def _policy(self, root: Node) -> Policy | None:
        node = root.entries.get("policy")
        if node is None:
            return default_policy()
        if node.kind == "mapping":
            return examine_tree(node, self._report)
        if node.kind != "scalar":
            wanted = "the path of a policy file, or a policy"
            self._report.error(node.place, f"found {node.described()}", wanted)
            return None
        return self._policy_file(node)

    def _policy_file(self, node: Node) -> Policy | None:
        file = self._path.parent / node.text
        try:
            seen = examine(read_text(file), str(file))
        except UserError as error:
            self._report.error(node.place, error.problem, error.remedy)
            return None
        for problem in seen.problems:
            if problem.severity == "error":
                self._add(problem)
        return seen.policy

    def _add(self, problem: Problem) -> None:
        self._report.error(problem.place, problem.found, problem.allowed)

    def _list(
        self, shape: Any, root: Node, key: str, reading: Reading
    ) -> list[tuple[Node, dict[str, Any]]]:
        node = root.entries.get(key)
        if node is None or node.kind == "empty":
            return []
        values = shape.read(node, reading)
        if self._report.failed:
            return []
        return list(zip(node.items, values, strict=True))

    def _start(
        self,
        given: Instant | None,
        arrivals: list[Arrival | Command],
        expected: tuple[Expectation, ...],
    ) -> int:
        first = min((entry.at for entry in arrivals), default=None)
        if given is None:
            moments = [expectation.at.ms for expectation in expected]
            return min([*moments, *([] if first is None else [first])], default=0)
        early: list[Place] = [entry.place for entry in arrivals if entry.at < given.ms]
        early += [item.place for item in expected if item.at.ms < given.ms]
        for place in early:
            self._report.error(place, "an instant before start", "leave out start, or move it")
        return given.ms


def _entry(number: int, node: Node, values: Mapping[str, Any], tenant: str) -> Arrival | Command:
    if "command" in values:
        until = values.get("until")
        return Command(
            at=values["time"].ms,
            action=values["command"],
            rule=values["alert"],
            conversation=values["conversation"],
            actor=values["actor"],
            until=until.ms if until else 0,
            reason=values.get("reason", ""),
            place=node.place,
        )
    time: int = values["time"].ms
    arrives = values.get("arrives")
    event = Event(
        id=values.get("id") or cause_number(number),
        source=values["source"],
        type=values["type"],
        subject=values["conversation"],
        time=format_ms(time),
        tenant=values.get("tenant", tenant),
        ingest=values.get("ingest"),
        data=_data(number, values),
    )
    return Arrival(arrives.ms if arrives else time, time, event, node.place)


_BEYOND: Final = {
    "volume": "volume, and what is usual takes weeks of messages to learn",
    "data": "stale data, and figures are never incomplete in a scenario",
}


def _of_silence(values: Mapping[str, Any]) -> bool:
    """Whether an expectation about an alert holds where its rule has never fired."""
    silent = {"is": "none", "times": 0}
    return all(values[name] == silent.get(name) for name in ALERT_FIELDS if name in values)


def cause_number(number: int) -> str:
    """The id of an entry that has none of its own."""
    return f"#{number}"


def _data(number: int, values: Mapping[str, Any]) -> Data:
    fields = {name: values[name] for name in DATA if name in values}
    fields.setdefault("message", cause_number(number))
    fields.setdefault("visibility", "private" if fields["kind"] == "note" else "public")
    for name in _INSTANTS:
        if name in fields:
            fields[name] = format_ms(fields[name].ms)
    if "from" in fields:
        fields["from_"] = fields.pop("from")
    return Data(**fields)


def _expectation(node: Node, values: Mapping[str, Any]) -> Expectation:
    kind = next(kind for kind in KINDS if kind in values)
    at = values["between"][1] if kind == "no_alert" else values["at"]
    return Expectation(kind, at, values, node.place)
