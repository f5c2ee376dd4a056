"""Does an expectation hold? What was expected, what was found, and why it differs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from schemas.keys import ConversationKey
from stream_app.domain.calendar import OfficeCalendar
from stream_app.domain.figures import RATIOS, ratio_parts, window_figures
from stream_app.domain.measures import COUNT_CODES
from stream_app.policyfile.figures import LEVELS, TIME
from stream_app.policyfile.scalars import Span
from stream_app.scenario.alert_sights import alert_sight, fired_between
from stream_app.scenario.grammar_expect import TIMES
from stream_app.scenario.model import Expectation, Instant
from stream_app.scenario.showing import shown_instant, shown_length, shown_span
from stream_app.scenario.sights import Sight, sight_of
from stream_app.scenario.world import World

_GAPS_SHOWN: Final = 3
_QUANTILE_ERROR: Final = 0.0101  # the documented 1 %, and what rounding adds to it
_FILTERS: Final = ("tenant", "channel", "team", "priority")


class Difference(NamedTuple):
    """One field that is not as expected, in words."""

    field: str
    expected: str
    got: str
    why: str = ""

    def __str__(self) -> str:
        """`expected due 09:30, got 10:30: the calendar "office" is closed 08:00–09:00`."""
        why = f": {self.why}" if self.why else ""
        return f"expected {self.field} {self.expected}, got {self.got}{why}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an expectation: it holds when there is no difference."""

    expectation: Expectation
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences


def judge(world: World, expectation: Expectation) -> Verdict:
    """Look at an expectation; the world stands at its instant."""
    found = _JUDGES[expectation.kind](world, expectation)
    return Verdict(expectation, tuple(found))


def _clock(world: World, expected: Expectation) -> Iterator[Difference]:
    fields, at = expected.fields, expected.at
    conversation, clock = fields["clock"]
    tenant = fields.get("tenant", next(iter(world.policy.tenants)))
    key = ConversationKey(tenant, fields["source"], conversation)
    sight = sight_of(world, key, clock, fields.get("instance"))
    if "instance" in fields and fields["instance"] != sight.instance:
        yield Difference("instance", str(fields["instance"]), str(sight.instance), _notes(sight))
        return
    if "is" in fields and fields["is"] != sight.shows:
        yield Difference("is", fields["is"], sight.shows, _story(sight, at))
    if "due" in fields and _ms(fields["due"]) != sight.due:
        expected_due = _moment(_ms(fields["due"]), at)
        yield Difference("due", expected_due, _moment(sight.due, at), _why(sight, fields, at))
    for name, got in (("elapsed", sight.elapsed), ("late_by", sight.late_by)):
        if name in fields and fields[name] != got:
            expected_length = shown_length(fields[name])
            yield Difference(name, expected_length, shown_length(got), _why(sight, fields, at))
    if "policy" in fields and fields["policy"] != sight.policy:
        yield Difference("policy", _name(fields["policy"]), _name(sight.policy))


def _ms(instant: Instant | None) -> int | None:
    return None if instant is None else instant.ms


def _moment(ms: int | None, beside: Instant) -> str:
    return "none" if ms is None else shown_instant(ms, beside)


def _name(text: str | None) -> str:
    return "none" if text is None else f'"{text}"'


def _notes(sight: Sight) -> str:
    return "; ".join(sight.notes)


def _story(sight: Sight, at: Instant) -> str:
    told = []
    if sight.started_at:
        told.append(f"it began {shown_instant(sight.started_at, at)}")
        told.append(f"has counted {shown_length(sight.elapsed)}")
    if sight.due is not None:
        told.append(f"is due {shown_instant(sight.due, at)}")
    return "; ".join([", ".join(told)] * bool(told) + list(sight.notes))


def _why(sight: Sight, fields: Mapping[str, Any], at: Instant) -> str:
    """What lies between the beginning and the instants that differ."""
    expected = _ms(fields.get("due")) or 0
    end = max(expected, sight.due or 0, 0 if sight.due else at.ms)
    reasons = []
    calendar = sight.calendar
    if isinstance(calendar, OfficeCalendar) and sight.started_at:
        closed = _gaps(calendar.open_between(sight.started_at, end), sight.started_at, end)
        if closed:
            reasons.append(f'the calendar "{calendar.name}" is closed {_listed(closed, at)}')
    if sight.still:
        reasons.append(f"it stood still {_listed(list(sight.still), at)}")
    return "; ".join([*reasons, *sight.notes])


