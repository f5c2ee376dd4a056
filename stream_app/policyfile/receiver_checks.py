"""Checks of a receiver that need more than one of its keys, and those that look at its files."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from stream_app.domain.policy import Policy, Receiver
from stream_app.policyfile.blocks import Values
from stream_app.policyfile.nodes import Node, read_yaml
from stream_app.policyfile.problems import Place, Problem, Report
from stream_app.policyfile.shapes import Reading
from stream_app.texts import Voice, mistakes

WAYS: Final = ("webhook", "email", "alertmanager")
MOST_SECRETS: Final = 2


def check_receiver(node: Node, _values: Values, reading: Reading) -> None:
    """One way to reach it."""
    ways = [way for way in WAYS if way in node.entries]
    if len(ways) != 1:
        found = "a receiver with two ways" if ways else "a receiver without a way to reach it"
        allowed = "one of webhook: {url: …}, email: {to: […]} or alertmanager: {}"
        reading.report.error(node.place, found, allowed)


def check_webhook(node: Node, values: Values, reading: Reading) -> None:
    """One address, one form, at most two secrets; what only one preset knows stays with it."""
    preset, error = values.get("preset"), reading.report.error
    addresses = [key for key in ("url", "url_file") if key in node.entries]
    if len(addresses) > 1 or not (addresses or preset == "pagerduty"):
        found = "both url and url_file" if addresses else "a webhook without an address"
        error(node.place, found, "one of url: https://host/path or url_file: PATH")
    if "template" in node.entries and preset != "generic":
        found = f"a template beside the preset {preset}"
        error(node.at("template").place, found, "a template makes the whole body; leave out one")
    if preset == "pagerduty" and "key_file" not in node.entries:
        error(node.place, "pagerduty without a routing key", "key_file: PATH")
    if preset not in (None, "pagerduty") and "key_file" in node.entries:
        found = f"key_file beside the preset {preset}"
        error(node.at("key_file").place, found, "only pagerduty has one; others use headers_file")
    _check_secrets(node, values, reading)


def check_files(text: str, name: str, policy: Policy) -> tuple[Problem, ...]:
    """What is wrong with the templates that receivers name: looked at here, on this machine."""
    report = Report()
    root = read_yaml(text, name, Report())
    for receiver in policy.receivers.values():
        node = root.at("receivers").at(receiver.name) if root else None
        for found in mistakes(voice_of(receiver), receiver.template, receiver.url):
            place = node.place if node else Place(name, 1, 1, f"receivers.{receiver.name}")
            report.error(*_pointed(place, found.path, found.line, found.problem), found.remedy)
    return report.problems()


def voice_of(receiver: Receiver) -> Voice:
    """How a receiver is spoken to; its zone is that of its calendar unless it names another."""
    zone = receiver.zone or str(getattr(receiver.calendar, "zone", "") or "UTC")
    return Voice(receiver.language, zone, receiver.templates)


def _pointed(place: Place, path: str, line: int, problem: str) -> tuple[Place, str]:
    # The mistake stands in a file of its own: point there, and say who uses it.
    if Path(path).is_file():
        return replace(place, file=path, line=max(1, line), column=1), problem
    return place, f"{path}: {problem}"


def _check_secrets(node: Node, values: Values, reading: Reading) -> None:
    given = [values[key] for key in ("secret_file",) if isinstance(values.get(key), str)]
    several = values.get("secret_files")
    given += several if isinstance(several, list) else []
    if len(given) > MOST_SECRETS:
        found = f"{len(given)} secrets"
        allowed = "at most two: the new one first, and the one it replaces"
        reading.report.error(node.at("secret_files").place, found, allowed)
