"""The part of the policy table about promises: calendars, conditions, SLA entries."""

from typing import Final

from schemas.events import PRIORITIES
from stream_app.policyfile import calendar_checks, checks
from stream_app.policyfile.blocks import REQUIRED, Field, ListOf, MapOf, Record, Shorthand
from stream_app.policyfile.figures import CLOCKS, LIVE_STATUSES
from stream_app.policyfile.shapes import Choice, Ref
from stream_app.policyfile.words import (
    DATE,
    DAYS,
    FLAG,
    INTERVAL,
    NAME,
    POSITIVE,
    WARN_STEP,
    ZONE,
)

CALENDAR_KEY: Final = Field(Ref("calendar"), "the calendar in which time counts", "always")
_SPANS: Final = ListOf(INTERVAL, '["09:00-12:00", "13:00-17:00"]')

MATCH: Final = Record(
    "match",
    {
        "tenant": Field(ListOf(Ref("tenant"), "[acme]"), "only these tenants; none: any", []),
        "channel": Field(ListOf(Ref("channel"), "[email]"), "only these channels; none: any", []),
        "team": Field(ListOf(NAME, "[billing]"), "only these teams; none: any", []),
        "priority": Field(
            ListOf(Choice("priorities", PRIORITIES), "[urgent]"),
            "only these priorities; none: any",
            [],
        ),
        "tags": Field(ListOf(NAME, "[vip]"), "at least one of these tags; none: any", []),
    },
)
MATCH_KEY: Final = Field(MATCH, "which conversations; everything that is left out means any", {})

CALENDAR: Final = Record(
    "a calendar",
    {
        "zone": Field(ZONE, "the time zone of the hours", REQUIRED),
        "hours": Field(
            MapOf("opening hours", DAYS, _SPANS, (calendar_checks.check_hours,)),
            "local opening hours by day; over midnight as 22:00-06:00",
            REQUIRED,
        ),
        "holidays": Field(
            Record(
                "holidays",
                {
                    "country": Field(NAME, "two letters, such as DE", REQUIRED),
                    "subdivision": Field(NAME, "state or region, such as BY"),
                    "categories": Field(
                        ListOf(NAME, "[public]", least=1), "kinds of holidays", ["public"]
                    ),
                },
                (calendar_checks.check_holidays,),
            ),
            "days off by country",
        ),
        "closed": Field(ListOf(DATE, "[2026-12-24]"), "further days off", []),
        "open": Field(
            MapOf("exceptional opening", DATE, _SPANS, (calendar_checks.check_day,)),
            "days with other hours; wins over hours, holidays and closed",
            {},
        ),
    },
    (calendar_checks.check_exceptions,),
)

TARGET: Final = Record(
    "a target",
    {
        "within": Field(POSITIVE, "the time that is promised", REQUIRED),
        "warn": Field(
            ListOf(WARN_STEP, "[75%, 10m]"), "when it gets close: share used up, or time left", []
        ),
        "calendar": Field(Ref("calendar"), "counts in this one; else that of the SLA entry"),
        "pause_on": Field(
            ListOf(Choice("statuses", LIVE_STATUSES), "[pending_customer, snoozed]"),
            "all statuses in which the clock stands still; else the clock's own",
        ),
    },
    (checks.check_target,),
)
SLA: Final = Record(
    "an SLA entry",
    {
        "name": Field(NAME, "how people call this promise", REQUIRED),
        "match": MATCH_KEY,
        "calendar": CALENDAR_KEY,
        "targets": Field(
            MapOf("targets", Choice("clocks", CLOCKS), Shorthand(TARGET, "within")),
            "clock by clock, what is promised",
            REQUIRED,
        ),
        "bot_counts": Field(FLAG, "whether the reply of a bot is a reply", False),
    },
)
