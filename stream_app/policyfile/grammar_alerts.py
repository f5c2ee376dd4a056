"""The part of the policy table about people: conditions, alert rules, goals."""

from typing import Final

from stream_app.policyfile import checks
from stream_app.policyfile.blocks import REQUIRED, ByKey, Field, ListOf, Record
from stream_app.policyfile.figures import CLOCKS, FIGURE_ALIASES, LEVELS, WINDOW_FIGURES
from stream_app.policyfile.grammar_sla import CALENDAR_KEY, MATCH_KEY
from stream_app.policyfile.shapes import Choice, Ref
from stream_app.policyfile.words import (
    AMOUNT,
    DURATION,
    NAME,
    POSITIVE,
    RULE_NAME,
    whole,
)

_SEVERITY: Final = Choice("severity", ("info", "warning", "critical"))
FIGURE: Final = Choice("figures", tuple(WINDOW_FIGURES), FIGURE_ALIASES)
_RECEIVERS: Final = ListOf(Ref("receiver"), "[support, oncall]")
_LIMITS: Final = {
    "above": Field(AMOUNT, "holds while the figure is above this"),
    "below": Field(AMOUNT, "holds while the figure is below this"),
}
_FOR: Final = Field(DURATION, "how long it must hold first", "0s")
WHEN: Final = ByKey(
    "a condition",
    {
        "unresolved_for": Record(
            "an age condition", {"unresolved_for": Field(POSITIVE, "age since creation", REQUIRED)}
        ),
        "clock": Record(
            "a clock condition",
            {
                "clock": Field(Choice("clocks", CLOCKS), "which clock", REQUIRED),
                "is": Field(Choice("states", ("at_risk", "breached")), "its state", REQUIRED),
            },
        ),
        "volume": Record(
            "a volume condition",
            {"volume": Field(Choice("volume", ("spike", "drop")), "unusual volume", REQUIRED)},
        ),
        "window": Record(
            "a window condition",
            {
                "window": Field(FIGURE, "which", REQUIRED),
                "over": Field(POSITIVE, "one of windows.over", REQUIRED),
                **_LIMITS,
                "min_count": Field(whole(0), "judge only from this many on", 0),
                "for": _FOR,
            },
            (checks.check_window,),
        ),
        "level": Record(
            "a level condition",
            {
                "level": Field(Choice("levels", tuple(LEVELS)), "which", REQUIRED),
                **_LIMITS,
                "for": _FOR,
            },
            (checks.check_level,),
        ),
        "source": Record(
            "a source condition",
            {
                "source": Field(Choice("states", ("silent",)), "no input", REQUIRED),
                "for": Field(POSITIVE, "since when", "30m"),
            },
        ),
        "data": Record(
            "a data condition",
            {
                "data": Field(Choice("states", ("stale",)), "figures are old", REQUIRED),
                "for": Field(POSITIVE, "since when", "1m"),
            },
        ),
        "goal": Record(
            "a goal condition",
            {
                "goal": Field(Ref("goal"), "the name of a goal", REQUIRED),
                "is": Field(Choice("states", ("missed",)), "its state", REQUIRED),
            },
        ),
    },
)
ESCALATION: Final = Record(
    "a step",
    {
        "after": Field(POSITIVE, "how long the alert has lasted", REQUIRED),
        "severity": Field(_SEVERITY, "from then on; else as before"),
        "to": Field(_RECEIVERS, "who hears of it; else as before"),
    },
)
ALERT: Final = Record(
    "an alert rule",
    {
        "name": Field(RULE_NAME, "how people call this alert", REQUIRED),
        "when": Field(WHEN, "what must be true", REQUIRED),
        "calendar": CALENDAR_KEY,
        "match": MATCH_KEY,
        "severity": Field(_SEVERITY, "how bad it is", "warning"),
        "remind_every": Field(POSITIVE, "say it again while it lasts; else once"),
        "keep_firing_for": Field(DURATION, "hold it this long after it has ended", "0s"),
        "ack_expires": Field(POSITIVE, "how long an acknowledgement keeps it quiet", "4h"),
        "escalate": Field(
            ListOf(ESCALATION, "[{after: 24h, to: [oncall]}]"), "what happens if it lasts", []
        ),
        "to": Field(_RECEIVERS, "who hears of it; none: nobody", []),
    },
)
GOAL: Final = Record(
    "a goal",
    {
        "name": Field(NAME, "how people call it", REQUIRED),
        "metric": Field(FIGURE, "which figure", REQUIRED),
        "over": Field(POSITIVE, "over which time", REQUIRED),
        "target": Field(AMOUNT, "what is to be reached", REQUIRED),
    },
    (checks.check_goal,),
)
