"""Real mistakes in promises and calendars, and what people are told, word for word."""

import pytest

from tests.support.policies import CALENDAR, DURATIONS, HEAD, TARGET, findings, hours, target

TARGETS = [
    ("48", f'{TARGET}: "48" has no unit; {DURATIONS}: 48s, 48m, 48h or 48d'),
    ("2 days", f'{TARGET}: "2 days" is no duration; {DURATIONS}; did you mean 2d?'),
    ("1.5h", f'{TARGET}: "1.5h" is no duration; {DURATIONS}; did you mean 1h30m?'),
    ("soon", f'{TARGET}: "soon" is no duration; {DURATIONS}'),
    ("0m", f'{TARGET}: "0m" is no time at all; it must be longer than nothing'),
    ("-5m", f'{TARGET}: "-5m" is negative; {DURATIONS}'),
    ("75%", f'{TARGET}: "75%" is a share; shares stand only in warn; {DURATIONS}'),
    ("20y", f'{TARGET}: "20y" is no duration; {DURATIONS}'),
    ("4000d", f'{TARGET}: "4000d" is longer than ten years; {DURATIONS}'),
    ("{warn: [75%]}", f'{TARGET}: a target without "within"; {DURATIONS}'),
    (
        "{within: 10m, warn: [15m]}",
        f"{TARGET}.warn: a warning 15m before a target of 10m; "
        "the time that is left must be shorter than 10m, and not 0",
    ),
    (
        "{within: 10m, warn: [10m]}",
        f"{TARGET}.warn: a warning 10m before a target of 10m; "
        "the time that is left must be shorter than 10m, and not 0",
    ),
    ("{within: }", f"{TARGET}.within: found nothing; {DURATIONS}"),
    (
        "{within: 10m, warn: [100%]}",
        f'{TARGET}.warn[#1]: "100%" as a warning step; it lies between 0% and 100%',
    ),
    (
        "{within: 10m, warn: [50%, 75]}",
        f'{TARGET}.warn[#2]: "75" has no unit; {DURATIONS}: 75s, 75m, 75h or 75d',
    ),
    ("{within: 10m, warn: 75%}", f'{TARGET}.warn: found "75%"; write a list: [75%]'),
    (
        "{within: 10m, pause_on: [pending]}",
        f'{TARGET}.pause_on[#1]: "pending" is not known here; did you mean pending_customer? '
        "statuses: new, open, pending_customer, on_hold, bot or snoozed",
    ),
    (
        "{within: 10m, calendar: office}",
        f'{TARGET}.calendar: no calendar is named "office"; calendars: always',
    ),
    (
        "{within: 10m, warm: [75%]}",
        f'{TARGET}.warm: the key "warm" is not known here; did you mean warn? '
        "keys of a target: within, warn, calendar or pause_on",
    ),
    (
        "[10m]",
        f"{TARGET}: found a list; {DURATIONS}, or a target is a block with the keys within, warn, "
        "calendar, pause_on",
    ),
]


@pytest.mark.parametrize(("value", "message"), TARGETS)
def test_mistakes_in_targets(value: str, message: str) -> None:
    assert findings(target(value)) == [message]


