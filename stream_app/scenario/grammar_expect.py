"""What may stand under `expect`: clocks, levels, windows, alerts, and the absence of alerts."""

from typing import Final

from stream_app.domain.clocks import STATUS_NAMES
from stream_app.domain.figures import RATIOS
from stream_app.domain.measures import OUTCOMES, VOLUMES
from stream_app.policyfile.blocks import REQUIRED, ByKey, Check, Field, ListOf, Record, Values
from stream_app.policyfile.figures import CLOCKS, LEVELS, TIME
from stream_app.policyfile.nodes import Node
from stream_app.policyfile.problems import listed, quoted
from stream_app.policyfile.shapes import Choice, Reading, Ref
from stream_app.policyfile.words import AMOUNT, POSITIVE, whole
from stream_app.scenario.words import (
    CLOCK,
    INSTANT,
    INSTANT_OR_NULL,
    LENGTH,
    TEXT,
    TEXT_OR_NULL,
)

STATES: Final = (*STATUS_NAMES, "at_risk", "breached")
ALERT_STATES: Final = ("none", "pending", "firing", "acknowledged", "snoozed", "resolved")
TIMES: Final = ("sum", "mean", "max", "p50", "p90", "p95", "p99")
_SECONDS: Final = tuple(f"{clock}_seconds" for clock in CLOCKS)
_COUNTS: Final = (*VOLUMES, *(f"{clock}_{outcome}" for clock in CLOCKS for outcome in OUTCOMES))

_AT: Final = {"at": Field(INSTANT, "when it is looked at", REQUIRED)}
FILTERS: Final = {
    "tenant": Field(Ref("tenant"), "only this tenant"),
    "channel": Field(TEXT, "only this channel"),
    "team": Field(TEXT, "only this team"),
    "priority": Field(TEXT, "only this priority"),
}


def _some(what: str, names: tuple[str, ...]) -> Check:
    def check(node: Node, _values: Values, reading: Reading) -> None:
        if not any(name in node.entries for name in names):
            reading.report.error(node.place, f"{what} that expects nothing", f"add {listed(names)}")

    return check


def _check_level(node: Node, values: Values, reading: Reading) -> None:
    value, name = values.get("is"), values.get("level")
    if value is None or LEVELS.get(str(name)) == TIME:
        return
    if not isinstance(value, int) or value < 0:
        found = f"{quoted(node.at('is').text)} for a count"
        reading.report.error(node.at("is").place, found, "a whole number from 0 on")


def _check_window(node: Node, values: Values, reading: Reading) -> None:
    name = str(values.get("window", ""))
    if name in _SECONDS:
        allowed: tuple[str, ...] = ("count", *TIMES)
    elif name in RATIOS:
        allowed = ("count", "ratio")
    else:
        allowed = ("count",)
    for field in ("count", "ratio", *TIMES):
        if field in node.entries and field not in allowed:
            found = f"{name} has no {field}"
            reading.report.error(node.keys[field], found, f"it has {listed(allowed)}")


def _check_between(node: Node, values: Values, reading: Reading) -> None:
    between = values.get("between")
    if between is not None and (len(between) != 2 or between[0].ms > between[1].ms):
        where = node.at("between").place
        reading.report.error(where, "no interval", "two instants, the earlier one first")


_CLOCK_FIELDS: Final = {
    "is": Field(Choice("states", STATES), "what it shows"),
    "due": Field(INSTANT_OR_NULL, "when it runs out; null: it has no such instant"),
    "elapsed": Field(LENGTH, "what it has counted"),
    "late_by": Field(LENGTH, "by how much the target is exceeded"),
    "instance": Field(whole(1), "which one; else the newest"),
    "policy": Field(TEXT_OR_NULL, "the SLA entry that holds; null: none"),
}
ALERT_FIELDS: Final = {
    "is": Field(Choice("states", ALERT_STATES), "its state"),
    "since": Field(INSTANT, "since when it is in that state"),
    "severity": Field(Choice("severity", ("info", "warning", "critical")), "how bad it is"),
    "times": Field(whole(0), "how often it has fired"),
}
_ALERT_SUBJECT: Final = {
    "conversation": Field(TEXT, "the conversation that it is about"),
    "channel": Field(TEXT, "only of this channel"),
    "tenant": Field(Ref("tenant"), "only of this tenant"),
}
_FIGURES: Final = {
    "count": Field(whole(0), "how many"),
    "ratio": Field(AMOUNT, "met of all that are decided"),
    **{name: Field(LENGTH, "of the times observed") for name in TIMES},
}

CLOCK_EXPECTED: Final = Record(
    "an expectation about a clock",
    {
        **_AT,
        "clock": Field(CLOCK, "CONVERSATION/CLOCK", REQUIRED),
        **_CLOCK_FIELDS,
        "tenant": Field(Ref("tenant"), "whose conversation; else the policy's first"),
        "source": Field(TEXT, "vendor and account", "scenario/test"),
    },
    (_some("a clock", tuple(_CLOCK_FIELDS)),),
)
LEVEL_EXPECTED: Final = Record(
    "an expectation about a level",
    {
        **_AT,
        "level": Field(Choice("levels", tuple(LEVELS)), "which", REQUIRED),
        "is": Field(AMOUNT, "how many; for oldest_waiting and longest_open how long", REQUIRED),
        **FILTERS,
    },
    (_check_level,),
)
WINDOW_EXPECTED: Final = Record(
    "an expectation about a window",
    {
        **_AT,
        "window": Field(Choice("figures", (*_SECONDS, *RATIOS, *_COUNTS)), "which", REQUIRED),
        "over": Field(POSITIVE, "its length", REQUIRED),
        **_FIGURES,
        **FILTERS,
    },
    (_some("a window", tuple(_FIGURES)), _check_window),
)
ALERT_EXPECTED: Final = Record(
    "an expectation about an alert",
    {
        **_AT,
        "alert": Field(Ref("alert rule"), "which rule", REQUIRED),
        **ALERT_FIELDS,
        **_ALERT_SUBJECT,
    },
    (_some("an alert", tuple(ALERT_FIELDS)),),
)
NO_ALERT_EXPECTED: Final = Record(
    "an expectation of silence",
    {
        "no_alert": Field(Ref("alert rule or any"), "which rule, or any", REQUIRED),
        "between": Field(ListOf(INSTANT, "[FROM, TO]"), "both ends included", REQUIRED),
        **_ALERT_SUBJECT,
    },
    (_check_between,),
)
KINDS: Final = {
    "clock": CLOCK_EXPECTED,
    "level": LEVEL_EXPECTED,
    "window": WINDOW_EXPECTED,
    "alert": ALERT_EXPECTED,
    "no_alert": NO_ALERT_EXPECTED,
}
EXPECTATIONS: Final = ListOf(ByKey("an expectation", KINDS), "- {at: …, clock: …, is: …}")
