"""Checks of one block of the policy file that need more than one of its keys."""

from typing import Final

from stream_app.policyfile.blocks import Values
from stream_app.policyfile.figures import COUNT, LEVELS, RATIO, WINDOW_FIGURES
from stream_app.policyfile.nodes import Node
from stream_app.policyfile.problems import quoted
from stream_app.policyfile.scalars import UNITS, Share, Span
from stream_app.policyfile.shapes import Reading

_MINUTE: Final = UNITS["m"]
_DAY: Final = UNITS["d"]


def check_target(node: Node, values: Values, reading: Reading) -> None:
    """A warning comes before the breach."""
    within = values.get("within")
    if within is None:
        return
    for step in values.get("warn", []):
        if isinstance(step, Share):
            continue
        if not 0 < step.ms < within.ms:
            found = f"a warning {step.text} before a target of {within.text}"
            allowed = f"the time that is left must be shorter than {within.text}, and not 0"
            reading.report.error(node.at("warn").place, found, allowed)


def check_window(node: Node, values: Values, reading: Reading) -> None:
    """One limit, of the kind that the figure is."""
    _check_limit(node, values, WINDOW_FIGURES.get(values.get("window", "")), reading)


def check_level(node: Node, values: Values, reading: Reading) -> None:
    """One limit, of the kind that the level is."""
    _check_limit(node, values, LEVELS.get(values.get("level", "")), reading)


def check_goal(node: Node, values: Values, reading: Reading) -> None:
    """The target is of the kind that the metric is."""
    _check_kind(node, "target", values, WINDOW_FIGURES.get(values.get("metric", "")), reading)


def check_windows(node: Node, values: Values, reading: Reading) -> None:
    """Windows are kept in panes of ten seconds and of a minute, for a day."""
    for span in values.get("over", []):
        if span.ms % _MINUTE or span.ms > _DAY:
            found = f"a window of {span.text}"
            allowed = "whole minutes from 1m to 24h"
            reading.report.error(node.at("over").place, found, allowed)


def check_volume(node: Node, values: Values, reading: Reading) -> None:
    """Slots fit into a day."""
    slot = values.get("slot")
    if slot is not None and _DAY % slot.ms:
        found = f"slots of {slot.text}"
        allowed = "a day must divide into whole slots: 15m, 30m, 1h, 2h"
        reading.report.error(node.at("slot").place, found, allowed)


def check_some(node: Node, _values: Values, reading: Reading) -> None:
    """At least one tenant."""
    if not node.entries:
        reading.report.error(node.place, "no tenant", "name at least one, or leave the key out")


def _check_limit(node: Node, values: Values, kind: str | None, reading: Reading) -> None:
    limits = [name for name in ("above", "below") if name in node.entries]
    if len(limits) != 1:
        found = "both above and below" if limits else "neither above nor below"
        reading.report.error(node.place, found, "one of above: LIMIT or below: LIMIT")
        return
    _check_kind(node, limits[0], values, kind, reading)


def _check_kind(node: Node, key: str, values: Values, kind: str | None, reading: Reading) -> None:
    value = values.get(key)
    if kind is None or not isinstance(value, int | float | Span):
        return
    wanted = _unfit(kind, value)
    if wanted:
        place = node.at(key).place
        reading.report.error(place, f"{quoted(node.at(key).text)} for this figure", wanted)


def _unfit(kind: str, value: float | Span) -> str | None:
    """What the figure wants instead of `value`, None when it fits."""
    if kind == RATIO:
        fits = not isinstance(value, Span) and 0 <= value <= 1
        return None if fits else "a ratio lies between 0 and 1: 0.8 is 80 %"
    if kind == COUNT:
        fits = not isinstance(value, Span) and value >= 0
        return None if fits else "it is a number of things: 20"
    return None if isinstance(value, Span) else "it is a time: write a duration such as 10m"
