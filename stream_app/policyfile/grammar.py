"""The policy file as a table: every key, what it may be, what its absence means.

Reading, the JSON Schema and `pegel policy show` all follow this table. A further key is a further
line here, and a field of `stream_app.domain.policy` where the core needs it.
"""

from typing import Final

from schemas.events import CHANNELS
from stream_app.policyfile import calendar_checks, checks
from stream_app.policyfile.blocks import REQUIRED, Field, ListOf, MapOf, NamesOrBlock, Record
from stream_app.policyfile.file_checks import check_policy
from stream_app.policyfile.grammar_alerts import ALERT, GOAL
from stream_app.policyfile.grammar_receivers import RECEIVER
from stream_app.policyfile.grammar_sla import CALENDAR, SLA
from stream_app.policyfile.shapes import Choice
from stream_app.policyfile.words import DURATION, FLAG, NAME, POSITIVE, TENANT, between, whole

API_VERSION: Final = "pegel/v1"

POLICY: Final = Record(
    "a policy",
    {
        "apiVersion": Field(
            Choice("this Pegel reads", (API_VERSION,)), "version of this format", REQUIRED
        ),
        "tenants": Field(
            NamesOrBlock(
                ListOf(TENANT, "[acme]", least=1),
                MapOf(
                    "tenants",
                    TENANT,
                    Record(
                        "a tenant",
                        {
                            "clock": Field(
                                Choice("clocks", ("live", "event")), "live or replayed", "live"
                            )
                        },
                    ),
                    (checks.check_some,),
                ),
            ),
            "whose conversations these are; the first is the default",
            ["default"],
        ),
        "channels": Field(
            ListOf(NAME, "[email, webchat]", least=1),
            "channels that are told apart; all others become other",
            list(CHANNELS),
        ),
        "calendars": Field(
            MapOf("calendars", NAME, CALENDAR, (calendar_checks.check_always,)),
            "business time by name; always is built in",
            {},
        ),
        "sla": Field(ListOf(SLA, "- {name: …, targets: …}"), "promises; the first match holds", []),
        "alerts": Field(ListOf(ALERT, "- {name: …, when: …}"), "what people are told about", []),
        "receivers": Field(MapOf("receivers", NAME, RECEIVER), "who is told, by name", {}),
        "windows": Field(
            Record(
                "windows",
                {
                    "over": Field(
                        ListOf(POSITIVE, "[5m, 1h]", least=1),
                        "lengths of the windows",
                        ["1m", "5m", "15m", "1h", "4h", "24h"],
                    ),
                    "group_by": Field(
                        ListOf(
                            Choice("groups", ("channel", "team", "priority")), "[channel, team]"
                        ),
                        "figures are told apart by these",
                        ["channel", "team", "priority"],
                    ),
                },
                (checks.check_windows,),
            ),
            "over which times figures are shown",
            {},
        ),
        "volume": Field(
            Record(
                "volume",
                {
                    "season": Field(Choice("seasons", ("daily", "weekly")), "rhythm", "weekly"),
                    "slot": Field(POSITIVE, "length of a slot of the season", "30m"),
                    "learn_for": Field(POSITIVE, "no verdict before", "14d"),
                    "min_count": Field(whole(0), "ignore smaller numbers", 10),
                    "sensitivity": Field(between(0, 1), "share of false alarms", 0.001),
                },
                (checks.check_volume,),
            ),
            "what is an unusual number of messages",
            {},
        ),
        "allowed_lateness": Field(DURATION, "how late input may come and still count", "10m"),
        "goals": Field(ListOf(GOAL, "- {name: …, metric: …}"), "progress bars", []),
        "privacy": Field(
            Record(
                "privacy",
                {
                    "per_person": Field(FLAG, "whether figures may name people", False),
                    "min_group_size": Field(whole(1), "smaller groups are not shown", 5),
                },
            ),
            "what is not shown",
            {},
        ),
        "state": Field(
            Record(
                "state",
                {
                    "retention": Field(POSITIVE, "kept after the solve", "30d"),
                    "max_open_age": Field(POSITIVE, "an older open conversation expires", "400d"),
                },
            ),
            "how long conversations are kept",
            {},
        ),
        "sla_events": Field(
            Choice("sla_events", ("outcomes", "all")), "which SLA events are written", "outcomes"
        ),
    },
    (check_policy,),
)
