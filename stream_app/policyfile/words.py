"""The scalar shapes of a policy file: names, durations, numbers, days, addresses."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Final
from urllib.parse import urlsplit

from stream_app.policyfile import scalars
from stream_app.policyfile.problems import quoted, suggestion
from stream_app.policyfile.scalars import Span, Wrong
from stream_app.policyfile.shapes import Schema, Word
from stream_app.policyfile.zones import check_zone

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DURATION_JSON: Final[Schema] = {"type": "string", "pattern": scalars.DURATION_PATTERN}
_NUMBER_HELP: Final = "write a plain number such as 20 or 0.8"


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the week as they were written, and their numbers (Monday is 0)."""

    text: str
    numbers: tuple[int, ...]


def name(text: str) -> str:
    """Any short text on one line."""
    if not text.strip() or len(text) > 100 or not text.isprintable():
        raise Wrong(f"{quoted(text)} is no name", "a name has 1 to 100 printable characters")
    return text


def rule_name(text: str) -> str:
    """The name of an alert rule; `any` means every rule where rules are named."""
    if text == "any":
        raise Wrong('"any" is reserved', "choose another name for this rule")
    return name(text)


def tenant(text: str) -> str:
    """A tenant name stands in record keys and in metric labels."""
    plain = text.replace("-", "").replace("_", "").replace(".", "")
    if not (plain.isascii() and plain.isalnum() and len(text) <= 64) or text == "control":
        rule = "letters, digits, - _ and ., at most 64; the name control is reserved"
        raise Wrong(f"{quoted(text)} is no tenant name", rule)
    return text


def positive_duration(text: str) -> Span:
    """A duration that is not zero."""
    span = scalars.duration(text)
    if span.ms <= 0:
        raise Wrong(f"{quoted(text)} is no time at all", "it must be longer than nothing")
    return span


def flag(text: str) -> bool:
    """`true` or `false`; not yes, no, on, off."""
    if text not in ("true", "false"):
        raise Wrong(f"{quoted(text)} is neither true nor false", "write true or false")
    return text == "true"


def number(text: str) -> float:
    """A number; `80%` and `0,8` are shown how to be written."""
    try:
        value = float(text)
        if not isfinite(value):
            raise ValueError
    except ValueError:
        raise Wrong(f"{quoted(text)} is no number", _number_help(text)) from None
    return int(value) if value.is_integer() else value


def _number_help(text: str) -> str:
    try:
        if text.endswith("%"):
            return f"write {float(text[:-1]) / 100:g}"
        return f"write {float(text.replace(',', '.')):g}"
    except ValueError:
        return _NUMBER_HELP


def amount(text: str) -> float | Span:
    """A number, or a duration for figures that are times."""
    return scalars.duration(text) if text[-1:] in scalars.UNITS else number(text)


def days(text: str) -> Days:
    """`mon`, `mon-thu`, `sat-sun`, `mon,wed,fri`; a range may run over Sunday."""
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        start, end = _weekday(first), _weekday(last or first)
        numbers.extend((start + step) % 7 for step in range((end - start) % 7 + 1))
    if len(set(numbers)) < len(numbers):
        raise Wrong(f"{quoted(text)} has a day twice", "each day stands once")
    return Days(text, tuple(numbers))


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        help_text = suggestion(text, WEEKDAYS, "days (also mon-fri, or mon,wed)")
        raise Wrong(f"{quoted(text)} is no day", help_text)
    return WEEKDAYS.index(text)


def address(text: str) -> str:
    """An http address without credentials in it."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Wrong(f"{quoted(text)} is no web address", "write https://host/path")
    if "{" in parts.netloc:
        raise Wrong(f"{quoted(text)} has a template as its host", "only path and query may vary")
    if parts.username or parts.password:
        found = "an address with a user name or password in it"
        raise Wrong(found, "secrets are kept in files; sign with secret_file")
    return text


def mailbox(text: str) -> str:
    """An e-mail address, without a name in front."""
    local, _, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' <>,;:"()[]\\')
    if not (local and "@" not in local and "." in domain.strip(".") and plain):
        raise Wrong(f"{quoted(text)} is no e-mail address", "write name@example.org")
    return text


class DayWord(Word):
    """Days of the week; as keys they are shown as written."""

    def show(self, value: Any) -> Any:
        return value.text


def whole(least: int) -> Word:
    """A whole number from `least` on."""

    def parse(text: str) -> int:
        value = number(text)
        if not isinstance(value, int) or value < least:
            raise Wrong(f"{quoted(text)} does not fit", f"a whole number from {least} on")
        return value

    json = {"type": "integer", "minimum": least}
    return Word(parse, f"a whole number from {least} on", json)


def between(low: float, high: float) -> Word:
    """A number strictly between two others."""

    def parse(text: str) -> float:
        value = number(text)
        if not low < value < high:
            raise Wrong(f"{quoted(text)} does not fit", f"a number between {low:g} and {high:g}")
        return value

    json = {"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": high}
    return Word(parse, f"a number between {low:g} and {high:g}", json)


_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 100}
NAME: Final = Word(name, "a name", _TEXT)
RULE_NAME: Final = Word(rule_name, "a name", _TEXT)
TENANT: Final = Word(tenant, "the name of a tenant", {"type": "string", "maxLength": 64})
DURATION: Final = Word(scalars.duration, scalars.DURATION_HELP, _DURATION_JSON)
POSITIVE: Final = Word(positive_duration, scalars.DURATION_HELP, _DURATION_JSON)
WARN_STEP: Final = Word(
    scalars.warn_step,
    "a share of the target such as 75%, or the time that is left such as 10m",
    {"anyOf": [_DURATION_JSON, {"type": "string", "pattern": scalars.SHARE_PATTERN}]},
)
INTERVAL: Final = Word(
    scalars.interval,
    scalars.INTERVAL_HELP,
    {"type": "string", "pattern": scalars.INTERVAL_PATTERN},
)
DATE: Final = Word(
    scalars.day,
    "write a date as year-month-day: 2026-12-24",
    {"type": "string", "pattern": scalars.DATE_PATTERN},
)
FLAG: Final = Word(flag, "write true or false", {"type": "boolean"})
AMOUNT: Final = Word(amount, _NUMBER_HELP, {"anyOf": [{"type": "number"}, _DURATION_JSON]})
_DAY: Final = f"(?:{'|'.join(WEEKDAYS)})"
_DAY_RANGE: Final = f"{_DAY}(?:-{_DAY})?"
DAYS: Final = DayWord(
    days,
    "days such as mon or mon-fri",
    {"type": "string", "pattern": f"^{_DAY_RANGE}(?:, ?{_DAY_RANGE})*$"},
)
ADDRESS: Final = Word(address, "write https://host/path", {"type": "string", "format": "uri"})
MAILBOX: Final = Word(mailbox, "write name@example.org", {"type": "string", "format": "email"})
PATH: Final = Word(name, "the path of a file", _TEXT)
ZONE: Final = Word(check_zone, "the name of a time zone such as Europe/Berlin", {"type": "string"})
