"""Policy files for tests: beginnings of files, and what is found in them."""

import yaml

from stream_app.domain.policy import Policy
from stream_app.policyfile import examine, parse_policy

HEAD = "apiVersion: pegel/v1\n"
OFFICE = HEAD + "calendars:\n  office:\n    zone: Europe/Berlin\n"
CALENDAR = OFFICE + '    hours: {mon-fri: ["09:00-17:00"]}\n'
DURATIONS = "write a duration such as 30s, 5m, 1h30m or 3d"
TARGET = "policy.yaml:5: sla[chat].targets.first_reply"


def findings(text: str) -> list[str]:
    return [str(problem) for problem in examine(text, "policy.yaml").problems]


def target(value: str) -> str:
    return HEAD + f"sla:\n  - name: chat\n    targets:\n      first_reply: {value}\n"


def hours(value: str) -> str:
    return OFFICE + f"    hours:\n      {value}\n"


def alert(rest: str) -> str:
    return HEAD + f"alerts:\n  - name: late\n    {rest}\n"


def when(condition: str) -> str:
    return alert(f"when: {{{condition}}}")


def parsed(text: str) -> Policy:
    """The policy of a file that is only its interesting lines."""
    return parse_policy(HEAD + text, "policy.yaml")


class EditorLoader(yaml.SafeLoader):
    """Reads YAML as editors do: a date is text."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
