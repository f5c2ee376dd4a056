"""Checks of one calendar that need more than one of its keys."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final, NamedTuple

from stream_app.policyfile import holiday_days
from stream_app.policyfile.blocks import Values
from stream_app.policyfile.nodes import Node
from stream_app.policyfile.problems import quoted, suggestion
from stream_app.policyfile.scalars import Hours
from stream_app.policyfile.shapes import Reading
from stream_app.policyfile.words import WEEKDAYS, Days

DAY: Final = 1440
WEEK: Final = 7 * DAY
ALWAYS: Final = "always"
_PLURALS: Final = {"subdivision": "subdivisions", "categories": "categories"}


def check_hours(node: Node, values: Values, reading: Reading) -> None:
    """Each day once, some open time, and no overlaps, also not over midnight."""
    if not any(values.values()) and not _spoilt(node, values):
        found = "opening hours without a single hour"
        reading.report.error(node.place, found, 'open somewhere, e.g. mon-fri: ["09:00-17:00"]')
    if _each_day_once(node, values, reading):
        _check_overlaps(node, values, reading)


def _each_day_once(node: Node, values: Values, reading: Reading) -> bool:
    seen: dict[int, str] = {}
    for key in values:
        for number in key.numbers:
            if number in seen:
                found = f"{WEEKDAYS[number]} stands in {seen[number]} and in {key.text}"
                reading.report.error(node.keys[key.text], found, "each day may stand in one entry")
                return False
            seen[number] = key.text
    return True


def check_day(node: Node, values: Values, reading: Reading) -> None:
    """Exceptional opening hours: no overlaps within a day."""
    for date, spans in values.items():
        for one, other in combinations(spans, 2):
            if one.start < other.end and other.start < one.end:
                place = node.at(date.isoformat()).place
                _overlap(place, one, other, "", reading)


def _spoilt(node: Node, values: Values) -> bool:
    """Whether entries are missing because they could not be read; that was reported already."""
    written = sum(len(entry.items) or entry.kind != "list" for entry in node.entries.values())
    return written > sum(len(spans) for spans in values.values())


def _check_overlaps(node: Node, values: Values, reading: Reading) -> None:
    reported: set[frozenset[str]] = set()
    for one, other in combinations(list(_week(values)), 2):
        pair = frozenset((one.days.text + one.hours.text, other.days.text + other.hours.text))
        if pair not in reported and _meet(one, other):
            reported.add(pair)
            place = node.at(other.days.text).place
            _overlap(place, one.hours, other.hours, f" on {WEEKDAYS[other.number]}", reading)


class _Opening(NamedTuple):
    """One interval on one day of the week."""

    days: Days
    number: int
    hours: Hours


def _week(values: dict[Days, list[Hours]]) -> Iterator[_Opening]:
    for days, spans in values.items():
        for number in days.numbers:
            yield from (_Opening(days, number, span) for span in spans)


def _meet(one: _Opening, other: _Opening) -> bool:
    """Whether two intervals of a week overlap; the week goes round."""
    ahead = (other.number - one.number) * DAY
    return any(
        one.hours.start < other.hours.end + shift and other.hours.start + shift < one.hours.end
        for shift in (ahead - WEEK, ahead, ahead + WEEK)
    )


def _overlap(place: Any, one: Hours, other: Hours, when: str, reading: Reading) -> None:
    found = f"{quoted(one.text)} and {quoted(other.text)} overlap{when}"
    reading.report.error(place, found, "opening hours may touch but not overlap")


def check_holidays(node: Node, values: Values, reading: Reading) -> None:
    """The country is known, and its subdivision and categories are its own."""
    country = values.get("country")
    if country is None:
        return
    known = holiday_days.countries()
    if country not in known:
        meant = holiday_days.country_named(country)
        guess = f"did you mean {meant}? " if meant else ""
        found = f"no holidays are known for {quoted(country)}"
        allowed = f"{guess}write the two letters of the country, such as DE"
        reading.report.error(node.at("country").place, found, allowed)
        return
    _check_one(node, "subdivision", values, holiday_days.subdivisions(country), reading)
    _check_one(node, "categories", values, holiday_days.categories(country), reading)


def _check_one(
    node: Node, key: str, values: Values, known: tuple[str, ...], reading: Reading
) -> None:
    given = values.get(key, [])
    for text in given if isinstance(given, list) else [given]:
        if isinstance(text, str) and text not in known:
            found = f"{quoted(text)} is not known for {values['country']}"
            reading.report.error(node.at(key).place, found, suggestion(text, known, _PLURALS[key]))


def check_exceptions(node: Node, values: Values, reading: Reading) -> None:
    """A day that is both closed and exceptionally open is open: probably a slip."""
    for day in values.get("open", {}):
        if day in values.get("closed", []):
            found = f"{day.isoformat()} is closed and also has opening hours"
            place = node.at("open").at(day.isoformat()).place
            reading.report.warn(place, found, "the opening hours win; remove one of the two")


def check_always(node: Node, values: Values, reading: Reading) -> None:
    """`always` is built in; it may be written down, but not changed."""
    calendar = values.get(ALWAYS)
    if calendar is None or ALWAYS not in node.entries:
        return
    spans = calendar.get("hours", {})
    whole = sum(len(days.numbers) for days, hours in spans.items() if hours == [Hours(0, DAY)])
    exceptions = calendar.get("holidays") or calendar.get("closed") or calendar.get("open")
    if whole != 7 or exceptions:
        found = "another meaning for the built-in calendar always"
        allowed = 'it is {zone: UTC, hours: {mon-sun: ["00:00-24:00"]}}; give yours another name'
        reading.report.error(node.keys[ALWAYS], found, allowed)