def _gaps(stretches: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    edges = [start, *(edge for stretch in stretches for edge in stretch), end]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(begin, stop) for begin, stop in pairs if begin < stop]


def _listed(spans: list[tuple[int, int]], at: Instant) -> str:
    shown = [shown_span(start, end, at) for start, end in spans[:_GAPS_SHOWN]]
    more = len(spans) - _GAPS_SHOWN
    return ", ".join(shown) + (f" and {more} more times" if more > 0 else "")


def _level(world: World, expected: Expectation) -> Iterator[Difference]:
    fields, name = expected.fields, expected.fields["level"]
    levels, wanted = world.levels(_filters(fields)), fields["is"]
    if LEVELS[name] != TIME:
        got = levels.get(name, 0)
        if got != wanted:
            yield Difference(name, str(wanted), str(got))
        return
    since = levels.get(f"{name}_since", 0)
    length = wanted.ms if isinstance(wanted, Span) else round(wanted * 1000)
    got = world.now - since if since else 0
    if length != got:
        why = f"since {shown_instant(since, expected.at)}" if since else _NONE[name]
        yield Difference(name, shown_length(length), shown_length(got), why)


def _filters(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: fields[name] for name in _FILTERS if name in fields}


def _window(world: World, expected: Expectation) -> Iterator[Difference]:
    fields, name = expected.fields, expected.fields["window"]
    values = world.window(fields["over"].ms, _filters(fields))
    if name in COUNT_CODES:
        got: dict[str, float] = {"count": values.get(COUNT_CODES[name], 0)}
    elif name in RATIOS:
        part, whole = ratio_parts(values, name)
        got = {"count": whole, **({"ratio": part / whole} if whole else {})}
    else:
        shown = window_figures(values).get(name, {"count": 0, "sum": 0})
        got = {field: value if field == "count" else value * 1000 for field, value in shown.items()}
    for field in ("count", *TIMES, "ratio"):
        if field in fields and not _fits(field, fields[field], got.get(field)):
            show = _SHOW.get(field, shown_length)
            found = show(got[field]) if field in got else "none: nothing was observed"
            yield Difference(field, show(fields[field]), found)


def _fits(field: str, wanted: float, got: float | None) -> bool:
    if got is None:
        return False
    if field in ("count", "sum"):
        return wanted == round(got)
    if field == "mean":
        return abs(wanted - got) < (500 if wanted % 1000 == 0 else 1)
    if field == "ratio":
        return abs(wanted - got) <= 0.5 * 10.0 ** -max(3, _decimals(wanted))
    return abs(wanted - got) <= _QUANTILE_ERROR * wanted


def _decimals(number: float) -> int:
    return len(f"{number:.10f}".rstrip("0").partition(".")[2])


def _alert(world: World, expected: Expectation) -> Iterator[Difference]:
    fields, at = expected.fields, expected.at
    sight = alert_sight(world, fields)
    told = "; ".join(sight.story(at))
    if "is" in fields and fields["is"] != sight.state:
        yield Difference("is", fields["is"], sight.state, told)
    if "since" in fields and fields["since"].ms != sight.since:
        yield Difference("since", _moment(fields["since"].ms, at), _moment(sight.since, at), told)
    if "severity" in fields and fields["severity"] != sight.severity:
        yield Difference("severity", fields["severity"], sight.severity or "none")
    if "times" in fields and fields["times"] != sight.times:
        yield Difference("times", str(fields["times"]), str(sight.times), told)


def _no_alert(world: World, expected: Expectation) -> Iterator[Difference]:
    start, end = expected.fields["between"]
    for subject, episode in fired_between(world, expected.fields, start.ms, end.ms):
        found = f"{subject.rule} for {subject.key.id} at {shown_instant(episode.fired_at, end)}"
        yield Difference("no alert", shown_span(start.ms, end.ms, end), found)


_NONE: Final = {"oldest_waiting": "nobody waits", "longest_open": "none is open"}
_SHOW: Final[dict[str, Callable[[float], str]]] = {
    "count": lambda number: f"{number:g}",
    "ratio": lambda number: f"{number:.6g}",
}
_JUDGES: Final[dict[str, Callable[[World, Expectation], Iterator[Difference]]]] = {
    "clock": _clock,
    "level": _level,
    "window": _window,
    "alert": _alert,
    "no_alert": _no_alert,
}