HOURS = "policy.yaml:6: calendars.office.hours"
CALENDARS = [
    (
        hours('mon-fri: ["08:00-12:00", "11:00-15:00"]'),
        f'{HOURS}.mon-fri: "08:00-12:00" and "11:00-15:00" overlap on mon; '
        "opening hours may touch but not overlap",
    ),
    (
        hours('sun: ["22:00-06:00"]\n      mon: ["05:00-09:00"]'),
        'policy.yaml:7: calendars.office.hours.mon: "22:00-06:00" and "05:00-09:00" overlap on '
        "mon; opening hours may touch but not overlap",
    ),
    (
        hours('mon-fri: ["08:00-12:00"]\n      fri: ["09:00-10:00"]'),
        "policy.yaml:7: calendars.office.hours.fri: fri stands in mon-fri and in fri; "
        "each day may stand in one entry",
    ),
    (
        hours("mon-fri: [9-17]"),
        f'{HOURS}.mon-fri[#1]: "9-17" is no span of time; write opening hours as "09:00-17:00"',
    ),
    (
        hours("mon-fri: [09:00]"),
        f'{HOURS}.mon-fri[#1]: "09:00" is no span of time; write opening hours as "09:00-17:00"',
    ),
    (
        hours("mon-fri: [09:00-25:00]"),
        f'{HOURS}.mon-fri[#1]: "25:00" is no time of day; times go from 00:00 to 24:00',
    ),
    (
        hours("mon: [24:00-06:00]"),
        f'{HOURS}.mon[#1]: "24:00-06:00" begins at 24:00; 24:00 is an end; a day begins at 00:00',
    ),
    (
        hours("mon: [09:00-09:00]"),
        f'{HOURS}.mon[#1]: "09:00-09:00" has no length; a whole day is "00:00-24:00"',
    ),
    (
        hours("mon-fri: []"),
        f"{HOURS}: opening hours without a single hour; "
        'open somewhere, e.g. mon-fri: ["09:00-17:00"]',
    ),
    (
        hours('monday: ["09:00-17:00"]'),
        f'{HOURS}.monday: "monday" is no day; did you mean mon? '
        "days (also mon-fri, or mon,wed): mon, tue, wed, thu, fri, sat or sun",
    ),
    (
        hours('mon,mon: ["09:00-17:00"]'),
        f'{HOURS}.mon,mon: "mon,mon" has a day twice; each day stands once',
    ),
    (
        hours('mon-fri: "09:00-17:00"'),
        f'{HOURS}.mon-fri: found "09:00-17:00"; write a list: ["09:00-17:00"]',
    ),
    (
        CALENDAR.replace("Berlin", "Berln"),
        'policy.yaml:4: calendars.office.zone: "Europe/Berln" is no time zone; '
        "did you mean Europe/Berlin? write an area and a city, such as Europe/Berlin",
    ),
    (
        CALENDAR.replace("Europe/Berlin", "new york"),
        'policy.yaml:4: calendars.office.zone: "new york" is no time zone; '
        "did you mean America/New_York? write an area and a city, such as Europe/Berlin",
    ),
    (
        CALENDAR.replace("Europe/Berlin", "CEST"),
        'policy.yaml:4: calendars.office.zone: "CEST" is no time zone; '
        "write an area and a city, such as Europe/Berlin",
    ),
    (
        CALENDAR.replace("    zone: Europe/Berlin\n", ""),
        'policy.yaml:4: calendars.office: a calendar without "zone"; '
        "the name of a time zone such as Europe/Berlin",
    ),
    (
        CALENDAR + "    holidays: {country: Germany}\n",
        'policy.yaml:6: calendars.office.holidays.country: no holidays are known for "Germany"; '
        "did you mean DE? write the two letters of the country, such as DE",
    ),
    (
        CALENDAR + "    holidays: {country: DE, subdivision: BAY}\n",
        'policy.yaml:6: calendars.office.holidays.subdivision: "BAY" is not known for DE; '
        "did you mean BY? subdivisions: 33 are known, such as BB, BE or BW",
    ),
    (
        CALENDAR + "    holidays: {country: DE, categories: [catholik]}\n",
        'policy.yaml:6: calendars.office.holidays.categories: "catholik" is not known for DE; '
        "did you mean catholic? categories: catholic, public or school",
    ),
    (
        CALENDAR + "    closed: [24.12.2026]\n",
        'policy.yaml:6: calendars.office.closed[#1]: "24.12.2026" is no date; '
        "write year-month-day: 2026-12-24",
    ),
    (
        CALENDAR + "    closed: [2026-02-30]\n",
        'policy.yaml:6: calendars.office.closed[#1]: "2026-02-30" is no date; '
        "write year-month-day: 2026-12-24",
    ),
    (
        CALENDAR + '    open: {2026-12-27: ["10:00-14:00", "13:00-15:00"]}\n',
        'policy.yaml:6: calendars.office.open.2026-12-27: "10:00-14:00" and "13:00-15:00" '
        "overlap; opening hours may touch but not overlap",
    ),
    (
        HEAD + 'calendars: {always: {zone: UTC, hours: {mon-fri: ["00:00-24:00"]}}}\n',
        "policy.yaml:2: calendars.always: another meaning for the built-in calendar always; "
        'it is {zone: UTC, hours: {mon-sun: ["00:00-24:00"]}}; give yours another name',
    ),
    (
        CALENDAR + "sla:\n  - {name: a, targets: {first_reply: {within: 3000d, calendar: office}}}",
        "policy.yaml:7: sla[a].targets.first_reply.within: 3000d of open time would take more than "
        "five years; the calendar office is open 1d16h a week",
    ),
]


@pytest.mark.parametrize(("text", "message"), CALENDARS)
def test_mistakes_in_calendars(text: str, message: str) -> None:
    assert findings(text) == [message]
