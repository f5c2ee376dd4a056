"""Reads a policy file: from text or path to a policy, with everything that is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from schemas.events import CHANNELS, OTHER
from stream_app.domain.policy import Policy
from stream_app.errors import UserError
from stream_app.policyfile.build import build, fill
from stream_app.policyfile.calendar_checks import ALWAYS
from stream_app.policyfile.grammar import API_VERSION, POLICY
from stream_app.policyfile.holiday_days import YEARS
from stream_app.policyfile.nodes import Node, read_yaml
from stream_app.policyfile.problems import Place, PolicyError, Problem, Report
from stream_app.policyfile.shapes import Reading
from stream_app.policyfile.version import version

MAX_BYTES: Final = 1_000_000
_REMEDY: Final = "give the path of a policy file; `pegel policy show` prints one to start from"


@dataclass(frozen=True, slots=True)
class Examination:
    """What became of a file: its policy (None when there are errors) and all findings."""

    policy: Policy | None
    problems: tuple[Problem, ...]


def examine(text: str, name: str, years: Sequence[int] = YEARS) -> Examination:
    """Read and check `text`; `name` stands in the messages. Never raises for what is in it."""
    report = Report()
    root = read_yaml(text, name, report)
    if root is None:
        return Examination(None, report.problems())
    if root.kind == "empty":
        report.error(
            Place(name, 1, 1, ""), "an empty file", f"write at least apiVersion: {API_VERSION}"
        )
        return Examination(None, report.problems())
    return Examination(examine_tree(root, report, years), report.problems())


def examine_tree(root: Node, report: Report, years: Sequence[int] = YEARS) -> Policy | None:
    """The policy that stands in a tree; None when there are errors, and `report` has them."""
    values = POLICY.read(root, Reading(report, _names(root)))
    if report.failed:
        return None
    fill(values)
    policy = build(values, {}, years)
    return replace(policy, hash=version(policy), raw=_shown(values))


def parse_policy(text: str, name: str = "policy", years: Sequence[int] = YEARS) -> Policy:
    """The policy in `text`. Raises PolicyError with every problem."""
    seen = examine(text, name, years)
    if seen.policy is None:
        raise PolicyError(seen.problems)
    return seen.policy


def load_policy(path: str | Path) -> Policy:
    """The policy in the file at `path`. Raises PolicyError, or UserError when it cannot be read."""
    return parse_policy(read_text(path), str(path))


def default_policy() -> Policy:
    """What holds without a policy file."""
    return parse_policy(f"apiVersion: {API_VERSION}\n", "the default policy")


def policy_schema() -> dict[str, Any]:
    """JSON Schema of the policy file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pegel policy",
        **POLICY.schema(),
    }


def read_text(path: str | Path, remedy: str = _REMEDY) -> str:
    """The text of a file that somebody wrote by hand. Raises UserError: what is wrong, and `remedy`."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise UserError(f"{path}: {reason}", remedy) from error
    if len(data) > MAX_BYTES:
        raise UserError(f"{path}: larger than {MAX_BYTES} bytes", remedy)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem = f"{path}:{line}: a character that is not UTF-8"
        raise UserError(problem, "save the file as UTF-8") from error


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    shown = POLICY.show(values)
    always = {"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}}
    shown["calendars"] = {ALWAYS: None, **shown["calendars"]} | {ALWAYS: always}
    return dict(shown)


def _names(root: Node) -> dict[str, tuple[str, ...]]:
    """The names that the file defines; references are checked against them."""
    channels = _given(root, "channels") or CHANNELS
    goals = (goal.at("name").text for goal in root.at("goals").items)
    return {
        "calendar": tuple(dict.fromkeys((ALWAYS, *_given(root, "calendars")))),
        "receiver": _given(root, "receivers"),
        "tenant": _given(root, "tenants") or ("default",),
        "channel": tuple(dict.fromkeys((*channels, OTHER))),
        "goal": tuple(goal for goal in goals if goal),
    }


def _given(root: Node, key: str) -> tuple[str, ...]:
    node = root.entries.get(key)
    if node is None:
        return ()
    words = (item.text for item in node.items if item.kind == "scalar")
    return (*node.entries, *words)
