"""Checks across the whole policy file: what its parts say about one another.

Most of these are warnings: the file can be used, but probably does not say what was meant.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from stream_app.policyfile.blocks import Values
from stream_app.policyfile.nodes import Node
from stream_app.policyfile.problems import listed, quoted
from stream_app.policyfile.scalars import UNITS, Span, format_duration
from stream_app.policyfile.shapes import Reading

_WEEK: Final = UNITS["w"]
_MINUTE: Final = UNITS["m"]
_LONGEST_GOAL: Final = 31 * UNITS["d"]
_REACH_WEEKS: Final = 5 * 52
_ON_FIGURES: Final = {
    "window": "a window",
    "level": "a level",
    "volume": "the volume",
    "goal": "a goal",
    "source": "a source",
    "data": "the state of the data",
}
_BY_GROUP: Final = frozenset({"window", "level", "volume"})
_CONDITIONS: Final = ("tenant", "channel", "team", "priority", "tags")


def check_policy(node: Node, values: Values, reading: Reading) -> None:
    """All of them."""
    for entry_node, entry in pairs(node.at("sla"), values.get("sla", [])):
        _check_targets(entry_node, entry, values, reading)
    _check_order(node, values, reading)
    for goal_node, goal in pairs(node.at("goals"), values.get("goals", [])):
        _check_goal_span(goal_node, goal, values, reading)
    for rule_node, rule in pairs(node.at("alerts"), values.get("alerts", [])):
        _check_rule(rule_node, rule, values, reading)


def pairs(node: Node, values: list[Values]) -> Iterator[tuple[Node, Values]]:
    """The entries of a list with where they stand; none when some could not be read at all."""
    if len(node.items) == len(values):
        yield from zip(node.items, values, strict=True)


def _check_targets(node: Node, entry: Values, values: Values, reading: Reading) -> None:
    for clock, target in entry.get("targets", {}).items():
        where = node.at("targets").at(clock)
        calendar = target.get("calendar", entry.get("calendar"))
        if "within" in target and calendar:
            _check_span(where.at("within"), target["within"], calendar, values, reading)


def _check_span(node: Node, span: Span, calendar: str, values: Values, reading: Reading) -> None:
    """A promise in days, or one beyond reach, on a calendar that closes."""
    weekly = _weekly(calendar, values)
    if weekly is None:
        return
    if span.ms > weekly * _REACH_WEEKS:
        found = f"{span.text} of open time would take more than five years"
        allowed = f"the calendar {calendar} is open {format_duration(weekly)} a week"
        reading.report.error(node.place, found, allowed)
    elif span.counts_days():
        found = f"{span.text} is {_in_hours(span.ms)} of open time in the calendar {calendar}"
        allowed = "write working days as hours, e.g. 16h for two days of eight hours"
        reading.report.warn(node.place, found, allowed)


def _in_hours(ms: int) -> str:
    rest = format_duration(ms % UNITS["h"]) if ms % UNITS["h"] else ""
    return f"{ms // UNITS['h']}h{rest}"


def _weekly(name: str, values: Values) -> int | None:
    """Open time of an ordinary week; None for calendars that never close, or could not be read."""
    calendar = values.get("calendars", {}).get(name)
    if calendar is None or "hours" not in calendar:
        return None
    minutes = sum(
        len(days.numbers) * sum(span.end - span.start for span in spans)
        for days, spans in calendar["hours"].items()
    )
    exceptions = calendar.get("holidays") or calendar.get("closed") or calendar.get("open")
    if minutes * _MINUTE >= _WEEK and not exceptions:
        return None
    return int(minutes * _MINUTE) or None


def _check_order(node: Node, values: Values, reading: Reading) -> None:
    """An entry that an earlier one leaves nothing to."""
    entries = list(pairs(node.at("sla"), values.get("sla", [])))
    for index, (entry_node, entry) in enumerate(entries):
        for earlier_node, earlier in entries[:index]:
            if _covers(earlier.get("match"), entry.get("match")):
                first = quoted(str(earlier.get("name", "")))
                found = f"nothing is left for this entry: {first} matches all of it"
                allowed = f"the first match holds; move it above line {earlier_node.place.line}"
                reading.report.warn(entry_node.place, found, allowed)
                break


def _covers(broad: Mapping[str, Any] | None, narrow: Mapping[str, Any] | None) -> bool:
    if broad is None or narrow is None or not all(key in broad for key in _CONDITIONS):
        return False
    return all(
        not broad[key] or (narrow.get(key) and set(narrow[key]) <= set(broad[key]))
        for key in _CONDITIONS
    )


def _check_rule(node: Node, rule: Values, values: Values, reading: Reading) -> None:
    condition = rule.get("when", {})
    where = node.at("when")
    if "unresolved_for" in condition and "calendar" in rule:
        span_node = where.at("unresolved_for")
        _check_span(span_node, condition["unresolved_for"], rule["calendar"], values, reading)
    if "window" in condition and "over" in condition:
        _check_over(where.at("over"), condition["over"], values, reading)
    if "clock" in condition and "is" in condition:
        _check_can_fire(where, condition, values, reading)
    _check_match(node, rule, values, reading)


def _check_match(node: Node, rule: Values, values: Values, reading: Reading) -> None:
    """A rule on figures can be narrowed only by what figures are kept by."""
    kind = next((name for name in _ON_FIGURES if name in rule.get("when", {})), None)
    grouped = values.get("windows", {}).get("group_by")
    if kind is None or grouped is None:
        return
    known = ["tenant", *(grouped if kind in _BY_GROUP else ())]
    for part in _CONDITIONS:
        if rule.get("match", {}).get(part) and part not in known:
            found = f"a rule on {_ON_FIGURES[kind]} that is narrowed by {part}"
            allowed = f"it can be narrowed by {listed(known)}"
            reading.report.error(node.at("match").at(part).place, found, allowed)


def _check_over(node: Node, over: Span, values: Values, reading: Reading) -> None:
    windows = values.get("windows", {}).get("over")
    if windows and over.ms not in {span.ms for span in windows}:
        found = f"no window of {over.text} is kept"
        known = listed(span.text for span in windows)
        reading.report.error(node.place, found, f"windows.over has {known}")


def _check_goal_span(node: Node, goal: Values, values: Values, reading: Reading) -> None:
    """Goals are over a window that is kept, or by whole hours beyond the longest of them."""
    windows, over = values.get("windows", {}).get("over"), goal.get("over")
    if not windows or over is None or over.ms in {span.ms for span in windows}:
        return
    longest = max(windows, key=lambda span: span.ms)
    if not (longest.ms < over.ms <= _LONGEST_GOAL and over.ms % UNITS["h"] == 0):
        known = listed(span.text for span in windows)
        allowed = f"one of windows.over ({known}), or whole hours from {longest.text} to 31d"
        reading.report.error(node.at("over").place, f"a goal over {over.text}", allowed)


def _check_can_fire(node: Node, condition: Values, values: Values, reading: Reading) -> None:
    """An alert on a clock that nobody promises, or that never warns, stays silent."""
    clock, state = condition["clock"], condition["is"]
    targets = [
        entry["targets"][clock]
        for entry in values.get("sla", [])
        if clock in entry.get("targets", {})
    ]
    if not targets and "sla" in values:
        found = f"no SLA entry has a target for {clock}"
        allowed = "this alert never fires; add a target"
        reading.report.warn(node.at("clock").place, found, allowed)
    elif state == "at_risk" and not any(target.get("warn") for target in targets):
        found = f"no target of {clock} has warning steps"
        allowed = "this alert never fires; add warn: [75%] to a target"
        reading.report.warn(node.at("is").place, found, allowed)
